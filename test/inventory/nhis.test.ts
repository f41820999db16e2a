import { describe, expect, test } from '@jest/globals';
import type { SyncSummary } from '../../domain/contracts.ts';
import type { KindStates, Nhi } from '../../domain/sync/kinds.ts';
import { openDatabases, type Fixture } from './backends.ts';
import { account, at } from './samples.ts';
import { noOddRows } from '../../domain/sync/oddRows.ts';

const everything = { limit: 100, offset: 0 };

const nhi = (id: string, change: Partial<Nhi> = {}): Nhi => ({
  id,
  kind: 'applicationKey',
  name: `Name of ${id}`,
  ownerAccountId: 'a-1',
  scopes: null,
  createdAt: at(0),
  last4: 'abcd',
  details: {},
  ...change,
});

const team = (id: string, change = {}) => ({ id, handle: id, name: `Team ${id}`, isManaged: false, ...change });
const member = (accountId: string, isAdmin = false) => ({ accountId, isAdmin });

/** A finished run that read these kinds. */
async function finishedRun({ inventory }: Fixture, runId: string, minute: number, kinds: KindStates): Promise<void> {
  const counts = { users: 0, serviceAccounts: 0, roles: 0, teams: 0, keys: 0, added: 0, removed: 0, changed: 0 };
  const summary: SyncSummary = { ...counts, complete: true, findings: 0, requests: 0, durationMs: 0, odd: noOddRows };
  await inventory.startSyncRun({ runId, depth: 'full', startedAt: at(minute) });
  await inventory.finishSyncRun({ runId, summary, at: at(minute + 1), kinds });
}

