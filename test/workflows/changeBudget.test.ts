import { expect, test } from '@jest/globals';
import { openDatadog } from '../../datadog/index.ts';
import type { DatadogClient } from '../../datadog/types.ts';
import { personWorkflowId, recheckSignal } from '../../domain/contracts.ts';
import { activeAccount, employ, readAccount } from '../support/employees.ts';
import { budgetOf } from '../support/changeBudget.ts';
import { eventually, hrEvent, inPhase, outcomeOf, type TestMuster } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { useDevServer } from '../support/onDevServer.ts';
import { heldBatch, decideHeld } from '../../client/operations/held.ts';

const server = useDevServer();
const admin = 'Datadog Admin Role';
let run = 0;
/** People of one test: their workflow ids are not another one's. */
const people = (count: number): string[] => {
  run += 1;
  return Array.from({ length: count }, (_, index) => `b${run}-${index}`);
};

const disabledOf = async ({ simulator }: TestMuster): Promise<number> =>
  (await officialClient(simulator).listAllUsers({ status: 'Disabled' })).length;

test('leavers above the budget are held when 60 leave in an hour, and a changed batch is refused', async () => {
  await using stage = await server.startMuster();
  const ids = people(60);
  for (const id of ids) await employ(stage, id);
  const leavers = ids.map((id) => hrEvent('leaver', id, { immediate: true }));
  for (const leaver of leavers) await stage.muster.submitEvent(leaver);
  await eventually(
    'all but the budget to be held',
    async () => (await stage.inventory.listHeld()).length === 55,
    60_000,
  );
  expect(await disabledOf(stage)).toBe(5);

  const asOperator = {
    client: server.client(),
    inventory: stage.inventory,
    actor: 'it@example.com',
    proof: 'claimed' as const,
  };
  const shown = await heldBatch(stage.inventory);
  const [urgent, rejected] = shown.held.map(({ personId }) => personId);
  await decideHeld(asOperator, { which: { personId: urgent ?? '' }, verdict: 'release', reason: 'urgent' });
  await decideHeld(asOperator, {
    which: { personId: rejected ?? '' },
    verdict: 'reject',
    reason: 'a mistake of HR',
  });
  await eventually('the urgent one to go', async () => (await disabledOf(stage)) === 6);
  const batch = { which: { batch: shown.batch }, verdict: 'release', reason: 'the site is closed' } as const;
  await expect(decideHeld(asOperator, batch)).rejects.toThrow(/batch has changed/);
  expect(await disabledOf(stage)).toBe(6);

  const { batch: current } = await heldBatch(stage.inventory);
  await decideHeld(asOperator, { ...batch, which: { batch: current } });
  await eventually('the batch to go', async () => (await disabledOf(stage)) === 59, 120_000);
  const said = await outcomeOf(stage, leavers.find(({ personId }) => personId === rejected) ?? leavers[0]!);
  expect(said).toMatchObject({ kind: 'cancelled', detail: expect.stringContaining('a mistake of HR') });
  const evidence = await stage.inventory.listEvidence({ personId: urgent ?? '', limit: 100, offset: 0 });
  expect(evidence.find(({ action }) => action === 'release held leaver')).toMatchObject({
    actor: 'it@example.com',
    proof: 'claimed',
    reason: 'urgent',
    before: { heldSince: expect.any(String) },
    after: { verdict: 'release' },
  });
}, 240_000);

test('a leave that is withdrawn while it is held changes nothing', async () => {
  await using stage = await server.startMuster({
    policy: (example) => ({ ...example, changeBudget: budgetOf(1) }),
  });
  const [first = '', second = ''] = people(2);
  await employ(stage, first);
  const accountId = await employ(stage, second);
  await stage.muster.submitEvent(hrEvent('leaver', first, { immediate: true }));
  await eventually('the first to go', async () => (await disabledOf(stage)) === 1);
  const leaver = hrEvent('leaver', second, { immediate: true });
  await stage.muster.submitEvent(leaver);
  const { blocked } = await inPhase(stage, second, 'held');
  expect(blocked?.advice).toContain(`leaver release ${second}`);
  await stage.muster.submitEvent(hrEvent('leaverRescinded', second, { at: new Date(Date.now() + 1_000) }));
  expect((await outcomeOf(stage, leaver)).kind).toBe('superseded');
  await eventually('nobody to be held', async () => (await stage.inventory.listHeld()).length === 0);
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: ['Datadog Read Only Role'] });
  expect((await stage.inventory.findPerson(second))?.employment).toBe('employed');
});

