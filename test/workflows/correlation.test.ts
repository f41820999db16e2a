import { expect, test } from '@jest/globals';
import { openDatadog } from '../../datadog/index.ts';
import { activeAccount, employ, readAccount } from '../support/employees.ts';
import { eventually, hrEvent, inPhase, outcomeOf, type TestMuster } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { useDevServer } from '../support/onDevServer.ts';
import { linkAccount, unlinkAccount } from '../../client/operations/links.ts';

const server = useDevServer();
const readOnly = 'Datadog Read Only Role';
const standard = 'Datadog Standard Role';

const handsOn = ({ inventory }: TestMuster) => ({
  client: server.client(),
  inventory,
  actor: 'it@example.com',
  proof: 'claimed' as const,
});

async function link(stage: TestMuster, personId: string, accountId: string) {
  const { url, apiKey, appKey } = stage.simulator;
  await using client = openDatadog({ baseUrl: url, keys: () => ({ apiKey, appKey }) });
  return await linkAccount(handsOn(stage), client.attempt(), { personId, accountId });
}

test("a new hire with a colleague's old address waits; the colleague keeps the account", async () => {
  await using stage = await server.startMuster();
  const colleague = await employ(stage, 'c1-old', { person: { email: 'sam@example.com' } });
  const official = officialClient(stage.simulator);
  await official.users.updateUser({
    userId: colleague,
    body: { data: { id: colleague, type: 'users', attributes: { email: 'sam.oak@example.com' } } },
  });
  const joiner = hrEvent('joiner', 'c1-new', { person: { email: 'sam@example.com', department: 'Engineering' } });
  await stage.muster.submitEvent(joiner);
  const { blocked } = await inPhase(stage, 'c1-new', 'blocked');
  expect(blocked).toMatchObject({
    reason: expect.stringContaining(`account ${colleague} has this person's e-mail as its handle`),
    advice: expect.stringContaining('person link c1-new'),
  });
  expect(await readAccount(stage, colleague)).toMatchObject({ email: 'sam.oak@example.com', roles: [readOnly] });
  await expect(link(stage, 'c1-new', colleague)).rejects.toThrow(/bound to person c1-old/);

  // Somebody made them an account under another address.
  const made = await activeAccount(stage.simulator, 'sam.new@example.com');
  await link(stage, 'c1-new', made);
  expect((await outcomeOf(stage, joiner)).kind).toBe('partiallyCompleted');
  expect(await readAccount(stage, made)).toMatchObject({ status: 'Active', roles: [readOnly, standard] });
  expect(await readAccount(stage, colleague)).toMatchObject({ email: 'sam.oak@example.com', roles: [readOnly] });
  const evidence = await stage.inventory.listEvidence({ personId: 'c1-new', limit: 100, offset: 0 });
  expect(evidence.find(({ action }) => action === 'link account')).toMatchObject({ actor: 'it@example.com' });
});

test('a person with an account gets no other before it is unlinked, and its access is left alone', async () => {
  await using stage = await server.startMuster();
  const first = await employ(stage, 'c9');
  const second = await employ(stage, 'c9-other', { role: standard });
  await stage.inventory.unlinkAccount('c9-other');
  await expect(link(stage, 'c9', second)).rejects.toThrow(`Person c9 has account ${first}: nothing is changed`);
  await stage.inventory.openGrant({
    ...{ personId: 'c9', accountId: first, kind: 'role', name: standard, reason: 'birthright' },
    id: stage.simulator.users().find(({ id }) => id === second)?.roleIds[0] ?? '',
    since: new Date().toISOString(),
  });
  await stage.inventory.unlinkAccount('c9');
  await link(stage, 'c9', second);
  const mover = hrEvent('mover', 'c9', { person: { department: 'Sales' } });
  await stage.muster.submitEvent(mover);
  const { parts } = await outcomeOf(stage, mover);
  expect(parts).toContainEqual(
    expect.objectContaining({ part: `role ${standard}`, detail: expect.stringContaining('excess') }),
  );
  expect((await readAccount(stage, second)).roles).toEqual([readOnly, standard]);
});

