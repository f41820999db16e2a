import { describe, expect, test } from '@jest/globals';
import { openDatabases } from './backends.ts';
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
  test('an approval is opened once, decided once and closed once', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    for (let time = 0; time < 2; time += 1) await inventory.openApproval(approval());
    for (let time = 0; time < 2; time += 1) await inventory.recordDecision('p-1', decision);
    await inventory.recordDecision('p-1', { ...decision, verdict: 'reject' });
    expect(await inventory.listApprovals({ state: 'open' })).toEqual([approval({ decisions: [decision] })]);
    await inventory.closeApproval('p-1', 'ap-1', 'approved', at(6));
    await inventory.closeApproval('p-1', 'ap-1', 'approved', at(7));
    await inventory.closeApproval('p-1', 'ap-1', 'withdrawn', at(8));
    await inventory.openApproval(approval());
    expect(await inventory.listApprovals({ state: 'open' })).toEqual([]);
    expect(await inventory.listApprovals({ personId: 'p-1' })).toEqual([
      approval({ state: 'approved', closedAt: at(6), decisions: [decision] }),
    ]);
    expect(await inventory.listApprovals({ personId: 'p-2' })).toEqual([]);
  });

  test('the same access requested again later is a new request without the old decisions', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.openApproval(approval());
    await inventory.recordDecision('p-1', decision);
    await inventory.closeApproval('p-1', 'ap-1', 'rejected', at(6));
    await inventory.openApproval(approval({ requestedAt: at(20), deadline: at(59) }));
    expect(await inventory.listApprovals({})).toMatchObject([
      { state: 'rejected', decisions: [{ decisionId: 'd-1' }] },
      { state: 'open', requestedAt: at(20), decisions: [] },
    ]);
  });

  test('an open request ends when the same access is requested again', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.openApproval(approval());
    await inventory.openApproval(approval({ personId: 'p-2' }));
    await inventory.openApproval(approval({ requestedAt: at(20) }));
    const open = await inventory.listApprovals({ state: 'open' });
    expect(open.map(({ personId, requestedAt }) => [personId, requestedAt])).toEqual([
      ['p-2', at(1)],
      ['p-1', at(20)],
    ]);
  });

  test('an open approval is reassigned and keeps its decisions; a closed one stays as it was', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const others = { people: ['cto@example.com'], manager: false, quorum: 1, fallback: [] };
    await inventory.openApproval(approval({ privileged: ['Admin'], managerGone: 'HR names no manager' }));
    await inventory.recordDecision('p-1', decision);
    await inventory.reassignApproval('p-1', 'ap-1', others);
    const reassigned = approval({
      privileged: ['Admin'],
      managerGone: 'HR names no manager',
      approvers: others,
      decisions: [decision],
    });
    expect(await inventory.listApprovals({ state: 'open' })).toEqual([reassigned]);
    await inventory.closeApproval('p-1', 'ap-1', 'approved', at(6));
    await inventory.reassignApproval('p-1', 'ap-1', { ...others, people: ['p-1'] });
    expect(await inventory.listApprovals({})).toMatchObject([{ state: 'approved', approvers: others }]);
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
