import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '..');

test('each promise in docs/security.md names a test that is there', async () => {
  const page = await readFile(resolve(root, 'docs/security.md'), 'utf8');
  const tables = page.split('\n## ').filter((section) => section.includes('| tested in'));
  const rows = tables.flatMap((section) => section.split('\n').filter((line) => /^\| (?!promise|-)/.test(line)));
  expect(rows.length).toBeGreaterThan(25);
  for (const row of rows) {
    const files = [...row.matchAll(/`(test\/[\w/]+\.test\.ts)`/g)].map(([, file = '']) => file);
    expect({ row, named: files.length > 0 }).toEqual({ row, named: true });
    expect(files.filter((file) => !existsSync(resolve(root, file)))).toEqual([]);
  }
});
