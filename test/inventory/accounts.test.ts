import { describe, expect, test } from '@jest/globals';
import type { SyncSummary } from '../../domain/contracts.ts';
import { openDatabases } from './backends.ts';
import { account, at } from './samples.ts';
import { noOddRows } from '../../domain/sync/oddRows.ts';

const everything = { limit: 100, offset: 0 };

describe.each(await openDatabases())('on $name', ({ dialect, makeFixture }) => {
  test('a scan writes what is new or differs and leaves the rest alone', async () => {
    await using fixture = await makeFixture();
    const { inventory, query } = fixture;
    const accounts = [account('a-1'), account('a-2', { roleIds: ['r-2', 'r-1'] })];
    expect(await inventory.writeAccounts({ scanId: 's-1', accounts, seenAt: at(1) })).toEqual({ added: 2, changed: 0 });
    const before = await query('select * from accounts order by account_id');
    const again = [account('a-1'), account('a-2', { roleIds: ['r-1', 'r-2'] })];
    expect(await inventory.writeAccounts({ scanId: 's-2', accounts: again, seenAt: at(2) })).toEqual({
      added: 0,
      changed: 0,
    });
    await inventory.sweepAccounts({ scanId: 's-2', scanStartedAt: at(2), at: at(3) });
    expect(await query('select * from accounts order by account_id')).toEqual(before);
    const changed = [account('a-1', { status: 'disabled' }), again[1]!];
    expect(await inventory.writeAccounts({ scanId: 's-3', accounts: changed, seenAt: at(4) })).toEqual({
      added: 0,
      changed: 1,
    });
  });

  test('last seen is the time of the last whole scan, without a write to the row', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const accounts = [account('a-1')];
    await inventory.writeAccounts({ scanId: 's-1', accounts, seenAt: at(1) });
    await inventory.sweepAccounts({ scanId: 's-1', scanStartedAt: at(1), at: at(2) });
    await inventory.writeAccounts({ scanId: 's-2', accounts, seenAt: at(8) });
    await inventory.sweepAccounts({ scanId: 's-2', scanStartedAt: at(8), at: at(9) });
    expect(await inventory.listAccounts(everything)).toMatchObject([{ firstSeenAt: at(1), lastSeenAt: at(8) }]);
  });

  test('a sweep closes what its scan did not see, once, and a repetition says the same', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const three = [account('a-1'), account('a-2'), account('a-3')];
    await inventory.writeAccounts({ scanId: 's-1', accounts: three, seenAt: at(1) });
    expect(await inventory.sweepAccounts({ scanId: 's-1', scanStartedAt: at(1), at: at(2) })).toMatchObject({
      removed: 0,
    });
    await inventory.writeAccounts({ scanId: 's-2', accounts: three.slice(0, 1), seenAt: at(5) });
    await inventory.writeAccounts({ scanId: 's-2', accounts: three.slice(1, 2), seenAt: at(6) });
    expect(await inventory.sweepAccounts({ scanId: 's-2', scanStartedAt: at(4), at: at(7) })).toMatchObject({
      removed: 1,
    });
    expect(await inventory.sweepAccounts({ scanId: 's-2', scanStartedAt: at(4), at: at(9) })).toMatchObject({
      removed: 1,
    });
    const listed = await inventory.listAccounts(everything);
    expect(listed.map(({ id, goneAt }) => [id, goneAt])).toEqual([
      ['a-1', undefined],
      ['a-2', undefined],
      ['a-3', at(7)],
    ]);
    expect(listed[2]?.lastSeenAt).toBe(at(1));
    const ids = async (status: string) => (await inventory.listAccounts({ ...everything, status })).map(({ id }) => id);
    expect(await ids('active')).toEqual(['a-1', 'a-2']);
    expect(await ids('gone')).toEqual(['a-3']);
  });

  test('a sweep spares what was written since its scan began', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.writeAccounts({ scanId: 's-1', accounts: [account('a-1'), account('a-2')], seenAt: at(1) });
    await inventory.writeAccounts({ scanId: 's-2', accounts: [account('a-1')], seenAt: at(5) });
    await inventory.writeAccounts({ scanId: 'process', accounts: [account('a-9')], seenAt: at(6) });
    expect(await inventory.sweepAccounts({ scanId: 's-2', scanStartedAt: at(4), at: at(7) })).toMatchObject({
      removed: 1,
    });
    const listed = await inventory.listAccounts(everything);
    expect(listed.filter(({ goneAt }) => goneAt === undefined).map(({ id }) => id)).toEqual(['a-1', 'a-9']);
  });

  test('a scan that saw nothing closes nothing', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.writeAccounts({ scanId: 's-1', accounts: [account('a-1')], seenAt: at(1) });
    await inventory.writeAccounts({ scanId: 's-2', accounts: [], seenAt: at(5) });
    expect(await inventory.sweepAccounts({ scanId: 's-2', scanStartedAt: at(4), at: at(7) })).toMatchObject({
      removed: 0,
    });
    expect(await inventory.sweepAccounts({ scanId: 'never ran', scanStartedAt: at(4), at: at(7) })).toMatchObject({
      removed: 0,
    });
    expect((await inventory.listAccounts(everything))[0]).not.toHaveProperty('goneAt');
  });

  test('an account that comes back is open again and counts as added', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const both = [account('a-1'), account('a-2')];
    await inventory.writeAccounts({ scanId: 's-1', accounts: both, seenAt: at(1) });
    await inventory.writeAccounts({ scanId: 's-2', accounts: both.slice(0, 1), seenAt: at(3) });
    await inventory.sweepAccounts({ scanId: 's-2', scanStartedAt: at(2), at: at(4) });
    expect(await inventory.writeAccounts({ scanId: 's-3', accounts: both, seenAt: at(6) })).toEqual({
      added: 1,
      changed: 0,
    });
    expect((await inventory.listAccounts(everything))[1]).not.toHaveProperty('goneAt');
  });

  test('a reading from before the last write of a row does not change it', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.writeAccounts({ scanId: 'p', accounts: [account('a-1', { status: 'disabled' })], seenAt: at(5) });
    const late = { scanId: 's-1', accounts: [account('a-1')], seenAt: at(4) };
    expect(await inventory.writeAccounts(late)).toEqual({ added: 0, changed: 0 });
    expect(await inventory.listAccounts(everything)).toMatchObject([{ status: 'disabled' }]);
  });

  test('roles gained and lost are kept with their times', async () => {
    await using fixture = await makeFixture();
    const { inventory, query } = fixture;
    const seen = (roleIds: readonly string[], minute: number) =>
      inventory.writeAccounts({
        scanId: `s-${minute}`,
        accounts: [account('a-1', { roleIds }), account('a-2', { roleIds: [] })],
        seenAt: at(minute),
      });
    await seen(['r-1', 'r-2'], 1);
    await seen(['r-1', 'r-2'], 1);
    await seen(['r-2', 'r-3'], 2);
    await seen(['r-1', 'r-2'], 3);
    await inventory.writeAccounts({ scanId: 'last', accounts: [account('a-2', { roleIds: [] })], seenAt: at(5) });
    await inventory.sweepAccounts({ scanId: 'last', scanStartedAt: at(4), at: at(6) });
    expect(await query('select role_id, since, until from account_roles order by role_id, since')).toEqual([
      { role_id: 'r-1', since: at(1), until: at(2) },
      { role_id: 'r-1', since: at(3), until: at(6) },
      { role_id: 'r-2', since: at(1), until: at(6) },
      { role_id: 'r-3', since: at(2), until: at(3) },
    ]);
  });

  test('accounts are listed by e-mail with the names of their roles, filtered and searched', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.writeRoles([{ id: 'r-1', name: 'Standard', isManaged: true, permissions: [] }], at(0));
    const accounts = [
      account('a-3', { email: 'Zoë@example.com', handle: 'z', name: 'Zoë 100%' }),
      account('a-1', { email: 'b_c@example.com', roleIds: ['r-1', 'r-2'], mfaEnabled: true }),
      account('a-2', { email: 'A@example.com', status: 'pending', isServiceAccount: true }),
    ];
    await inventory.writeAccounts({ scanId: 's-1', accounts, seenAt: at(1) });
    await inventory.bindAccount('p-1', 'a-1', at(2));
    const ids = async (filter: { status?: string; serviceAccounts?: boolean; search?: string }) =>
      (await inventory.listAccounts({ ...everything, ...filter })).map(({ id }) => id);
    expect(await ids({})).toEqual(['a-2', 'a-1', 'a-3']);
    expect(await ids({ status: 'pending' })).toEqual(['a-2']);
    expect(await ids({ serviceAccounts: false })).toEqual(['a-1', 'a-3']);
    expect(await ids({ search: 'ZOË' })).toEqual(['a-3']);
    expect(await ids({ search: '0%' })).toEqual(['a-3']);
    expect(await ids({ search: 'b_c' })).toEqual(['a-1']);
    expect(await ids({ search: '_@' })).toEqual([]);
    expect(await inventory.listAccounts({ limit: 1, offset: 1 })).toEqual([
      {
        ...accounts[1],
        firstSeenAt: at(1),
        lastSeenAt: at(1),
        personId: 'p-1',
        roleNames: ['Standard', 'r-2'],
      },
    ]);
  });

  test('roles are written where they are new or differ', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const role = { id: 'r-1', name: 'Standard', isManaged: false, permissions: ['a', 'b'] };
    expect(await inventory.writeRoles([role], at(1))).toEqual({ added: 1, changed: 0, removed: 0 });
    expect(await inventory.writeRoles([{ ...role, permissions: ['b', 'a'] }], at(2))).toEqual({
      added: 0,
      changed: 0,
      removed: 0,
    });
    expect(await inventory.writeRoles([{ ...role, name: 'Basic' }], at(3))).toEqual({
      added: 0,
      changed: 1,
      removed: 0,
    });
    expect(await inventory.writeRoles([role], at(2))).toEqual({ added: 0, changed: 0, removed: 0 });
  });

  test('a sync run has one start and one end; one that was never started leaves no trace', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const counts = { users: 1, serviceAccounts: 0, roles: 0, teams: 0, keys: 0, added: 0, removed: 0, changed: 0 };
    const summary: SyncSummary = { ...counts, complete: true, findings: 0, requests: 2, durationMs: 5, odd: noOddRows };
    await inventory.startSyncRun({ runId: 'one', depth: 'full', startedAt: at(1) });
    await inventory.startSyncRun({ runId: 'one', depth: 'full', startedAt: at(2) });
    await inventory.startSyncRun({ runId: 'two', depth: 'full', startedAt: at(3) });
    const kinds = {
      accounts: { state: 'incomplete', reason: 'cut short' },
      apiKey: { state: 'notVisible', permission: 'api_keys_read' },
      roles: { state: 'complete' },
    } as const;
    await inventory.finishSyncRun({ runId: 'one', summary, at: at(4), reason: 'cut short', kinds });
    await inventory.finishSyncRun({ runId: 'one', summary: { ...summary, users: 9 }, at: at(5), kinds: {} });
    await inventory.finishSyncRun({ runId: 'light', summary, at: at(5), kinds });
    expect(await inventory.listSyncRuns(10)).toEqual([
      { runId: 'two', depth: 'full', startedAt: at(3), kinds: {} },
      { runId: 'one', depth: 'full', startedAt: at(1), finishedAt: at(4), summary, reason: 'cut short', kinds },
    ]);
    expect(await inventory.standingKinds()).toEqual({ last: kinds, completeAt: { roles: at(1) } });
    expect(await inventory.listSyncRuns(1)).toHaveLength(1);
  });

  test('a page of 1,000 accounts prints its duration', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const accounts = Array.from({ length: 1_000 }, (_, index) => account(`a-${index}`, { roleIds: ['r-1', 'r-2'] }));
    const timed = async (scanId: string) => {
      const start = performance.now();
      const written = await inventory.writeAccounts({ scanId, accounts, seenAt: at(1) });
      return { written, ms: Math.round(performance.now() - start) };
    };
    const [fresh, unchanged] = [await timed('s-1'), await timed('s-2')];
    process.stdout.write(`${dialect}: 1,000 accounts, new ${fresh.ms} ms, unchanged ${unchanged.ms} ms\n`);
    expect(fresh.written).toEqual({ added: 1_000, changed: 0 });
    expect(unchanged.written).toEqual({ added: 0, changed: 0 });
  });
});
