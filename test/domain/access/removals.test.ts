import { expect, test } from '@jest/globals';
import { isUrgent, removalKind } from '../../../domain/access/removals.ts';

const authority = ['hr', 'okta'];
const leaver = { kind: 'leaver', immediate: true } as const;

test.each([
  ['the highest source', { ...leaver, source: 'hr' }, authority, true],
  ['an operator', { ...leaver, source: 'cli' }, authority, true],
  ['a lower source', { ...leaver, source: 'okta' }, authority, false],
  ['a source without rank', { ...leaver, source: 'other' }, authority, false],
  ['any source where none has a rank', { ...leaver, source: 'other' }, [], true],
  ['a leaver that may wait', { ...leaver, immediate: undefined, source: 'hr' }, authority, false],
  ['a mover', { kind: 'mover', source: 'hr' } as const, authority, false],
])('who has the share of urgent leavers: %s', (_who, event, ranked, expected) => {
  expect(isUrgent(event, { authority: ranked })).toBe(expected);
});

test('a removal is of the kind of what takes it, and an e-mail comes first', () => {
  const kinds = (['leaver', 'mover', 'reconcile'] as const).flatMap((kind) =>
    (['access', 'email'] as const).map((takes) => removalKind({ kind, source: 'sync' }, takes)),
  );
  expect(kinds).toEqual(['leaver', 'leaver', 'mover', 'email', 'repair', 'repair']);
  expect(removalKind({ kind: 'reconcile', source: 'cli' }, 'access')).toBe('mover');
});
