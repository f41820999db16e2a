import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { createProgram, runCli } from '../../../client/cli/run.ts';
import { createShell } from '../support/shell.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'muster-usage-'));
  await writeFile(join(cwd, 'broken.json'), '{"personId": ');
  await writeFile(join(cwd, 'list.json'), '[]');
});
afterAll(() => rm(cwd, { recursive: true }));

async function run(args: readonly string[]) {
  const shell = createShell({ cwd });
  const code = await runCli(args, shell);
  return { code, out: shell.out(), err: shell.err() };
}

function leaves(command: Command, path: readonly string[] = []): readonly (readonly string[])[] {
  if (command.commands.length === 0) return [path];
  return command.commands.flatMap((one) => leaves(one, [...path, one.name()]));
}
const commands = leaves(await createProgram(createShell(), () => undefined));

test.each(commands.map((path) => [path.join(' ')]))(
  'muster %s --help explains itself with an example',
  async (path) => {
    const { code, out, err } = await run([...path.split(' '), '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(new RegExp(`^Usage: muster ${path}\\b`));
    expect(out).toContain(`Example: npx muster ${path}`);
    expect(out).toContain('--json');
  },
);

test('the commands are those of the public interface that work', () => {
  expect(commands.map((path) => path.join(' ')).toSorted()).toEqual([
    'adopt apply',
    'adopt plan',
    'approvals approve',
    'approvals list',
    'approvals reassign',
    'approvals reject',
    'audit export',
    'audit key',
    'audit list',
    'audit verify',
    'completion',
    'doctor',
    'events cancel',
    'events list',
    'findings list',
    'findings mute',
    'held list',
    'held reject',
    'held release',
    'held show',
    'intake refused drop',
    'intake refused list',
    'intake refused retry',
    'intake refused show',
    'inventory accept',
    'inventory grants',
    'inventory nhis',
    'inventory users',
    'joiner',
    'leaver held',
    'leaver release',
    'mover',
    'person link',
    'person list',
    'person restore',
    'person retry',
    'person show',
    'person unlink',
    'policy accept',
    'policy check',
    'policy diff',
    'policy explain',
    'policy init',
    'policy pin',
    'roster apply',
    'roster plan',
    'schedule apply',
    'simulator',
    'sources check',
    'status',
    'sync allow',
    'sync pause',
    'sync reject',
    'sync resume',
    'sync run',
    'sync status',
    'token create',
    'token list',
    'token revoke',
    'upgrade check',
    'upgrade promote',
  ]);
});

const ada = ['joiner', '--person-id', 'e-1', '--email', 'ada@example.com'];
test.each<[string, readonly string[], RegExp]>([
  ['an unknown command', ['joinr'], /unknown command 'joinr'[^]*Did you mean joiner/],
  ['an unknown option', [...ada, '--emial', 'x'], /unknown option '--emial'[^]*Did you mean --email/],
  ['a superfluous argument', [...ada, 'now'], /too many arguments/],
  ['a missing argument', ['person', 'show'], /missing required argument 'id'/],
  ['a bad person id', ['person', 'show', 'a b'], /'a b' is invalid.*e-1042/],
  ['a missing person id', ['leaver'], /--person-id is missing/],
  ['a missing e-mail', ['joiner', '--person-id', 'e-1'], /--email is missing/],
  ['a bad e-mail', ['joiner', '--person-id', 'e-1', '--email', 'ada'], /'--email <address>'.*ada@example\.com/],
  ['a bad date', [...ada, '--effective', '2026-02-30'], /--effective "2026-02-30" is not a date/],
  ['a bad time zone', [...ada, '--time-zone', 'Mars/Base'], /'--time-zone <zone>'.*Europe\/Berlin/],
  ['a bad attribute', [...ada, '--attribute', 'location'], /'--attribute <name=value>'.*location=Berlin/],
  ['an empty name', [...ada, '--name', ' '], /'--name <name>'.*1 to 255 characters/],
  ['a bad duration', [...ada, '--wait', '--timeout', 'soon'], /'--timeout <duration>'.*90s/],
  ['a timeout without a wait', [...ada, '--timeout', '5s'], /--timeout.*give --wait/],
  ['a dry run that waits', [...ada, '--dry-run', '--wait'], /'--dry-run' cannot be used with option '--wait'/],
  ['a joiner at once', [...ada, '--immediate'], /unknown option '--immediate'/],
  ['a missing file', ['joiner', '--file', 'none.json'], /--file none\.json cannot be read: ENOENT/],
  ['a broken file', ['joiner', '--file', 'broken.json'], /--file broken\.json is not JSON/],
  ['a file with a list', ['joiner', '--file', 'list.json'], /--file list\.json must be one JSON object/],
  ['an approval without an actor', ['approvals', 'approve', 'x'], /--as <email> is missing.*MUSTER_TOKEN/],
  [
    'a rejection without a reason',
    ['approvals', 'reject', 'x', '--as', 'a@example.com'],
    /'--reason <text>' not specified/,
  ],
  ['a bad state', ['approvals', 'list', '--state', 'half'], /'--state <state>'.*open, approved/],
  ['a bad format', ['inventory', 'users', '--format', 'xml'], /'--format <format>'.*table, json, csv/],
  ['two formats', ['inventory', 'users', '--format', 'csv', '--json'], /--json and --format csv: give one/],
  ['a bad limit', ['person', 'list', '--limit', '0'], /'--limit <n>'.*such as 50/],
  ['a bad port', ['simulator', '--port', '70000'], /'--port <n>'.*8126/],
  ['a bad rate', ['simulator', '--rate-limit', 'fast'], /--rate-limit.*100\/10s/],
  ['a token for nobody', ['token', 'create', '--role', 'approver'], /--person is missing/],
  ['a token of no role', ['token', 'create', '--role', 'boss'], /'--role <role>'.*intake, approver/],
  ['a policy that is not there', ['policy', 'check', 'none.yaml'], /no file none\.yaml.*policy init/],
])('%s is wrong usage, says what to do, and starts nothing', async (_what, args, message) => {
  for (const flags of [[], ['--json']]) {
    const { code, out, err } = await run([...args, ...flags]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
    expect(err.match(/^error: /gm)).toHaveLength(1);
    expect(err).not.toMatch(/\n\s+at /);
  }
  expect((await readdir(cwd)).toSorted()).toEqual(['broken.json', 'list.json']);
});

test('a group without a command shows its commands and is wrong usage', async () => {
  const { code, out, err } = await run(['person']);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('show <id>');
});
