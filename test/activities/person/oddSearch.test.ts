import { expect, test } from '@jest/globals';
import { openWorld } from '../../datadog/world.ts';

const because = { personId: 'p-1', eventId: 'e-1' };
const ada = { email: 'ada@example.com', name: 'Ada Alder', title: 'Engineer' };

test('a search that shows an account without its roles takes none of them from the record', async () => {
  await using world = await openWorld({ word: ada });
  const { inventory, simulator } = world;
  const { id } = await world.api().createAccount(ada);
  await world.api().assign(id, world.role);
  const account = await world.api().getAccount(id);
  if (account === undefined) throw new Error('no account');
  await inventory.writeAccounts({ accounts: [account], seenAt: new Date(0).toISOString() });
  const { url, apiKey, appKey } = simulator;
  const headers = { 'dd-api-key': apiKey, 'dd-application-key': appKey };
  const answer = (await (await fetch(`${url}/api/v2/users?filter=${ada.email}`, { headers })).json()) as {
    data: object[];
  };
  const body = { ...answer, data: answer.data.map((row) => ({ ...row, relationships: {} })) };
  simulator.faults.add({ kind: 'reply', match: { method: 'GET', path: '/users$' }, reply: { status: 200, body } });
  expect(await world.attempt(1, (muster) => muster.correlateAccount(because))).toMatchObject({ account: { id } });
  const [known] = (await inventory.listAccounts({ limit: 100, offset: 0 })).filter((one) => one.id === id);
  expect(known?.roleIds).toEqual([world.role.id]);
});
