import { expect, test } from '@jest/globals';
import { oddRowsOf } from '../../../client/cli/oddRows.ts';
import { addOddRows, noOddRows, type OddRows } from '../../../domain/sync/oddRows.ts';
import type { SyncRunRow } from '../../../inventory/port/syncRuns.ts';
import { createShell } from '../support/shell.ts';

const run = (odd?: OddRows) => ({ summary: odd && { odd } }) as SyncRunRow;

test('the odd rows of the last run that has ended are counted and named', () => {
  const rows = [
    { list: 'list users', id: 'u-1', why: 'relationships.roles is missing' },
    { list: 'list teams', why: 'row 3: expected object' },
  ];
  const shell = createShell({});
  const said = oddRowsOf(shell, [run(), run(addOddRows(noOddRows, rows)), run(noOddRows)]);
  expect(said).toMatch(/could not be read, or not wholly: 2\./);
  expect(said).toMatch(/list users +u-1 +relationships\.roles is missing/);
  expect(said).toMatch(/list teams +without an id +row 3/);
  const many = Array.from({ length: 25 }, (_, index) => ({ list: 'list users', id: `u-${index}`, why: 'odd' }));
  expect(oddRowsOf(shell, [run(addOddRows(noOddRows, many))])).toMatch(/wholly: 25, of which 20 are shown/);
  expect(oddRowsOf(shell, [run(noOddRows), run(addOddRows(noOddRows, many))])).toBeUndefined();
});
