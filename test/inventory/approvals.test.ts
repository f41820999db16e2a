import { describe, expect, test } from '@jest/globals';
import { openDatabases } from './backends.ts';
import type { ApprovalState } from '../../domain/decision.ts';
import type { DatedDecision } from '../../inventory/port/approvals.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { approval, at, grant } from './samples.ts';

const decision = {
  decisionId: 'd-1',
  approvalId: 'ap-1',
  verdict: 'approve',
  actor: 'boss@example.com',
  reason: 'fine',
  proof: 'claimed',
  at: at(5),
} as const;

describe.each(await openDatabases())('on $name', ({ makeFixture }) => {
  const recorded = (inventory: Inventory, state: ApprovalState = 'open', change: Partial<DatedDecision> = {}) =>
    inventory.inTransaction((trx) =>
      trx.recordDecision(
        approval(),
        { decision: { ...decision, ...change }, attestation: 'signed' },
        { state, approvers: approval().approvers },
      ),
    );
  const key = { personId: 'p-1', approvalId: 'ap-1' };
  const close = (inventory: Inventory, state: 'withdrawn' | 'timedOut', minute: number) =>
    inventory.inTransaction((trx) => trx.closeApproval(key, state, at(minute)));

  test('an approval is opened once, and its end by a decision stays', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    expect((await inventory.openApproval(approval())).isNew).toBe(true);
    expect((await inventory.openApproval(approval())).isNew).toBe(false);
    for (let time = 0; time < 2; time += 1) await recorded(inventory, 'approved');
    await recorded(inventory, 'rejected', { verdict: 'reject' });
    await close(inventory, 'withdrawn', 8);
    expect((await inventory.openApproval(approval())).row.state).toBe('approved');
    expect(await inventory.listApprovals({ state: 'open' })).toEqual([]);
    const ended = approval({ state: 'approved', closedAt: at(5), decisions: [decision] });
    expect(await inventory.listApprovals({ personId: 'p-1' })).toEqual([ended]);
    expect(await inventory.findApproval(key)).toEqual(ended);
    expect(await inventory.listApprovals({ personId: 'p-2' })).toEqual([]);
    expect(await inventory.attestationsOf('p-1')).toEqual(new Map([['d-1', 'signed']]));
  });

  test('within one chain a withdrawn request opens again with its decisions; a late one is new', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.openApproval(approval());
    await recorded(inventory);
    await close(inventory, 'withdrawn', 6);
    const again = await inventory.openApproval(approval({ requestedAt: at(20), deadline: at(59) }));
    expect(again).toMatchObject({ isNew: true, row: { state: 'open', requestedAt: at(1), deadline: at(59) } });
    expect(again.row.decisions).toHaveLength(1);
    await close(inventory, 'timedOut', 30);
    const last = await inventory.openApproval(approval({ requestedAt: at(40), deadline: at(59) }));
    expect(last).toMatchObject({ isNew: true, row: { state: 'open', requestedAt: at(40), decisions: [] } });
  });

  test('the manager whom HR’s word meant stays theirs while the word is the same', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const open = async (managerSaid: string, managerId: string | undefined, managerGone?: string) => {
      const { row } = await inventory.openApproval(approval({ managerSaid, managerId, managerGone }));
      return row.managerId;
    };
    const word = 'boss@example.com';
    // One that meant nobody is looked up again.
    expect(await open(word, undefined, 'the manager is not known')).toBeUndefined();
    expect(await open(word, 'm-1')).toBe('m-1');
    expect(await open(word, 'x-9')).toBe('m-1');
    expect(await open('new@example.com', 'm-2')).toBe('m-2');
  });

  test('another chain asks anew, and ends a request that is open', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.openApproval(approval());
    await recorded(inventory);
    await inventory.openApproval(approval({ personId: 'p-2' }));
    await inventory.openApproval(approval({ requestedAt: at(20), chain: 'c-2' }));
    expect(await inventory.listApprovals({})).toMatchObject([
      { personId: 'p-1', state: 'withdrawn', decisions: [{ decisionId: 'd-1' }] },
      { personId: 'p-2', state: 'open' },
      { personId: 'p-1', state: 'open', requestedAt: at(20), decisions: [] },
    ]);
  });

  test('decisions that have lapsed count no more, and their request is open again', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const { row } = await inventory.openApproval(approval());
    await recorded(inventory, 'approved');
    await inventory.lapseDecisions(row, { decisionIds: ['d-1'], at: at(9), deadline: at(59) });
    expect(await inventory.findApproval(key)).toEqual(approval({ deadline: at(59) }));
    await recorded(inventory, 'approved', { decisionId: 'd-2' });
    expect((await inventory.findApproval(key))?.decisions.map(({ decisionId }) => decisionId)).toEqual(['d-2']);
  });

  test('a submitted decision waits to be judged; why it was refused is kept', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const said = { decisionId: 'd-1', approvalId: 'ap-1', verdict: 'approve', actor: 'l-1' } as const;
    expect(await inventory.submitDecision('p-1', said, at(1))).toBe('submitted');
    expect(await inventory.submitDecision('p-1', { ...said, verdict: 'reject' }, at(1))).toBe('otherDecision');
    expect(await inventory.findSubmission('p-1', 'd-1')).toEqual({ decision: said });
    await inventory.endSubmission('p-1', 'd-1', 'it came late');
    expect(await inventory.findSubmission('p-1', 'd-1')).toEqual({ decision: said, refusal: 'it came late' });
    await inventory.submitDecision('p-1', said, at(2));
    expect(await inventory.findSubmission('p-1', 'd-1')).toEqual({ decision: said });
    await inventory.endSubmission('p-1', 'd-1', undefined);
    expect(await inventory.findSubmission('p-1', 'd-1')).toBeUndefined();
  });

  test('a grant is opened once and closed once', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.openGrant(grant());
    await inventory.openGrant(grant());
    await inventory.openGrant(grant({ since: at(2), because: 'a retry' }));
    expect(await inventory.listGrants({ open: true, limit: 10, offset: 0 })).toEqual([grant()]);
    await inventory.closeGrant('p-1', { kind: 'role', id: 'r-1' }, at(5));
    await inventory.closeGrant('p-1', { kind: 'role', id: 'r-1' }, at(6));
    await inventory.openGrant(grant());
    expect(await inventory.listGrants({ personId: 'p-1', limit: 10, offset: 0 })).toEqual([grant({ until: at(5) })]);
    expect(await inventory.listGrants({ open: true, limit: 10, offset: 0 })).toEqual([]);
  });

  test('a late repetition of a revocation leaves the second grant of the same entitlement open', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.openGrant(grant());
    await inventory.closeGrant('p-1', { kind: 'role', id: 'r-1' }, at(5));
    await inventory.openGrant(grant({ since: at(8), reason: 'request', because: 'ap-1' }));
    await inventory.closeGrant('p-1', { kind: 'role', id: 'r-1' }, at(5));
    expect(await inventory.listGrants({ limit: 10, offset: 0 })).toEqual([
      grant({ until: at(5) }),
      grant({ since: at(8), reason: 'request', because: 'ap-1' }),
    ]);
    expect(await inventory.listGrants({ open: false, limit: 10, offset: 0 })).toHaveLength(1);
    expect(await inventory.listGrants({ limit: 1, offset: 1 })).toMatchObject([{ since: at(8) }]);
  });

  test('a preexisting grant that Muster grants anew counts as granted from then on', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.openGrant(grant({ reason: 'preexisting' }));
    await inventory.openGrant(grant({ since: at(3) }));
    await inventory.openGrant(grant({ since: at(4), reason: 'preexisting' }));
    expect(await inventory.listGrants({ open: true, limit: 10, offset: 0 })).toEqual([grant({ since: at(3) })]);
  });
});
