import { describe, expect, test } from '@jest/globals';
import { checkRecord, judgeEngine } from '../../../client/cli/doctorWatch.ts';
import { hrFirst } from '../../support/ranks.ts';
import { isHealthy } from '../../../client/cli/checks.ts';
import { minuteMs } from '../../../domain/durations.ts';
import { atEngine, minutesAgo } from '../../activities/sync/findings/samples.ts';
import { makeSqlitePlace } from '../../inventory/backends.ts';
import { account, finished, joiner } from '../../inventory/samples.ts';
import { openInventory } from '../../support/inventory.ts';

const times = {
  leadMs: 0,
  resendBeforeMs: 0,
  giveUpAfterMs: 0,
  approvalRemindAfterMs: 0,
  approvalFallbackAfterMs: 0,
  approvalRejectAfterMs: 0,
  leaverAlarmAfterMs: 15 * minuteMs,
};
const policy = { times, sources: [], identity: { allowedDomains: [], ignore: [], mayEndEmployment: [] } };
const ago = (minutes: number): string => new Date(Date.now() - minutes * minuteMs).toISOString();

describe('doctor', () => {
  test('a leaver who is overdue is said with who, since when and what to do', async () => {
    const place = await makeSqlitePlace();
    await using inventory = await openInventory(place.location);
    expect(isHealthy(await checkRecord(inventory, policy, Date.now()))).toBe(true);
    await inventory.bindAccount('p-1', 'a-1', ago(99));
    await finished(inventory, [joiner('j-1')]);
    await inventory.writeAccounts({ accounts: [account('a-1')], seenAt: ago(0) });
    const since = ago(20);
    const leaver = { eventId: 'l-1', kind: 'leaver', personId: 'p-1', source: 'hr' } as const;
    await inventory.receiveEvent({ ...leaver, occurredAt: since, effectiveAt: since }, since);
    const checks = await checkRecord(inventory, policy, Date.now());
    expect(isHealthy(checks)).toBe(false);
    expect(checks).toMatchObject([
      {
        name: 'leavers',
        status: 'missing',
        detail: `the access of 1 has not ended: p-1 since ${since}, outcome none yet, account active`,
        fix: expect.stringContaining('npx muster person retry ID'),
      },
      { name: 'events', status: 'missing', detail: 'no process has taken up what came for 1 people: p-1' },
    ]);
    await inventory.readMailbox('p-1', { id: 'run-1', at: ago(0) }, hrFirst);
    expect(await checkRecord(inventory, policy, Date.now())).toMatchObject([{}, { name: 'events', status: 'ok' }]);
    await place.dispose();
  });

  test('what Temporal shows is a line of its own, with what to do', async () => {
    expect(judgeEngine(await atEngine({})).map(({ name, status }) => [name, status])).toEqual([
      ['inventory', 'ok'],
      ['processes', 'ok'],
      ['sync', 'ok'],
    ]);
    const known = { inventoryId: 'i-1', seq: 9, hash: 'h-9' };
    const found = await atEngine({
      ...{ known, difference: 'older', failing: ['person/p-1'] },
      light: { runningSince: minutesAgo(99) },
    });
    expect(judgeEngine(found)).toMatchObject([
      { status: 'missing', detail: expect.stringContaining('hereUpTo 3, known i-1, knownUpTo 9') },
      { status: 'missing', detail: expect.stringContaining('person/p-1') },
      {
        status: 'missing',
        detail: expect.stringContaining('runs without end'),
        fix: expect.stringContaining('schedule'),
      },
    ]);
  });
});
