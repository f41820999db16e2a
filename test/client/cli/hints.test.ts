import { readdir } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { createIdle, pages, read, root, spansOf, wordsOf } from '../../support/documents.ts';

/** Commands that the product tells people to run, with what is filled in as `e-1`. */
const folders = /^(?:activities|auth|client|config|datadog|domain|inventory|policy|workers|workflows)\/.*\.ts$/;
const files = (await readdir(root, { recursive: true })).filter((file) => folders.test(file));
const texts = await Promise.all(files.map(async (file) => ({ file, text: await read(file) })));
const quoted = texts.flatMap(({ file, text }) =>
  [...text.matchAll(/\\?`(npx muster (?:[^`\\$\n]|\$\{[^}]*\})*)\\?`/g)].map(([, hint = '']) => [file, hint] as const),
);
/** Those without marks around them, also where how to call it here is filled in. Examples run in a test of their own. */
const plain = texts.flatMap(({ file, text }) =>
  [
    ...text.matchAll(
      /(?<!`|Example: )(?:npx muster|\$\{(?:npx|inOtherTerminal\(config\))\}) ((?:[^`'\\\n$)]|\$\{[^}]*\})+)/g,
    ),
  ].flatMap(([, hint = '']) => (hint.startsWith('${') ? [] : [[file, `npx muster ${hint}`] as const])),
);
/** Those in the comments of files that people copy. */
const copied = await Promise.all(
  ['policy.example.yaml', '.env.example', 'docker-compose.yml'].map(async (file) =>
    [...(await read(file)).matchAll(/npx muster [^`\n]*?(?=`| {2}|$)/gm)].map(([hint]) => [file, hint] as const),
  ),
);
const hints = [...quoted, ...plain, ...copied.flat()];
const fill = (hint: string): string =>
  hint
    .replaceAll('${kind}', 'role')
    .replaceAll('${use}', 'approver')
    .replaceAll(/\$\{[^}]*\}/g, 'e-1');
const completed = hints.map(([file, hint]) => [file, fill(hint)] as const);
/** A bare command only names what does it: `npx muster person retry`. */
const isNamed = (hint: string): boolean => /^npx muster(?: [a-z-]+)*$/.test(hint) || hint.includes('…');

test.each(completed.filter(([, hint]) => !isNamed(hint)))(
  '%s advises a command that can be given: %s',
  async (_, hint) => {
    await expect((await createIdle()).parseAsync([...(wordsOf(hint) ?? [])], { from: 'user' })).resolves.toBeDefined();
  },
);

/** Commands that are only named: `npx muster person retry`, or `sync allow` after another one, some with options. */
const name = /^(?:npx muster )?[a-z-]+(?: [a-z-]+)?(?: (?:--[a-z-]+|[A-Z]+|\$\{[^}]*\}))*$/;
const program = await createIdle();
const topLevel = new Set(program.commands.map((command) => command.name()));
/** But for `person id`, a column of a roster. */
const named = [
  ...texts.flatMap(({ file, text }) =>
    [...text.matchAll(/`([^`\\\n]+)\\?`/g)].map(([, code = '']) => [file, code] as const),
  ),
  ...pages.flatMap(({ file, text }) => spansOf(text).map((code) => [file, code] as const)),
  ...hints,
]
  .filter(([, code]) => name.test(code) && code !== 'person id')
  .map(([file, code]) => [file, code.replace(/^npx muster /, '').split(' ')] as const)
  .filter(([, [first = '', second]]) => topLevel.has(first) && second !== undefined);

test.each([...new Map(named.map((one) => [String(one), one])).values()])(
  '%s names a command that is there: %j',
  (_, words) => {
    let command: Command = program;
    const rest = [...words];
    for (const below of words) {
      const next = command.commands.find((one) => one.name() === below);
      if (next === undefined) break;
      command = next;
      rest.shift();
    }
    const unknown = command.registeredArguments.length > 0 ? [] : rest.filter((word) => /^[a-z]/.test(word));
    const options = rest.filter((word) => word.startsWith('--'));
    const isTaken = (option: string): boolean =>
      option === '--help' || command.options.some(({ long }) => long === option);
    expect({ unknown, options: options.filter((option) => !isTaken(option)) }).toEqual({ unknown: [], options: [] });
  },
);

// On an older Node npm would print its warnings about `engines` before the first command's own output.
test('npm keeps warnings to itself in this folder', async () => {
  expect((await read('.npmrc')).split('\n')).toContain('loglevel=error');
});
