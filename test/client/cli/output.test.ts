import { expect, test } from '@jest/globals';
import { printCsv, printMessage, printResult, renderCsv, toJson } from '../../../client/cli/output.ts';
import { clean } from '../../../client/cli/text.ts';
import { createShell } from '../support/shell.ts';

test('--json prints exactly one JSON value, whatever the words for people would be', () => {
  const shell = createShell();
  printResult(shell, true, { a: [1, 'x\u001b[31m'] }, () => 'words');
  expect(JSON.parse(shell.out())).toEqual({ a: [1, 'x\u001b[31m'] });
  expect(shell.out()).not.toContain('words');
});

test('a result in words has no control characters, and times in one form', () => {
  const shell = createShell({ isTerminal: true, isColorful: true });
  printResult(shell, false, {}, () => '\u001b[1mbold\u001b[22m \u001b[2J\u009b31mx until 2026-01-31T09:00:00.123Z');
  expect(shell.out()).toBe('\u001b[1mbold\u001b[22m ?[2J?31mx until 2026-01-31 09:00Z\n');
  const plain = createShell();
  printResult(plain, false, {}, () => '\u001b[31mred');
  expect(plain.out()).toBe('?[31mred\n');
  printMessage(plain, 'a\u001b[2J (2026-01-31T09:00:00Z), e-1:joiner:2026-01-31T09:00:00Z');
  expect(plain.err()).toBe('a?[2J (2026-01-31 09:00Z), e-1:joiner:2026-01-31T09:00:00Z\n');
});

test('names from outside cannot steer the terminal', () => {
  expect(clean('a\u001b[2Jb\u202ec\u0007')).toBe('a?[2Jb?c?');
  const hostile = { name: '\u009b2J\u202e\u007f' };
  expect(toJson(hostile)).toBe('{"name":"\\u009b2J\\u202e\\u007f"}');
  expect(JSON.parse(toJson(hostile))).toEqual(hostile);
});

test('CSV goes to a file as it is, and to a terminal without control characters', () => {
  const csv = renderCsv(['name'], [['a\u001b[2J']]);
  const [file, terminal] = [createShell(), createShell({ isTerminal: true })];
  printCsv(file, csv);
  printCsv(terminal, csv);
  expect(file.out()).toBe('name\r\na\u001b[2J\r\n');
  expect(terminal.out()).toBe('name\r\na?[2J\r\n');
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
