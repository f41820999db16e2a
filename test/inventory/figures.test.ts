import { describe, expect, test } from '@jest/globals';
import { wholePage } from '../../inventory/port/findings.ts';
import type { Found } from '../../domain/findings/found.ts';
import type { SyncSummary } from '../../domain/contracts.ts';
import type { NewApproval } from '../../inventory/port/approvals.ts';
import { openDatabases } from './backends.ts';
import { at } from './samples.ts';

const approval = (approvalId: string, minute: number): NewApproval =>
  ({
    ...{ personId: `p-${approvalId}`, approvalId, chain: 'c-1', requestedAt: at(minute), deadline: at(500) },
    ...{ entitlements: [], rules: ['sre'], approvers: { people: ['lead@example.com'], quorum: 1 } },
  }) as unknown as NewApproval;

const found = (subject: string, severity: Found['severity']): Found => ({
  ...{ kind: 'syncStopped', subject, scope: subject, name: subject, severity, evidence: {} },
});

describe.each(await openDatabases())('figures on $name', ({ makeFixture }) => {
  test('an empty inventory counts nothing', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    expect(new Set(Object.values(await inventory.countPhases()))).toEqual(new Set([0]));
    expect(await inventory.countFindings(at(0))).toEqual({ critical: 0, high: 0, medium: 0, low: 0 });
    expect(await inventory.approvalAges([at(0)])).toEqual({ counts: [0, 0], oldest: undefined });
    expect(await inventory.lastSyncEnd()).toBeUndefined();
  });

  test('processes are counted by phase, and open findings by severity', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    for (const [personId, phase] of [
      ['p-1', 'blocked'],
      ['p-2', 'blocked'],
      ['p-3', 'held'],
    ] as const) {
      await inventory.recordProgress({ personId, process: 'onboarding', phase, at: at(1) });
    }
    expect(await inventory.countPhases()).toMatchObject({ blocked: 2, held: 1, changing: 0 });
    const page = (some: readonly Found[], minute: number) =>
      inventory.writeFindings(wholePage({ foundAt: 'engine', found: some, at: at(minute) }));
    await page([found('s-1', 'high'), found('s-2', 'critical'), found('s-3', 'critical')], 1);
    await page([found('s-1', 'high'), found('s-2', 'critical')], 2);
    const [worst] = await inventory.listFindings({ severity: 'critical', state: 'open', limit: 1, offset: 0 }, at(3));
    expect(await inventory.countFindings(at(3))).toMatchObject({ critical: 1, high: 1 });
    await inventory.muteFinding(worst?.id ?? '', { until: at(9), reason: 'known', at: at(3) });
    expect(await inventory.countFindings(at(4))).toMatchObject({ critical: 0, high: 1 });
    expect(await inventory.countFindings(at(10))).toMatchObject({ critical: 1, high: 1 });
  });

  test('open approvals are counted by how long they have waited', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    for (const [id, minute] of [
      ['a-1', 5],
      ['a-2', 15],
      ['a-3', 16],
      ['a-4', 25],
    ] as const) {
      await inventory.openApproval(approval(id, minute));
    }
    expect(await inventory.approvalAges([at(20), at(10)])).toEqual({ counts: [1, 2, 1], oldest: at(5) });
  });

  test('the last full sync that came to its end counts, not one that is under way', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.startSyncRun({ runId: 'r-1', depth: 'full', startedAt: at(1) });
    await inventory.finishSyncRun({ runId: 'r-1', summary: {} as SyncSummary, kinds: {}, at: at(2) });
    await inventory.startSyncRun({ runId: 'r-2', depth: 'full', startedAt: at(3) });
    expect(await inventory.lastSyncEnd()).toBe(at(2));
  });
});
