import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from '@jest/globals';
import { FetchRefused } from '../../../activities/intake/ask.ts';
import { createFetchBackActivities } from '../../../activities/intake/fetchBack.ts';
import { watchRefusals } from '../../../activities/intake/refusals.ts';
import type { Notice } from '../../../activities/notify/index.ts';
import { openInventory } from '../../support/inventory.ts';
import { joiner } from '../../inventory/samples.ts';

const dayMs = 86_400_000;
const now = Date.now();
const at = (daysAgo: number): string => new Date(now - daysAgo * dayMs).toISOString();

test('a finding is open while something is refused, leavers apart; people are told once', async () => {
  await using inventory = await openInventory({ file: ':memory:' });
  const notices: Notice[] = [];
  const watch = () => watchRefusals({ inventory, notify: { send: (notice) => void notices.push(notice) } }, now);
  const item = { source: 'hr', way: 'roster', reason: 'email: must be one', ref: 'people.csv:2' } as const;
  const ids = await inventory.refuseItems(
    [
      { ...item, kind: 'mover', payload: 1 },
      { ...item, kind: 'leaver', payload: 2 },
      { ...item, payload: 3 },
    ],
    at(31),
  );
  await watch();
  await watch();
  const open = async () =>
    (await inventory.listFindings({ state: 'open', limit: 10, offset: 0 }, at(0))).map(({ severity, evidence }) => [
      severity,
      evidence,
    ]);
  expect(await open()).toEqual([
    ['high', { way: 'roster', leaversOrUnknown: 2 }],
    ['medium', { way: 'roster', items: 1 }],
  ]);
  expect(notices).toMatchObject([
    { kind: 'refusedByIntake', details: { source: 'hr', leaversOrUnknown: 2, others: 1 } },
  ]);
  expect(await inventory.refusedPayload(ids[0] ?? '')).toBeUndefined();
  for (const id of ids) await inventory.decideRefusal(id, { state: 'dropped', at: at(0), by: 'it@example.com' });
  await watch();
  expect(await open()).toEqual([]);
});

test.each([
  ['somebody known, whose record is gone', true, { isGone: true }, 'leaver'],
  ['somebody whom nobody knows', false, { isGone: true }, undefined],
  ['a record that cannot be read', true, { kind: 'updated', record: { mail: '?' } }, 'updated'],
] as const)('HR is asked for %s: that is refused on record', async (_what, isKnown, about, kind) => {
  await using inventory = await openInventory({ file: ':memory:' });
  const attributes = { email: 'ada@example.com' };
  if (isKnown) {
    await inventory.inTransaction((trx) =>
      trx.adoptPerson({ personId: 'e-1', employment: 'employed', attributes, at: at(1) }),
    );
  }
  const event = joiner('hr:1', { personId: 'e-1', kind: 'updated', person: undefined, fetchId: '7' });
  await inventory.receiveEvent(event, at(0));
  const { fetchBack } = createFetchBackActivities({
    inventory,
    fetchRecord: () => Promise.reject(new FetchRefused("HR's API does not know this person (404)", about)),
  });
  await expect(new MockActivityEnvironment().run(fetchBack, 'e-1', 'hr:1')).rejects.toThrow('does not know');
  const [row, ...others] = await inventory.listRefusals({ limit: 10, offset: 0 });
  expect(others).toEqual([]);
  expect(row).toMatchObject({ way: 'fetchBack', ref: 'hr:1', personId: 'e-1', externalId: '7' });
  expect(row?.kind).toBe(kind);
});
