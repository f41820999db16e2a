import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from '@swc/core';
import { cleanEnvironment, projectFolder, startProgram } from './support/processes.ts';

const rooms = [
  'domain',
  'datadog',
  'inventory',
  'policy',
  'auth',
  'config',
  'activities',
  'workflows',
  'client/operations',
  'client/intake',
  'client/cli',
  'client/gateway',
  'workers',
];

async function linesIn(room: string): Promise<number> {
  const files = globSync(`${room}/**/*.{ts,mjs}`, { cwd: projectFolder });
  const texts = await Promise.all(files.map((file) => readFile(join(projectFolder, file), 'utf8')));
  return texts.reduce((sum, text) => sum + text.split('\n').length - 1, 0);
}

test('no room is larger than a quarter of the product', async () => {
  const lines = await Promise.all(rooms.map(linesIn));
  const total = lines.reduce((sum, count) => sum + count, 0);
  expect(Math.min(...lines)).toBeGreaterThan(0);
  expect(rooms.filter((_, index) => (lines[index] ?? 0) > total / 4)).toEqual([]);
});

test('no module reads the environment or opens a socket while it is imported', async () => {
  const program = startProgram('test/support/importAll.ts', { env: cleanEnvironment() });
  const { code, out, err } = await program.exited;
  expect({ code, err }).toMatchObject({ code: 0 });
  const { modules, noticed } = JSON.parse(out) as { modules: number; noticed: readonly string[] };
  expect(modules).toBeGreaterThan(300);
  expect(noticed).toEqual([]);
}, 60_000);

test('no title of a test is longer than 90 characters', async () => {
  const files = globSync('test/**/*.ts', { cwd: projectFolder });
  const titles = await Promise.all(
    files.map(async (file) =>
      titlesIn(await parse(await readFile(join(projectFolder, file), 'utf8'), { syntax: 'typescript' })),
    ),
  );
  expect(titles.flat().length).toBeGreaterThan(900);
  expect(titles.flat().filter((title) => title.length > 90)).toEqual([]);
});

interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly [field: string]: unknown;
}

/** The first texts of calls such as `test(…)` and `test.each(…)(…)`, the `name` of each row of a table, and methods whose names are sentences. */
function titlesIn(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(titlesIn);
  if (typeof node !== 'object' || node === null) return [];
  const { type, value, ...fields } = node as Node;
  const title =
    type === 'CallExpression' && isTest(fields['callee']) ? textOf(firstOf(fields['arguments'])) : undefined;
  const name = type === 'KeyValueProperty' && (fields['key'] as Node).value === 'name' ? textOf(value) : undefined;
  const story = type === 'MethodProperty' ? textOf(fields['key']) : undefined;
  return [title, name, story].filter((text) => text !== undefined).concat(titlesIn([value, ...Object.values(fields)]));
}

function isTest(callee: unknown): boolean {
  const { type, value, object, callee: inner } = callee as Node;
  if (type === 'Identifier') return ['test', 'it', 'describe'].includes(String(value));
  return (object ?? inner) !== undefined && isTest(object ?? inner);
}

const firstOf = (given: unknown): unknown => (given as readonly { readonly expression: unknown }[])[0]?.expression;

function textOf(node: unknown): string | undefined {
  const { type, value, quasis } = (node ?? {}) as Node;
  if (type === 'StringLiteral') return String(value);
  return type === 'TemplateLiteral' ? (quasis as readonly Node[]).map(({ raw }) => raw).join('…') : undefined;
}
