import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '..');
const page = await readFile(join(root, 'docs/architecture.md'), 'utf8');
const rooms = [
  'domain',
  'datadog',
  'inventory',
  'policy',
  'auth',
  'config',
  'activities',
  'workflows',
  'client',
  'workers',
];
const files: readonly string[] = globSync(
  [...rooms, 'docs'].map((folder) => `${folder}/**/*.{ts,md}`),
  { cwd: root },
);
const folders = new Set(files.flatMap((path) => ancestorsOf(dirname(path))));

function ancestorsOf(folder: string): readonly string[] {
  return folder === '.' ? [] : [folder, ...ancestorsOf(dirname(folder))];
}

const quoted = [...page.matchAll(/`([^`\s]+)`/g)].map(([, text]) => text as string);

test('every file that the architecture page names exists', () => {
  const named = quoted.filter((text) => /\/.*\.(ts|md)$/.test(text));
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((path) => !files.includes(path))).toEqual([]);
});

test('every folder of the product has its line on the architecture page', () => {
  const named = new Set(quoted.map((text) => text.replace(/\/$/, '')));
  const isNamed = (folder: string): boolean =>
    named.has(folder) || (named.has(dirname(folder)) && named.has(folder.slice(dirname(folder).length + 1)));
  const missing = [...folders].filter(
    (folder) =>
      rooms.includes(folder.split('/')[0] as string) &&
      folder !== 'client' &&
      !isNamed(folder) &&
      !isNamed(dirname(folder)),
  );
  expect(missing).toEqual([]);
});