test('one of the last two administrators who leave at once stays until there is another', async () => {
  // Muster's key belongs to a service account, as it should: no person is an administrator by it.
  const other: { client?: DatadogClient } = {};
  await using stage = await server.startMuster({
    wrapDatadog: (datadog) => ({
      ...datadog,
      attempt: (options) => (other.client ?? datadog).attempt(options),
    }),
  });
  const { simulator } = stage;
  const [first = '', second = '', third = ''] = people(3);
  const accounts = [await employ(stage, first, { role: admin }), await employ(stage, second, { role: admin })];
  const official = officialClient(simulator);
  const adminRole = (await official.roles.listRoles({ pageSize: 100 })).data?.find(
    (one) => one.attributes?.name === admin,
  );
  const service = await official.serviceAccounts.createServiceAccount({
    body: {
      data: {
        type: 'users',
        attributes: { email: 'muster@example.com', serviceAccount: true },
        relationships: { roles: { data: [{ id: adminRole?.id ?? '', type: 'roles' }] } },
      },
    },
  });
  const made = await official.serviceAccounts.createServiceAccountApplicationKey({
    serviceAccountId: service.data?.id ?? '',
    body: { data: { type: 'application_keys', attributes: { name: 'muster' } } },
  });
  const keys = { apiKey: simulator.apiKey, appKey: made.data?.attributes?.key ?? '' };
  await using client = openDatadog({ baseUrl: simulator.url, keys: () => keys });
  other.client = client;
  simulator.disable(simulator.users().find(({ email }) => email === 'admin@example.com')?.id ?? '');

  const leavers = [first, second].map((id) => hrEvent('leaver', id, { immediate: true }));
  for (const leaver of leavers) await stage.muster.submitEvent(leaver);
  const read = (id: string) => client.attempt().getAccount(id);
  const active = async () =>
    (await Promise.all(accounts.map(read))).filter((account) => account?.status === 'active').length;
  const phases = () => Promise.all([first, second].map(async (id) => (await stage.muster.status(id))?.phase));
  await eventually(
    'one to be blocked and the other to be gone',
    async () => (await phases()).includes('blocked') && (await active()) === 1,
  );
  const blocked = (await phases())[0] === 'blocked' ? first : second;
  expect((await stage.muster.status(blocked))?.blocked?.advice).toContain('last active person');

  // Another administrator: the one that waited goes.
  const account = await client.attempt().createAccount({ email: `${third}@example.com` });
  await client.attempt().sendInvitation(account.id);
  simulator.accept(account.id);
  await client.attempt().assign(account.id, { kind: 'role', id: adminRole?.id ?? '', name: admin });
  await server.client().workflow.getHandle(personWorkflowId(blocked)).signal(recheckSignal);
  await eventually('the last one to go', async () => (await active()) === 0);
  for (const leaver of leavers) expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
}, 120_000);

test('an emergency account and the owner of the key are never disabled, and the process says why', async () => {
  const [emergency = '', owner = ''] = people(2);
  await using stage = await server.startMuster({
    policy: (example) => ({
      ...example,
      protection: { emergencyAccounts: [`${emergency}@example.com`.toUpperCase()] },
    }),
  });
  const accountId = await employ(stage, emergency);
  await stage.muster.submitEvent(hrEvent('leaver', emergency, { immediate: true }));
  expect((await inPhase(stage, emergency, 'blocked')).blocked?.advice).toContain('emergencyAccounts');
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active' });

  const ownId = stage.simulator.users().find(({ email }) => email === 'admin@example.com')?.id ?? '';
  await stage.inventory.bindAccount(owner, ownId, new Date().toISOString());
  await stage.muster.submitEvent(hrEvent('leaver', owner, { immediate: true, person: { email: 'admin@example.com' } }));
  expect((await inPhase(stage, owner, 'blocked')).blocked?.advice).toContain('application key');
  expect(await readAccount(stage, ownId)).toMatchObject({ status: 'Active' });
});

test('a service account and a stranger with an old address are not touched', async () => {
  await using stage = await server.startMuster();
  const [leaver = ''] = people(1);
  const accountId = await employ(stage, leaver);
  const official = officialClient(stage.simulator);
  const service = await official.serviceAccounts.createServiceAccount({
    body: { data: { type: 'users', attributes: { email: `${leaver}@example.com`, serviceAccount: true } } },
  });
  const event = hrEvent('leaver', leaver, { immediate: true });
  await stage.muster.submitEvent(event);
  expect((await outcomeOf(stage, event)).kind).toBe('completed');
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
  expect(await readAccount(stage, service.data?.id ?? '')).toMatchObject({ status: 'Active' });
  expect(await activeAccount(stage.simulator, 'other@example.com')).not.toBe(accountId);
});
