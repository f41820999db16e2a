import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runCli } from '../../client/cli/run.ts';
import type { Runtime } from '../../config/runtime.ts';
import { createShell } from '../client/support/shell.ts';
import { eventually } from '../support/muster.ts';
import { cleanEnvironment, projectFolder, startProgram, type Program } from '../support/processes.ts';
import {
  idsIn,
  isSame,
  normalized,
  refreshed,
  transcriptsIn,
  withoutSecrets,
  withTranscripts,
  wordsIn,
} from '../support/transcripts.ts';

/**
 * The transcripts of README and docs, on one stack, in the order of the pages. With UPDATE_TRANSCRIPTS=1 the pages are
 * written anew: `UPDATE_TRANSCRIPTS=1 npm test -- test/whole/transcripts`, then look at the difference.
 */
const isUpdate = process.env['UPDATE_TRANSCRIPTS'] === '1';
const pages = ['README.md', ...(await pagesIn('docs'))];

async function pagesIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(join(projectFolder, folder))).filter((name) => name.endsWith('.md'));
  return names.toSorted().map((name) => join(folder, name));
}

/** What a reader has: a folder, `npm start` in one terminal and `npx muster` in another. */
let folder: string;
let started: Program;
/** What the reader has exported. */
const exported: Record<string, string> = {};
/** Ids of the pages, and what they are on this stack. */
const known = new Map<string, string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-transcripts-'));
  started = startProgram('workers/local.ts', { env: { ...cleanEnvironment(), NO_COLOR: '1' }, cwd: folder });
  await eventually(
    'the demonstration to end',
    () => started.said.out.includes('All of it in the Temporal UI'),
    120_000,
  );
}, 130_000);
afterAll(async () => {
  await started.end('SIGTERM');
  await rm(folder, { recursive: true });
});

async function run(command: string): Promise<readonly string[]> {
  if (command === 'npm start') return linesOf(started.said.out);
  const [, name, value] = /^export (\w+)=(\S+)$/.exec(command) ?? [];
  if (name !== undefined && value !== undefined) {
    exported[name] = value;
    return [];
  }
  const [line = '', head] = command.split(' | head -');
  const [npx, muster, ...args] = wordsIn(line);
  if (npx !== 'npx' || muster !== 'muster') throw new Error(`No transcript can run ${command}`);
  const accepting = args.includes('--wait') ? acceptAsSoonAsInvited(args) : undefined;
  const env = { ...cleanEnvironment(), ...exported };
  const shell = createShell({ cwd: folder, env, columns: 80, isTerminal: true });
  await runCli(args, shell);
  await accepting;
  if (args[0] === 'joiner' && !args.includes('--wait')) await untilItWaits(args[args.indexOf('--person-id') + 1] ?? '');
  // Progress depends on the moment; errors do not.
  const errors = linesOf(shell.err()).filter((one) => one.startsWith('error:'));
  return [...linesOf(shell.out()), ...errors]
    .filter((one, index) => one !== '' || index > 0)
    .slice(0, head === undefined ? undefined : Number(head));
}

const linesOf = (text: string): readonly string[] =>
  text
    .replaceAll(folder, '/home/you/muster')
    .replaceAll(projectFolder, '/home/you/muster')
    .trimEnd()
    .split('\n')
    .filter((line, index, lines) => line !== '' || lines[index - 1] !== '');

/** Simulated people take their time, and so does the light sync. */
async function acceptAsSoonAsInvited(args: readonly string[]): Promise<void> {
  if (args[0] !== 'joiner') return;
  const { simulator } = JSON.parse(await readFile(join(folder, '.muster', 'runtime.json'), 'utf8')) as Runtime;
  const body = JSON.stringify({ email: args[args.indexOf('--email') + 1] });
  await eventually('the invitation', async () => {
    const response = await fetch(`${simulator?.url}/control/accept`, { method: 'POST', body });
    return response.ok;
  });
  await runCli(['sync', 'run'], createShell({ cwd: folder, env: cleanEnvironment() }));
}

/** A reader is slower than this test. */
const untilItWaits = (personId: string) =>
  eventually(`the process of ${personId} to wait for somebody`, async () => {
    const shell = createShell({ cwd: folder, env: cleanEnvironment() });
    await runCli(['person', 'show', personId, '--json'], shell);
    const { status } = JSON.parse(shell.out()) as { status?: { phase: string } };
    return status?.phase.startsWith('waiting');
  });

const inThisRun = (command: string): string =>
  idsIn(command).reduce((text, id) => text.replace(id, known.get(id) ?? id), command);

function remember(shown: readonly string[], real: readonly string[]): void {
  const pair = (ids: readonly string[], its: readonly string[]) =>
    ids.forEach((id, index) => known.set(id, its[index] ?? id));
  if (isUpdate) pair(idsIn(shown.join('\n')), idsIn(real.join('\n')));
  for (const line of shown) {
    const same = real.find((one) => normalized(one) === normalized(line));
    if (same !== undefined) pair(idsIn(line), idsIn(same));
  }
}

test.each(pages)(
  'the transcripts of %s are what the commands print',
  async (path) => {
    const file = join(projectFolder, path);
    const page = await readFile(file, 'utf8');
    expect(page).toMatch(/^# /);
    const renewed = [];
    for (const { steps } of transcriptsIn(page)) {
      const now = [];
      for (const { command, output } of steps) {
        const real = await run(inThisRun(command));
        remember(output, real);
        const printed = isUpdate || isSame(output, real) ? output : real;
        expect([`$ ${command}`, ...output]).toEqual([`$ ${command}`, ...printed]);
        now.push({ command: withoutSecrets(inThisRun(command)), output: refreshed(output, real).map(withoutSecrets) });
      }
      renewed.push({ steps: now });
    }
    if (isUpdate) await writeFile(file, withTranscripts(page, renewed));
  },
  120_000,
);

test('there are transcripts', async () => {
  const texts = await Promise.all(pages.map((path) => readFile(join(projectFolder, path), 'utf8')));
  expect(texts.flatMap(transcriptsIn).length).toBeGreaterThan(4);
});
