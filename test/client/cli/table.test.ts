import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { renderFields, renderParagraph, renderTable } from '../../../client/cli/table.ts';
import { cut, widthOf, wrap } from '../../../client/cli/text.ts';
import { createShell } from '../support/shell.ts';

const atMost = (columns: number, text: string) => {
  for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns);
};

test('a table is a header and aligned columns, without boxes', () => {
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

test('columns stay aligned where names have wide characters', () => {
  const rows = [
    ['山田太郎', 'x'],
    ['Ada', 'y'],
  ];
  expect(renderTable(createShell(), ['name', 'n'], rows).split('\n')).toEqual([
    'name      n',
    '山田太郎  x',
    'Ada       y',
  ]);
});

test('a time in a cell is in UTC to the minute', () => {
  const rows = [['2026-11-28T01:08:36.821000+00:00'], ['2026-11-28T01:08:36Z']];
  expect(renderTable(createShell(), ['at'], rows)).toBe('at\n2026-11-28 01:08Z\n2026-11-28 01:08Z');
});

test('on a narrow terminal long columns are wrapped at spaces, and ids stay whole', () => {
  const id = '9143391a1a325d0f';
  const table = renderTable(
    createShell({ columns: 30 }),
    ['id', 'what to do'],
    [[id, 'ask the person or the manager']],
  );
  expect(table.split('\n')).toEqual([
    'id                what to do',
    `${id}  ask the`,
    '                  person or',
    '                  the manager',
  ]);
});

test('columns that can be spared go first, and the table says so', () => {
  const row = ['ada@example.com', 'active', '0dbcdb3a-eeb9-4876-a0a5-765c18a1071b'];
  const head = ['email', 'status', 'id'];
  const table = renderTable(createShell({ columns: 40 }), head, [row], { spare: ['id'] });
  expect(table.split('\n')).toEqual([
    'email            status',
    'ada@example.com  active',
    '(left out: id; --wide shows all)',
  ]);
  expect(renderTable(createShell(), head, [row], { spare: ['id'] })).toContain('0dbcdb3a');
});

test('where no table fits, each row is a block of lines', () => {
  const row = ['0dbcdb3a-eeb9-4876-a0a5-765c18a1071b', 'security-lead@example.com', ''];
  const table = renderTable(createShell({ columns: 50 }), ['approval', 'approvers', 'until'], [row, row]);
  const block = 'approval   0dbcdb3a-eeb9-4876-a0a5-765c18a1071b\napprovers  security-lead@example.com';
  expect(table).toBe(`${block}\n\n${block}`);
});

test('no line is wider than the terminal, whatever is in the cells', () => {
  const cell = fc.oneof(
    fc.string({ maxLength: 200, unit: 'binary' }),
    fc.string({ maxLength: 30, unit: fc.constantFrom('漢', '👩‍👩‍👧', 'é', '\u001b[2J', ' ', '\n') }),
  );
  const rows = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(rows, fc.integer({ min: 40, max: 120 }), fc.boolean(), (cells, columns, isSpare) => {
      const shell = createShell({ columns });
      const table = renderTable(shell, ['one', 'two', 'three'], cells, { spare: isSpare ? ['three'] : [] });
      atMost(columns, table);
      atMost(columns, renderFields(shell, [['a name', cells[0]?.[0]]]));
      atMost(columns, renderParagraph(shell, cells[0]?.[1] ?? '', 2));
      // oxlint-disable-next-line no-control-regex
      expect(table).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    }),
  );
});

test('a cut text says so', () => {
  expect(cut('abcdef', 4)).toBe('abc…');
  expect(cut('漢字漢字', 4)).toBe('漢…');
  expect(wrap('one two three four', { width: 5, maxLines: 2 })).toEqual(['one', 'two…']);
  expect(wrap('abcdefghij', { width: 4, maxLines: 3, breakWords: true })).toEqual(['abcd', 'efgh', 'ij']);
  expect(wrap('', { width: 4, maxLines: 3 })).toEqual(['']);
});
