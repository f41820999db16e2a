import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Command } from 'commander';
import {
  accessSyncScheduleId,
  accessSyncType,
  lightSyncScheduleId,
  searchAttributes,
  taskQueues,
} from '../domain/contracts.ts';
import { checkDecision } from '../domain/guards.ts';
import { phases } from '../domain/model.ts';
import {
  createIdle,
  fencesOf,
  inFolder,
  leavesOf,
  pages,
  proseOf,
  read,
  root,
  shownCommands,
  slugsOf,
  spansOf,
  wordsOf,
} from './support/documents.ts';

const readme = pages[0]?.text ?? '';

/** What is wrong with a command that is named in passing, perhaps without its arguments. */
function problemOf(program: Command, words: readonly string[]): string | undefined {
  let command = program;
  let rest = words;
  for (;;) {
    const next = command.commands.find((one) => one.name() === rest[0]);
    if (next === undefined) break;
    command = next;
    rest = rest.slice(1);
  }
  if (command.commands.length > 0 && rest[0] !== undefined && !rest[0].startsWith('-')) {
    return `${rest[0]} is no command`;
  }
  const known = [...command.options, ...program.options].map(({ long }) => long);
  const unknown = rest.find((word) => word.startsWith('--') && word !== '--help' && !known.includes(word));
  return unknown === undefined ? undefined : `${unknown} is no option`;
}

const shown = pages.flatMap(shownCommands);

test('there are commands to look at', () => {
  expect(shown.length).toBeGreaterThan(10);
});

test.each(shown.map(({ where, line, words }) => [where, line, words] as const))(
  '%s shows a command that can be given: %s',
  async (_file, _line, words) => {
    await expect((await createIdle()).parseAsync([...words], { from: 'user' })).resolves.toBeDefined();
  },
);

test('commands and options named in passing exist', async () => {
  const program = await createIdle();
  const problems = pages.flatMap(({ file, text }) =>
    spansOf(text).flatMap((code) => {
      const words = wordsOf(code);
      const problem = words && problemOf(program, words);
      return problem === undefined ? [] : [`${file}: ${code}: ${problem}`];
    }),
  );
  expect(problems).toEqual([]);
});

test('every command stands in the README', async () => {
  const spans = spansOf(readme);
  const missing = leavesOf(await createIdle()).filter(({ path }) => !spans.includes(`npx muster ${path}`));
  expect(missing.map(({ path }) => path)).toEqual([]);
});

test('every link leads to a page and a heading that exist', async () => {
  const problems: string[] = [];
  for (const { file, text } of pages) {
    for (const [, target = ''] of proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = '', heading] = target.split('#');
      const linked = path === '' ? file : join(dirname(file), path);
      const content = await access(join(root, linked))
        .then(() => (linked.endsWith('.md') ? read(linked) : ''))
        .catch(() => undefined);
      if (content === undefined || (heading !== undefined && !slugsOf(content).includes(heading))) {
        problems.push(`${file}: ${target}`);
      }
    }
  }
  expect(problems).toEqual([]);
});

test('files of the project that are named in passing exist', async () => {
  const pattern = /^(?:activities|client|docs|simulator|test|workers|workflows)\/[\w/.-]*\w$/;
  for (const code of pages.flatMap(({ text }) => spansOf(text)).filter((one) => pattern.test(one))) {
    await expect(access(join(root, code))).resolves.toBeUndefined();
  }
});

const variable = /\b(?:DD|MUSTER|TEMPORAL|DATABASE|XDG|NO)_[A-Z_]+\b(?!…)/g;
const config = await read('config/config.ts');
const code = `${config}${await read('config/version.ts')}${await read('client/cli/main.ts')}`;
const quoted = new RegExp(`'(${variable.source})'`, 'g');
/** The names that the code asks the environment for. */
const readByCode = new Set([...code.matchAll(quoted)].map(([, name = '']) => name));
const secrets = [...config.matchAll(/(?:readSecret|readKey)\(env, '(\w+)'\)/g)].map(([, name = '']) => name);

