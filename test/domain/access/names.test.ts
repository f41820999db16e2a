import { expect, test } from '@jest/globals';
import { assert, property, string } from 'fast-check';
import { fitName } from '../../../domain/access/names.ts';

test.each([
  ['Ada Alder', 'Ada Alder'],
  [' Ada Alder ', 'Ada Alder'],
  ['Ada <ada@example.com>', 'Ada ada@example.com'],
  ['x'.repeat(56), 'x'.repeat(55)],
  [`${'x'.repeat(54)} y`, 'x'.repeat(54)],
  [`${'x'.repeat(54)}😀`, 'x'.repeat(54)],
  ['', undefined],
  [' <> ', undefined],
  [undefined, undefined],
])('%j is sent as %j', (name, fitted) => {
  expect(fitName(name)).toBe(fitted);
});

test('any name fits, and fitting twice changes nothing', () => {
  assert(
    property(string({ unit: 'binary', maxLength: 120 }), (name) => {
      const fitted = fitName(name);
      expect(fitName(fitted)).toBe(fitted);
      expect((fitted ?? '').length).toBeLessThanOrEqual(55);
      expect(fitted ?? '').not.toMatch(/[<>]/);
    }),
  );
});
