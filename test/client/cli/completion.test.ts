import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { runCli } from '../../../client/cli/run.ts';
import { createShell } from '../support/shell.ts';

async function scriptFor(name: string): Promise<string> {
  const shell = createShell();
  expect(await runCli(['completion', name], shell)).toBe(0);
  return shell.out();
}

/** What bash offers where Tab is pressed at the end of the line. */
async function offeredByBash(line: string): Promise<readonly string[]> {
  const words = line.split(' ');
  const script = [
    await scriptFor('bash'),
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`,
    `COMP_CWORD=${words.length - 1}`,
    '_muster',
    // oxlint-disable-next-line no-template-curly-in-string -- the shell's, not JavaScript's
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join('\n');
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-u', '-c', script], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.split('\n').filter((word) => word !== '');
}

test.each<[string, readonly string[]]>([
  ['npx muster per', ['person']],
  ['muster per', ['person']],
  ['/usr/local/bin/npx muster inventory ', ['users', 'grants', 'nhis', 'accept']],
  ['npx muster person re', ['restore', 'retry']],
  ['npx muster leaver --pers', ['--person-id']],
  ['npx muster leaver rel', ['release']],
  ['npx muster leaver release e-1 --rej', ['--reject']],
  ['npx muster inventory users --status ', ['pending', 'active', 'disabled']],
  ['npx muster --json person list --employment j', ['joining']],
  ['npx muster policy accept t', ['team']],
  ['npx muster completion ', ['bash', 'zsh', 'fish']],
  ['npx muster joiner --file ', []],
  ['npx cowsay per', []],
])('bash completes "%s"', async (line, expected) => {
  expect(await offeredByBash(line)).toEqual(expected);
});

test('bash takes the script as it is, and registers it for both ways of calling', async () => {
  const script = `${await scriptFor('bash')}\ncomplete -p muster npx`;
  const { status, stdout } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: 'complete -o default -F _muster muster\ncomplete -o default -F _muster npx\n',
  });
});

test.each(['zsh', 'fish'])(
  'the script for %s has every command and its options, and passes its check of syntax',
  async (name) => {
    const script = await scriptFor(name);
    for (const words of ['person list', 'leaver release', 'audit verify']) expect(script).toContain(`'${words}'`);
    expect(script).toMatch(
      name === 'zsh' ? /'--employment:people in this state only'/ : /--long-option employment --exclusive/,
    );
    // An apostrophe within a quoted description.
    expect(script).toContain(name === 'zsh' ? String.raw`HR'\''s id` : String.raw`HR\'s id`);
    const { error, status, stderr } = spawnSync(name, ['-n'], { input: script, encoding: 'utf8' });
    // Not every machine has these shells.
    expect(error === undefined ? { status, stderr } : (error as NodeJS.ErrnoException).code).toEqual(
      error === undefined ? { status: 0, stderr: '' } : 'ENOENT',
    );
  },
);

test('another shell is wrong usage that names the three', async () => {
  const shell = createShell();
  expect(await runCli(['completion', 'tcsh'], shell)).toBe(2);
  expect(shell.err()).toMatch(/Allowed choices are bash, zsh, fish/);
});