test('the table of variables names all that the code reads, and no other', () => {
  const [, section = ''] = readme.split('\n## Configuration\n');
  const cells = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell = '']) => cell);
  const rows = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
  expect(rows.toSorted()).toEqual([...readByCode].toSorted());
});

test('every variable that is named anywhere is read by the code, itself or as a file', () => {
  const known = new Set([...readByCode, ...secrets.map((name) => `${name}_FILE`)]);
  const named = pages.flatMap(({ text }) => text.match(variable) ?? []);
  expect([...new Set(named)].filter((name) => !known.has(name))).toEqual([]);
  expect(secrets).toEqual(expect.arrayContaining(['DD_API_KEY', 'DD_APP_KEY', 'DATABASE_URL', 'TEMPORAL_API_KEY']));
});

test('one version of Node is needed, and every place that names one names it', async () => {
  const { engines, devDependencies } = JSON.parse(await read('package.json')) as Record<string, { node?: string }>;
  const major = /^>=(\d+)$/.exec(engines?.node ?? '')?.[1] ?? '';
  expect(devDependencies?.node).toMatch(new RegExp(`^${major}\\.`));
  const places = await Promise.all(['Dockerfile', 'package.json', 'workers/install.mjs'].map(read));
  const named = [...pages.map(({ text }) => text), ...places].flatMap((text) =>
    [...text.matchAll(/\b(?:Node(?:\.js)? v?|FROM node:)(\d\d)\b/g)].map(([, found]) => found),
  );
  expect(named.length).toBeGreaterThanOrEqual(3);
  expect(new Set(named)).toEqual(new Set([major]));
});

test('npm scripts that are named exist', async () => {
  const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
  const named = pages.flatMap(({ text }) =>
    [...text.matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:]+)/g)].map(([, name = '']) => name),
  );
  expect(new Set(named).size).toBeGreaterThanOrEqual(3);
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
});

test('names in Temporal are those of the code', () => {
  const spans = spansOf(readme);
  const { personId, phase } = searchAttributes;
  for (const name of [accessSyncType, accessSyncScheduleId, lightSyncScheduleId, personId.name, phase.name]) {
    expect(spans).toContain(name);
  }
  expect(spans).toEqual(expect.arrayContaining(Object.values(taskQueues)));
  const filters = pages.flatMap(({ text }) => [...text.matchAll(/Phase = "(\w+)"/g)].map(([, name = '']) => name));
  expect(phases).toEqual(expect.arrayContaining(filters));
  expect(filters.length).toBeGreaterThan(0);
});

test('the decision to be sent manually is one that is understood', () => {
  const [example] = fencesOf(readme).filter(({ language }) => language === 'json');
  expect(checkDecision(JSON.parse(example?.lines.join('\n') ?? ''))).toMatchObject({ ok: true });
});

test('the notices to watch for are those that are sent', async () => {
  const [, union = ''] = /kind:\n([^;]+);/.exec(await read('activities/notify/index.ts')) ?? [];
  const kinds = [...union.matchAll(/'(\w+)'/g)].map(([, kind = '']) => kind);
  expect(kinds.length).toBeGreaterThan(5);
  expect(spansOf(await read('docs/operations.md'))).toEqual(expect.arrayContaining(kinds));
});

test('the README can be read in one go', () => {
  expect(readme.split('\n').length).toBeLessThan(300);
});

test('the first success takes fewer than 200 words of reading', () => {
  const [before = '', after] = readme.split('<!-- first success -->');
  expect(after).toBeDefined();
  const words = before.replaceAll(/<!--.*?-->|```/g, '').match(/[\p{L}\p{N}][^\s]*/gu) ?? [];
  expect(words.length).toBeGreaterThan(50);
  expect(words.length).toBeLessThan(200);
});

test('every page is linked from the README', async () => {
  for (const page of await inFolder('docs')) expect(readme).toContain(`(${page}`);
});
