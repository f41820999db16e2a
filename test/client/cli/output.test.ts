import { expect, test } from '@jest/globals';
import { clean, printResult, renderCsv, renderTable } from '../../../client/cli/output.ts';
import { createShell } from '../support/shell.ts';

test('--json prints exactly one JSON value, whatever the words for people would be', () => {
  const shell = createShell();
  printResult(shell, true, { a: [1, 'x\u001b[31m'] }, () => 'words');
  expect(JSON.parse(shell.out())).toEqual({ a: [1, 'x\u001b[31m'] });
  expect(shell.out()).not.toContain('words');
});

test('a table that goes to a file has plain columns and no colors', () => {
  const table = renderTable(
    createShell(),
    ['id', 'name'],
    [
      ['1', 'Ada'],
      [2, undefined],
    ],
  );
  expect(table.split('\n')).toEqual(['id  name', '1   Ada', '2']);
});

test('a table on a terminal has lines', () => {
  expect(renderTable({ ...createShell(), isTerminal: true }, ['id'], [['1']])).toContain('│ id │');
});

test('names from outside cannot steer the terminal', () => {
  expect(clean('a\u001b[2Jb\u202ec\u0007')).toBe('a?[2Jb?c?');
  expect(renderTable(createShell(), ['name'], [['\u001b]0;x\u0007']])).not.toContain('\u001b');
});

test('CSV quotes what must be quoted, and disarms formulas but not numbers', () => {
  const csv = renderCsv(
    ['name', 'n'],
    [
      ['Doe, "J"\nx', -1],
      ['=HYPERLINK("x")', undefined],
      ['Ada', true],
    ],
  );
  expect(csv).toBe('name,n\r\n"Doe, ""J""\nx",-1\r\n"\'=HYPERLINK(""x"")",\r\nAda,true');
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '＋1', '－1', '＠SUM(A1)'])(
  'a CSV cell %j of text is none that a spreadsheet runs',
  (cell) => {
    const [, row = ''] = renderCsv(['name'], [[cell]]).split(/\r\n(?=["'])/);
    expect(row.replace(/^"/, '').startsWith("'")).toBe(true);
  },
);
