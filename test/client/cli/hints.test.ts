import { readdir } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { createIdle, read, root, wordsOf } from '../../support/documents.ts';

/** Commands that the product tells people to run, with what is filled in as `e-1`. */
const folders = /^(?:activities|auth|client|config|datadog|domain|inventory|policy|workers|workflows)\/.*\.ts$/;
const files = (await readdir(root, { recursive: true })).filter((file) => folders.test(file));
const texts = await Promise.all(files.map(async (file) => ({ file, text: await read(file) })));
const hints = texts.flatMap(({ file, text }) =>
  [...text.matchAll(/\\?`(npx muster (?:[^`\\$\n]|\$\{[^}]*\})*)\\?`/g)].map(([, hint = '']) => [file, hint] as const),
);
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

// On an older Node npm would print its warnings about `engines` before the first command's own output.
test('npm keeps warnings to itself in this folder', async () => {
  expect((await read('.npmrc')).split('\n')).toContain('loglevel=error');
});
