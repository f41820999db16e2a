import { expect, test } from '@jest/globals';
import { openWorld, type World } from '../../datadog/world.ts';

const because = { personId: 'p-1', eventId: 'e-1' };
const ada = { email: 'ada@example.com', name: 'Ada Alder', title: 'Engineer' };

test('a search that shows an account without its roles takes none of them from the record', async () => {
  await using world = await openWorld({ word: ada });
  const { inventory, simulator } = world;
  const id = await holding(world);
  const answer = (await read(world, `users?filter=${ada.email}`)) as { data: object[] };
  const body = { ...answer, data: answer.data.map((row) => ({ ...row, relationships: {} })) };
  simulator.faults.add({ kind: 'reply', match: { method: 'GET', path: '/users$' }, reply: { status: 200, body } });
  expect(await world.attempt(1, (muster) => muster.correlateAccount(because))).toMatchObject({ account: { id } });
  expect(await inventory.findAccount(id)).toMatchObject({ status: 'pending', roleIds: [world.role.id] });
});

test('a leaver’s account that is shown without its roles is disabled on record, too', async () => {
  await using world = await openWorld({ word: ada });
  const { inventory, simulator } = world;
  const id = await holding(world);
  await inventory.bindAccount('p-1', id, new Date().toISOString());
  await world.api().disableAccount(id);
  const { data } = (await read(world, `users/${id}`)) as { data: object };
  const body = { data: { ...data, relationships: {} } };
  simulator.faults.add({
    kind: 'reply',
    match: { method: 'GET', path: `/users/${id}$` },
    reply: { status: 200, body },
  });
  await world.attempt(1, (muster) => muster.correlateAccount({ ...because, isLeaving: true }));
  expect(await inventory.findAccount(id)).toMatchObject({ status: 'disabled', roleIds: [world.role.id] });
});

/** An account that Datadog and the record know with a role. */
async function holding(world: World): Promise<string> {
  const { id } = await world.api().createAccount(ada);
  await world.api().assign(id, world.role);
  const account = await world.api().getAccount(id);
  if (account === undefined) throw new Error('no account');
  await world.inventory.writeAccounts({ accounts: [account], seenAt: new Date(0).toISOString() });
  return id;
}

async function read({ simulator }: World, path: string): Promise<unknown> {
  const headers = { 'dd-api-key': simulator.apiKey, 'dd-application-key': simulator.appKey };
  return (await fetch(`${simulator.url}/api/v2/${path}`, { headers })).json();
}