describe.each(await openDatabases())('on $name', ({ makeFixture }) => {
  test('identities are written where they are new or differ; a use within a day is no difference', async () => {
    await using fixture = await makeFixture();
    const { inventory, query } = fixture;
    const used = nhi('k-1', { lastUsedAt: '2026-01-05T08:00:00.000Z' });
    expect(await inventory.writeNhis([used, nhi('k-2')], at(1))).toEqual({ added: 2, changed: 0 });
    const before = await query('select * from nhis order by nhi_id');
    const later = [{ ...used, lastUsedAt: '2026-01-06T07:59:00.000Z' }, nhi('k-2')];
    expect(await inventory.writeNhis(later, at(2))).toEqual({ added: 0, changed: 0 });
    expect(await query('select * from nhis order by nhi_id')).toEqual(before);
    const dayLater = [{ ...used, lastUsedAt: '2026-01-06T08:00:00.000Z' }, nhi('k-2', { scopes: ['x'] })];
    expect(await inventory.writeNhis(dayLater, at(3))).toEqual({ added: 0, changed: 2 });
    expect(await inventory.writeNhis([used], at(2))).toEqual({ added: 0, changed: 0 });
  });

  test('service accounts, keys and tokens are one list, with what is known of their owners', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const robot = account('s-1', { name: 'deploy', isServiceAccount: true, roleIds: ['r-1'] });
    const owner = account('a-1', { status: 'disabled' });
    await inventory.writeAccounts({ scanId: 's', accounts: [robot, owner], seenAt: at(1) });
    const keys = [nhi('k-1'), nhi('k-2', { kind: 'serviceAccountKey', ownerAccountId: 's-1', scopes: ['x'] })];
    await inventory.writeNhis(keys, at(1));
    await inventory.setNhiOwner('s-1', 'p-1', at(2));
    await inventory.setNhiOwner('k-1', 'p-2', at(2));
    await inventory.setNhiOwner('k-1', undefined, at(3));
    const seen = { firstSeenAt: at(1), lastSeenAt: at(1) };
    expect(await inventory.listNhis(everything)).toEqual([
      { ...keys[0], ...seen, ownerEmail: 'a-1@example.com', ownerStatus: 'disabled' },
      {
        id: 's-1',
        kind: 'serviceAccount',
        name: 'deploy',
        details: { email: 's-1@example.com', status: 'active', roleIds: ['r-1'] },
        ...seen,
        ownerPersonId: 'p-1',
      },
      { ...keys[1], ...seen, ownerEmail: 's-1@example.com', ownerStatus: 'active' },
    ]);
    const ids = async (filter: object) => (await inventory.listNhis({ ...everything, ...filter })).map(({ id }) => id);
    expect(await ids({ kind: 'serviceAccount' })).toEqual(['s-1']);
    expect(await ids({ ownerPersonId: 'p-1' })).toEqual(['s-1']);
    expect(await ids({ ownerAccountId: 's-1' })).toEqual(['k-2']);
    expect(await ids({ limit: 1, offset: 1 })).toEqual(['s-1']);
    expect(await inventory.findNhi('k-2')).toMatchObject({ kind: 'serviceAccountKey' });
    expect(await inventory.serviceAccountIds()).toEqual(['s-1']);
  });

  test('a sweep closes what is missing of its kinds, of one owner, and of owners that are gone', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const robots = ['s-1', 's-2'].map((id) => account(id, { isServiceAccount: true }));
    await inventory.writeAccounts({ scanId: 's', accounts: robots, seenAt: at(1) });
    const robotKey = (id: string, ownerAccountId: string) => nhi(id, { kind: 'serviceAccountKey', ownerAccountId });
    const rows = [nhi('k-1'), nhi('k-2'), robotKey('k-3', 's-1'), robotKey('k-4', 's-1'), robotKey('k-5', 's-2')];
    await inventory.writeNhis(rows, at(1));
    await inventory.writeNhis([nhi('k-9')], at(5));
    const gone = async () =>
      (await inventory.listNhis({ ...everything, isThere: false }))
        .filter(({ id }) => id[0] === 'k')
        .map(({ id }) => id);
    const sweep = { seenIds: ['k-1'], readStartedAt: at(4), at: at(6) };
    expect(await inventory.sweepNhis({ ...sweep, kinds: ['applicationKey'] })).toEqual({ removed: 1 });
    expect(await gone()).toEqual(['k-2']);
    const owned = { ...sweep, kinds: ['serviceAccountKey'], ownerAccountId: 's-1', seenIds: ['k-3'] } as const;
    expect(await inventory.sweepNhis(owned)).toEqual({ removed: 1 });
    expect(await gone()).toEqual(['k-2', 'k-4']);
    await inventory.writeAccounts({ scanId: 's-2', accounts: robots.slice(0, 1), seenAt: at(7) });
    await inventory.sweepAccounts({ scanId: 's-2', scanStartedAt: at(7), at: at(8) });
    expect(await inventory.sweepOwnerlessNhis(['serviceAccountKey'], at(8))).toEqual({ removed: 1 });
    expect(await gone()).toEqual(['k-2', 'k-4', 'k-5']);
    expect(await inventory.writeNhis([nhi('k-2')], at(9))).toEqual({ added: 1, changed: 0 });
    expect(await gone()).toEqual(['k-4', 'k-5']);
  });

  test('last seen is when the kind was last read whole, and stays for what is not visible', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.writeNhis([nhi('k-1'), nhi('k-2', { kind: 'apiKey' })], at(1));
    const notVisible = { state: 'notVisible', permission: 'api_keys_read' } as const;
    await finishedRun(fixture, 'r-1', 5, { applicationKey: { state: 'complete' }, apiKey: notVisible });
    const seen = async () => (await inventory.listNhis(everything)).map(({ id, lastSeenAt }) => [id, lastSeenAt]);
    expect(await seen()).toEqual([
      ['k-2', at(1)],
      ['k-1', at(5)],
    ]);
    await inventory.sweepNhis({ kinds: ['applicationKey'], seenIds: [], readStartedAt: at(8), at: at(9) });
    await finishedRun(fixture, 'r-2', 8, { applicationKey: { state: 'complete' }, apiKey: notVisible });
    expect((await seen())[1]).toEqual(['k-1', at(5)]);
    expect(await inventory.standingKinds()).toEqual({
      last: { applicationKey: { state: 'complete' }, apiKey: notVisible },
      completeAt: { applicationKey: at(8) },
    });
  });

  test('memberships begin and end, also with their team, and nothing is written twice', async () => {
    await using fixture = await makeFixture();
    const { inventory, query } = fixture;
    const two = [team('t-1'), team('t-2')];
    expect(await inventory.writeTeams(two, at(1))).toEqual({ added: 2, changed: 0, removed: 0 });
    const write = (members: readonly ReturnType<typeof member>[], minute: number, teamId = 't-1') =>
      inventory.writeTeamMembers({ teamId, members, seenAt: at(minute) });
    await write([member('a-1')], 1, 't-2');
    expect(await write([member('a-1'), member('a-2', true)], 1)).toEqual({ added: 2, changed: 0, removed: 0 });
    const before = await query('select * from team_members order by team_id, account_id');
    expect(await write([member('a-2', true), member('a-1')], 2)).toEqual({ added: 0, changed: 0, removed: 0 });
    expect(await inventory.writeTeams(two, at(2))).toEqual({ added: 0, changed: 0, removed: 0 });
    expect(await query('select * from team_members order by team_id, account_id')).toEqual(before);
    expect(await write([member('a-2'), member('a-3')], 3)).toEqual({ added: 1, changed: 1, removed: 1 });
    // What was read before a membership began says nothing of it.
    expect(await write([member('a-2')], 2)).toMatchObject({ removed: 0 });
    expect(await inventory.writeTeams([team('t-1', { name: 'New' })], at(4))).toMatchObject({ changed: 1, removed: 1 });
    expect(await inventory.listTeams()).toMatchObject([
      { id: 't-1', name: 'New', members: 2 },
      { id: 't-2', goneAt: at(4), members: 0 },
    ]);
    expect(await inventory.listTeamMembers({ accountId: 'a-1', all: true })).toEqual([
      { teamId: 't-1', accountId: 'a-1', isAdmin: false, since: at(1), until: at(3) },
      { teamId: 't-2', accountId: 'a-1', isAdmin: false, since: at(1), until: at(4) },
    ]);
    expect(await inventory.listTeamMembers({ teamId: 't-1' })).toHaveLength(2);
  });

  test('a person is shown with since when each role and team is held, and what a role permits', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const role = { id: 'r-1', name: 'Standard', isManaged: true, permissions: ['dashboards_read'] };
    await inventory.writeRoles([role], at(0));
    await inventory.writeTeams([team('t-1')], at(0));
    await inventory.writeTeamMembers({ teamId: 't-1', members: [member('a-1')], seenAt: at(2) });
    for (const [minute, roleIds] of [
      [1, ['r-1', 'r-2']],
      [3, ['r-1']],
    ] as const) {
      await inventory.writeAccounts({ accounts: [account('a-1', { roleIds })], seenAt: at(minute) });
    }
    await inventory.bindAccount('p-1', 'a-1', at(4));
    await inventory.recordProgress({ personId: 'p-1', process: 'onboarding', phase: 'done', at: at(4) });
    expect((await inventory.personHistory('p-1'))?.held).toEqual([
      { kind: 'role', id: 'r-1', name: 'Standard', since: at(1), permissions: ['dashboards_read'] },
      { kind: 'team', id: 't-1', name: 't-1', since: at(2) },
      { kind: 'role', id: 'r-2', name: 'r-2', since: at(1), until: at(3) },
    ]);
  });

  test('a role that is no longer listed is gone, and comes back when it is listed again', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const [one, two] = ['r-1', 'r-2'].map((id) => ({ id, name: id, isManaged: false, permissions: [] }));
    await inventory.writeRoles([one!, two!], at(1));
    expect(await inventory.writeRoles([], at(2))).toEqual({ added: 0, changed: 0, removed: 0 });
    expect(await inventory.writeRoles([two!], at(3))).toEqual({ added: 0, changed: 0, removed: 1 });
    expect(await inventory.writeRoles([two!], at(4))).toEqual({ added: 0, changed: 0, removed: 0 });
    expect(await inventory.listRoles()).toMatchObject([{ id: 'r-1', goneAt: at(3) }, { id: 'r-2' }]);
    expect(await inventory.writeRoles([one!, two!], at(5))).toEqual({ added: 1, changed: 0, removed: 0 });
    expect((await inventory.listRoles())[0]).not.toHaveProperty('goneAt');
  });
});
