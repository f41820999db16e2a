import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
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