test('an account with an e-mail that HR never sent is given nothing before a person has said so', async () => {
  await using stage = await server.startMuster();
  const accountId = await employ(stage, 'c2');
  const official = officialClient(stage.simulator);
  const rename = (email: string) =>
    official.users.updateUser({
      userId: accountId,
      body: { data: { id: accountId, type: 'users', attributes: { email } } },
    });
  await rename('somebody.else@example.com');
  const mover = hrEvent('mover', 'c2', { person: { department: 'Engineering' } });
  await stage.muster.submitEvent(mover);
  expect((await inPhase(stage, 'c2', 'blocked')).blocked?.reason).toContain('neither');
  expect(await readAccount(stage, accountId)).toMatchObject({ roles: [readOnly] });
  await link(stage, 'c2', accountId);
  expect((await outcomeOf(stage, mover)).kind).toBe('completed');
  expect(await readAccount(stage, accountId)).toMatchObject({ email: 'c2@example.com', roles: [readOnly, standard] });
});

test('two people who swap their addresses keep each their own account and access', async () => {
  await using stage = await server.startMuster();
  const [ada, bob] = [await employ(stage, 'c3-ada'), await employ(stage, 'c3-bob')];
  const swap = [
    hrEvent('mover', 'c3-ada', { person: { email: 'c3-bob@example.com', department: 'Engineering' } }),
    hrEvent('mover', 'c3-bob', { person: { email: 'c3-ada@example.com', department: 'Sales' } }),
  ];
  for (const mover of swap) await stage.muster.submitEvent(mover);
  for (const mover of swap) {
    const { kind, detail } = await outcomeOf(stage, mover);
    expect(kind).toBe('partiallyCompleted');
    expect(detail).toMatch(/update email \(.*(another account.*keeps its old e-mail|is that of person c3-)/);
  }
  expect(await readAccount(stage, ada)).toMatchObject({ status: 'Active', roles: [readOnly, standard] });
  expect(await readAccount(stage, bob)).toMatchObject({ status: 'Active', roles: [readOnly] });
  const leaver = hrEvent('leaver', 'c3-bob', { immediate: true });
  await stage.muster.submitEvent(leaver);
  expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
  expect(await readAccount(stage, bob)).toMatchObject({ status: 'Disabled', roles: [] });
  expect(await readAccount(stage, ada)).toMatchObject({ status: 'Active' });
});

test('a link is refused for a service account, for nobody, and an unlinked account is nobody’s', async () => {
  await using stage = await server.startMuster();
  const accountId = await employ(stage, 'c4');
  const official = officialClient(stage.simulator);
  const service = await official.serviceAccounts.createServiceAccount({
    body: { data: { type: 'users', attributes: { email: 'robot@example.com', serviceAccount: true } } },
  });
  await expect(link(stage, 'c4-other', service.data?.id ?? '')).rejects.toThrow(/service account/);
  await expect(link(stage, 'c4-other', '00000000-0000-4000-8000-000000000000')).rejects.toThrow(/no account/);
  await expect(unlinkAccount(handsOn(stage), 'c4-other')).rejects.toThrow(/No person c4-other is known/);
  await unlinkAccount(handsOn(stage), 'c4');
  await expect(unlinkAccount(handsOn(stage), 'c4')).rejects.toThrow(/no account bound/);
  expect(await stage.inventory.personBoundTo(accountId)).toBeUndefined();
  await link(stage, 'c4-other', accountId);
  await eventually('the binding', async () => (await stage.inventory.personBoundTo(accountId)) === 'c4-other');
});

test.each(['sam.new@example.com', 'sam@elsewhere.example'])(
  'a leaver whose account got the e-mail %s in Datadog loses the access all the same',
  async (email) => {
    await using stage = await server.startMuster();
    const id = await employ(stage, 'c12');
    const body = { data: { id, type: 'users', attributes: { email } } } as const;
    await officialClient(stage.simulator).users.updateUser({ userId: id, body });
    const leaver = hrEvent('leaver', 'c12');
    await stage.muster.submitEvent(leaver);
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
    expect(await readAccount(stage, id)).toEqual({ email, status: 'Disabled', roles: [] });
  },
);
