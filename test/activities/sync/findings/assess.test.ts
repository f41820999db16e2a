import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createFindingActivities, type Assessment } from '../../../../activities/sync/findings/index.ts';
import { loadPolicy } from '../../../../policy/file.ts';
import { examplePolicyPath } from '../../../../config/config.ts';
import type { FindingKind } from '../../../../domain/findings/catalog.ts';
import { syncKinds, type KindStates } from '../../../../domain/sync/kinds.ts';
import type { HrEvent } from '../../../../domain/model.ts';
import type { Policy } from '../../../../domain/policy/rules.ts';
import { openDatabases, type Fixture } from '../../../inventory/backends.ts';
import { account, finished, grant, joiner } from '../../../inventory/samples.ts';

const whole: KindStates = Object.fromEntries(syncKinds.map((kind) => [kind, { state: 'complete' }]));
const hourMs = 3_600_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
const role = (id: string, name: string, permissions: readonly string[] = []) => ({
  id,
  name,
  isManaged: true,
  permissions,
});

describe.each(await openDatabases())('an assessment on $name', ({ makeFixture }) => {
  let fixture: Fixture;
  let submitted: HrEvent[];
  let policy: Policy;
  beforeEach(async () => {
    fixture = await makeFixture();
    submitted = [];
    policy = await loadPolicy(examplePolicyPath, { datadogIsSimulator: true });
    const { inventory } = fixture;
    const roles = [
      role('r-read', 'Datadog Read Only Role'),
      role('r-admin', 'Datadog Admin Role', ['user_access_manage']),
    ];
    await inventory.writeRoles(roles, ago(2 * hourMs));
  });
  afterEach(async () => fixture[Symbol.asyncDispose]());

  /** As if a sync had begun an hour ago, before which everything in these tests happened. */
  async function assess(change: { states?: KindStates; runId?: string; startedAt?: string } = {}): Promise<Assessment> {
    const signals = {
      submit: async (event: HrEvent) => void submitted.push(event),
      activated: async () => true,
      look: async () => undefined,
      hasOpenRun: async () => false,
    };
    const unused = undefined as never;
    const { assess } = createFindingActivities({
      inventory: fixture.inventory,
      policy: () => policy,
      signals,
      datadog: unused,
      notify: unused,
      engine: unused,
      importRosters: unused,
      fetchRecord: unused,
      attestations: unused,
      keys: unused,
    });
    const input = { runId: 'run-1', startedAt: ago(hourMs), states: whole, ...change };
    return new MockActivityEnvironment({ attempt: 1 }).run(assess, input) as Promise<Assessment>;
  }

  async function openKinds(): Promise<readonly [FindingKind, string][]> {
    const rows = await fixture.inventory.listFindings({ state: 'open', limit: 100, offset: 0 }, ago(0));
    const pairs = rows.map(({ kind, name }): [FindingKind, string] => [kind, name]);
    return pairs.toSorted((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1));
  }

  async function employ(personId: string, accountId: string, roleIds: readonly string[]): Promise<void> {
    const { inventory } = fixture;
    const person = { email: `${accountId}@example.com`, name: `Name of ${accountId}` };
    await inventory.bindAccount(personId, accountId, ago(3 * hourMs));
    const hire = joiner(`j-${personId}`, { personId, person, occurredAt: ago(3 * hourMs) });
    await finished(inventory, [hire], { outcome: { kind: 'completed', parts: [] }, at: ago(2 * hourMs) });
    const lastLoginAt = ago(hourMs);
    await inventory.writeAccounts({
      accounts: [account(accountId, { roleIds, lastLoginAt })],
      seenAt: ago(hourMs / 2),
    });
  }

  test('uncorrelated accounts are one summary, or listed singly in a domain with a complete roster', async () => {
    const { inventory } = fixture;
    await employ('p-1', 'a-1', ['r-read']);
    const strays = [account('s-1'), account('s-2'), account('s-3', { email: 's@partner.example' })];
    await inventory.writeAccounts({ accounts: [...strays, account('off', { status: 'disabled' })], seenAt: ago(0) });
    await assess();
    expect(await openKinds()).toEqual([['uncorrelatedAccounts', '3 accounts']]);

    await inventory.bindAlias(
      { source: 'hr', externalId: 'x-1', email: 'a-1@example.com' },
      { newId: 'n', at: ago(0) },
    );
    await inventory.noteAbsences({ source: 'hr', roster: 'people.csv', absent: [], at: ago(0) });
    await assess();
    expect(await openKinds()).toEqual([
      ['uncorrelatedAccount', 's-1@example.com'],
      ['uncorrelatedAccount', 's-2@example.com'],
      ['uncorrelatedAccounts', '1 accounts'],
    ]);
  });

  test('an account that was a person’s and is nobody’s now is orphaned', async () => {
    await employ('p-1', 'a-1', ['r-read']);
    await fixture.inventory.openGrant(grant({ id: 'r-read', accountId: 'a-0' }));
    await fixture.inventory.writeAccounts({ accounts: [account('a-0', { roleIds: [] })], seenAt: ago(0) });
    await assess();
    expect(await openKinds()).toEqual([['orphanedAccount', 'a-0@example.com']]);
  });

  test('no finding opens or closes for people whose process runs or ended during the sync', async () => {
    const { inventory } = fixture;
    await employ('p-1', 'a-1', []);
    await assess();
    expect(await openKinds()).toEqual([['driftMissing', 'a-1@example.com: role Datadog Read Only Role']]);

    const progress = { personId: 'p-1', process: 'roleChange', phase: 'changing', at: ago(0) } as const;
    await inventory.recordProgress(progress);
    await inventory.writeAccounts({ accounts: [account('a-1', { roleIds: ['r-read'] })], seenAt: ago(0) });
    expect(await assess()).toMatchObject({ opened: 0, closed: 0 });
    await inventory.recordProgress({ ...progress, phase: 'scheduled', at: ago(-1) });
    expect(await assess({ startedAt: ago(3 * hourMs) })).toMatchObject({ opened: 0, closed: 0 });
    expect(await assess()).toMatchObject({ opened: 0, closed: 1 });
  });

  test('a privileged role is a finding until an approval is on record', async () => {
    const { inventory } = fixture;
    await employ('p-1', 'a-1', ['r-read', 'r-admin']);
    await assess();
    expect((await openKinds()).map(([kind]) => kind)).toEqual(['driftExcess', 'privilegedWithoutApproval']);
    const given = grant({ accountId: 'a-1', id: 'r-admin', name: 'Datadog Admin Role', since: ago(2 * hourMs) });
    await inventory.openGrant({ ...given, reason: 'request' });
    await assess();
    expect((await openKinds()).map(([kind]) => kind)).toEqual(['driftExcess']);
  });

  test('keys are judged with their owners; those that the key cannot see stay as they were', async () => {
    const { inventory } = fixture;
    await inventory.writeAccounts({ accounts: [account('a-1', { status: 'disabled' })], seenAt: ago(0) });
    const key = {
      id: 'k-1',
      kind: 'apiKey',
      name: 'old',
      ownerAccountId: 'a-1',
      details: {},
      createdAt: ago(hourMs),
    } as const;
    await inventory.writeNhis([key], ago(0));
    await assess({ states: { ...whole, apiKey: { state: 'notVisible', permission: 'api_keys_read' } } });
    expect(await openKinds()).toEqual([]);
    await assess();
    expect(await openKinds()).toEqual([['apiKeyCreatorDisabled', 'old']]);
    const sweep = { kinds: ['apiKey'], seenIds: [], readStartedAt: ago(-1), at: ago(-1) } as const;
    await inventory.sweepNhis(sweep);
    await assess({ states: { ...whole, apiKey: { state: 'incomplete', reason: 'torn' } } });
    expect(await openKinds()).toHaveLength(1);
    await assess();
    expect(await openKinds()).toEqual([]);
  });

  test('drift is submitted only where the policy says so, and never in observe mode', async () => {
    await employ('p-1', 'a-1', []);
    expect(await assess()).toMatchObject({ repaired: 0 });
    policy = { ...policy, mode: 'observe', sync: { ...policy.sync, drift: 'repair' } };
    expect(await assess()).toMatchObject({ repaired: 0 });
    policy = { ...policy, mode: 'enforce' };
    expect(await assess()).toMatchObject({ repaired: 1 });
    expect(submitted).toMatchObject([{ eventId: 'repair:run-1:p-1', kind: 'reconcile', source: 'sync' }]);
    const [finding] = await fixture.inventory.listFindings({ kind: 'driftMissing', limit: 1, offset: 0 }, ago(0));
    const mute = { until: ago(-hourMs), reason: 'known', at: ago(0) };
    expect(await fixture.inventory.muteFinding(finding?.id ?? '', mute)).toMatchObject({ after: { state: 'muted' } });
    expect(await assess({ runId: 'run-2' })).toMatchObject({ repaired: 0, findings: 0 });
    const open = { kind: 'driftMissing', state: 'open', limit: 1, offset: 0 } as const;
    expect(await fixture.inventory.listFindings(open, ago(0))).toEqual([]);
    expect(await fixture.inventory.listFindings(open, ago(-2 * hourMs))).toMatchObject([{ id: finding?.id }]);
  });

  test('a person absent from complete rosters is missing from HR until HR names them or they leave', async () => {
    const { inventory } = fixture;
    const people = ['p-1', 'p-2', 'p-3'];
    for (const personId of people) await employ(personId, `a-${personId}`, ['r-read']);
    const missing = async () => {
      await assess();
      const filter = { kind: 'missingFromHr', state: 'open', limit: 10, offset: 0 } as const;
      const rows = await inventory.listFindings(filter, ago(0));
      return rows.toSorted((a, b) => ((a.personId ?? '') < (b.personId ?? '') ? -1 : 1));
    };
    const roster = (absent: readonly string[], at: string) =>
      inventory.noteAbsences({ source: 'hr', roster: `${at}.csv`, absent, at });
    const first = ago(2 * hourMs);
    await roster(people, first);
    await roster(people, ago(hourMs));
    const rows = await missing();
    expect(rows.map(({ personId, since }) => [personId, since])).toEqual(people.map((id) => [id, first]));
    const evidence = { source: 'hr', missingSince: first, roster: `${first}.csv`, employment: 'employed' };
    expect(rows).toMatchObject(people.map((id) => ({ accountId: `a-${id}`, severity: 'medium', evidence })));
    const ids = rows.map(({ id }) => id);

    await roster(['p-2', 'p-3'], ago(hourMs / 2));
    expect((await missing()).map(({ id }) => id)).toEqual(ids.slice(1));
    const hire = joiner('e-2', { personId: 'p-2', occurredAt: ago(60_000), person: { email: 'a-p-2@example.com' } });
    await finished(inventory, [hire], { at: ago(60_000) });
    expect((await missing()).map(({ id }) => id)).toEqual(ids.slice(2));
    const mute = { until: ago(-hourMs), reason: 'on parental leave', at: ago(0) };
    await inventory.muteFinding(ids[2] ?? '', mute);
    expect(await missing()).toEqual([]);
    const leaver = joiner('l-3', { personId: 'p-3', kind: 'leaver', occurredAt: ago(0) });
    await finished(inventory, [leaver], { employment: 'left', at: ago(0) });
    expect(await missing()).toEqual([]);
    const all = await inventory.listFindings({ kind: 'missingFromHr', state: 'closed', limit: 10, offset: 0 }, ago(0));
    expect(all.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  });

  test('an assessment that finds nothing new writes nothing', async () => {
    await employ('p-1', 'a-1', []);
    await fixture.inventory.writeAccounts({ accounts: [account('s-1'), account('s-2')], seenAt: ago(0) });
    await assess();
    const rows = () => fixture.query('select * from findings order by finding_id');
    const before = await rows();
    expect(await assess()).toMatchObject({ opened: 0, closed: 0, findings: before.length });
    expect(await rows()).toEqual(before);
  });
});
