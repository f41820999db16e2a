import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '..');
const page = await readFile(join(root, 'docs/architecture.md'), 'utf8');
const quoted = [...page.matchAll(/`([^`\s]+)`/g)].map(([, text]) => text as string);

test('every file that the documentation names exists', async () => {
  const pages = globSync(['README.md', 'docs/**/*.md'], { cwd: root });
  const texts = await Promise.all(pages.map((path) => readFile(join(root, path), 'utf8')));
  const named = texts.flatMap((text, index) =>
    [...text.matchAll(/`([\w-]+(?:\/[\w.-]+)*\/[\w.-]+\.(?:ts|mjs|md))`/g)].map(([, path = '']) => ({
      page: pages[index],
      path,
    })),
  );
  expect(named.length).toBeGreaterThan(25);
  expect(named.filter(({ path }) => !existsSync(join(root, path)))).toEqual([]);
});

test('every folder of the product has its line on the architecture page', () => {
  const rooms = '{domain,datadog,inventory,policy,auth,config,activities,workflows,client,workers}';
  const folders = new Set(globSync(`${rooms}/**/*.ts`, { cwd: root }).map((path) => dirname(path)));
  const named = new Set(quoted.map((text) => text.replace(/\/$/, '')));
  // A line may name the folders within its own: `activities/`, by trade: `person/`.
  const isNamed = (folder: string): boolean => {
    const parent = dirname(folder);
    return named.has(folder) || (parent !== '.' && isNamed(parent));
  };
  expect(folders.size).toBeGreaterThan(20);
  expect([...folders].filter((folder) => !isNamed(folder))).toEqual([]);
});
