import { expect, test } from '@jest/globals';
import { checkedEvent, refuseFuture, requireNamed } from '../../../client/operations/drafts.ts';
import { UsageError } from '../../../domain/errors.ts';
import type { Statement } from '../../../domain/facts/statements.ts';
import type { HrEvent } from '../../../domain/model.ts';

const at = '2026-01-05T09:00:00.000Z';
const event = (more: Partial<HrEvent> = {}): HrEvent => ({
  eventId: 'm-1',
  kind: 'mover',
  personId: 'e-1',
  occurredAt: at,
  effectiveAt: at,
  source: 'hr',
  person: { title: 'Lead' },
  ...more,
});
const saying = (...statements: readonly Statement[]) => ({ statementsOf: () => Promise.resolve(statements) });

test('a mover holds what it says and no more; a hire and a whole record need an e-mail', () => {
  expect(checkedEvent(event()).person).toEqual({ title: 'Lead' });
  for (const part of [event({ kind: 'joiner' }), event({ isWhole: true })]) {
    expect(() => checkedEvent(part)).toThrow('person.email must be an e-mail address');
  }
  expect(() => checkedEvent(event({ kind: 'joiner', isWhole: true }))).toThrow('belongs to a mover only');
});

test('a mover without an e-mail is refused while nobody has named the person by one', async () => {
  await expect(requireNamed(saying(), event())).rejects.toThrow(UsageError);
  const named = event({ eventId: 'j-1', kind: 'joiner', person: { email: 'ada@example.com' } });
  await requireNamed(saying(named), event());
  await requireNamed(saying(), event({ kind: 'leaver', person: undefined }));
});

test('a fact of the future is refused, but for what a clock may be ahead', () => {
  refuseFuture({ occurredAt: '2026-01-05T09:05:00.000Z' }, new Date(at));
  expect(() => refuseFuture({ occurredAt: '2026-01-05T09:05:00.001Z' }, new Date(at))).toThrow('lies in the future');
});
