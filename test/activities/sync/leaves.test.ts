import { describe, expect, test } from '@jest/globals';
import { hrFirst } from '../../support/ranks.ts';
import { watchLeaves } from '../../../activities/sync/leaves.ts';
import type { Notice } from '../../../activities/notify/index.ts';
import type { HrEvent, OutcomeKind } from '../../../domain/model.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { examplePolicyPath } from '../../../config/config.ts';
import { loadPolicy } from '../../../policy/file.ts';
import { openDatabases, type Fixture } from '../../inventory/backends.ts';
import { account, finished, joiner } from '../../inventory/samples.ts';

const minuteMs = 60_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
const policy: Policy = await loadPolicy(examplePolicyPath, { datadogIsSimulator: true });

/** Employed since a day, with an active account. */
async function employ({ inventory }: Fixture, personId: string): Promise<void> {
  const day = ago(24 * 60 * minuteMs);
  await inventory.bindAccount(personId, `a-${personId}`, day);
  await finished(inventory, [joiner(`j-${personId}`, { personId, occurredAt: day, effectiveAt: day })]);
  await inventory.writeAccounts({ accounts: [account(`a-${personId}`)], seenAt: ago(0) });
}

const leaver = (personId: string, dueMs: number): HrEvent => {
  const at = ago(dueMs);
  return { eventId: `l-${personId}`, kind: 'leaver', personId, occurredAt: at, effectiveAt: at, source: 'hr' };
};

async function end({ inventory }: Fixture, personId: string, kind: OutcomeKind): Promise<void> {
  await inventory.finishProcess(
    {
      personId,
      process: 'offboarding',
      events: [{ eventId: `l-${personId}`, outcome: { kind, parts: [] } }],
      at: ago(0),
    },
    hrFirst,
  );
}

const disable = ({ inventory }: Fixture, personId: string) =>
  inventory.writeAccounts({ accounts: [account(`a-${personId}`, { status: 'disabled' })], seenAt: ago(0) });

async function watch({ inventory }: Fixture) {
  const notices: Notice[] = [];
  const notify = { send: (notice: Notice) => void notices.push(notice) };
  const found = await watchLeaves({ inventory, policy: () => policy, notify });
  const open = await inventory.listFindings({ state: 'open', limit: 10, offset: 0 }, ago(0));
  expect(open.map(({ personId }) => personId)).toEqual(found.map(({ personId }) => personId));
  expect(open.every(({ severity }) => severity === 'critical')).toBe(true);
  return { found: found.map(({ personId }) => personId), told: notices.map(({ kind, personId }) => [kind, personId]) };
}

describe.each(await openDatabases())('on $name', ({ makeFixture }) => {
  test('an overdue leaver is critical and told once; one whose day has come just now is not', async () => {
    await using fixture = await makeFixture();
    await employ(fixture, 'p-1');
    await employ(fixture, 'p-2');
    await fixture.inventory.receiveEvent(leaver('p-1', 16 * minuteMs), ago(16 * minuteMs));
    await fixture.inventory.receiveEvent(leaver('p-2', minuteMs), ago(minuteMs));
    expect(await watch(fixture)).toEqual({ found: ['p-1'], told: [['leaverDelayed', 'p-1']] });
    expect(await watch(fixture)).toEqual({ found: ['p-1'], told: [] });
    await disable(fixture, 'p-1');
    await end(fixture, 'p-1', 'completed');
    expect(await watch(fixture)).toEqual({ found: [], told: [] });
  });

  test('a leaver that ends while the account is in use is critical until it is disabled', async () => {
    await using fixture = await makeFixture();
    await employ(fixture, 'p-1');
    await fixture.inventory.receiveEvent(leaver('p-1', minuteMs), ago(minuteMs));
    await end(fixture, 'p-1', 'failed');
    expect(await watch(fixture)).toEqual({ found: ['p-1'], told: [['leaverDelayed', 'p-1']] });
    await disable(fixture, 'p-1');
    expect(await watch(fixture)).toEqual({ found: [], told: [] });
    // From then on it is the sync that sees an account enabled again.
    expect(await fixture.inventory.openLeaves({ dueBefore: ago(0), limit: 9, at: ago(0), ranks: hrFirst })).toEqual([]);
  });

  test('a leaver of somebody without a bound account counts by the e-mail of the record', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await finished(inventory, [joiner('j-1', { person: { email: 'A-9@example.com' } })]);
    await inventory.writeAccounts({ accounts: [account('a-9')], seenAt: ago(0) });
    await inventory.receiveEvent(leaver('p-1', minuteMs), ago(minuteMs));
    await end(fixture, 'p-1', 'observed');
    expect((await watch(fixture)).found).toEqual(['p-1']);
  });

  test('a withdrawn leave is no finding, and neither is one before a newer hire', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    for (const personId of ['p-1', 'p-2']) {
      await employ(fixture, personId);
      await inventory.receiveEvent(leaver(personId, 60 * minuteMs), ago(60 * minuteMs));
    }
    const withdrawal = { actor: 'it@example.com', at: ago(0) };
    await inventory.inTransaction((trx) => trx.withdrawEvent('p-1', 'l-p-1', withdrawal));
    const rehire = { occurredAt: ago(minuteMs), effectiveAt: ago(minuteMs) };
    await inventory.receiveEvent(joiner('j-again', { personId: 'p-2', ...rehire }), ago(minuteMs));
    expect((await watch(fixture)).found).toEqual([]);
    await end(fixture, 'p-1', 'cancelled');
    await end(fixture, 'p-2', 'superseded');
    expect((await watch(fixture)).found).toEqual([]);
    expect(await inventory.openLeaves({ dueBefore: ago(0), limit: 9, at: ago(0), ranks: hrFirst })).toEqual([]);
  });
});
