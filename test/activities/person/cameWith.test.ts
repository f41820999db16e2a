import { expect, test } from '@jest/globals';
import { cameWithAccount } from '../../../domain/access/warnings.ts';
import { failureOf } from '../../datadog/pair.ts';
import { openWorld } from '../../datadog/world.ts';

const creating = { personId: 'p-1', eventId: 'e-1' };
const ada = { email: 'ada@example.com', name: 'Ada Alder', title: 'Engineer' };

test('what came with an account is removed without the change budget by what created it alone', async () => {
  await using world = await openWorld({ word: ada });
  const { inventory } = world;
  const { id: accountId } = await world.attempt(1, (muster) => muster.createAccount(creating));
  const [role] = await world.api().resolve([{ kind: 'role', name: 'Datadog Read Only Role' }]);
  if (role === undefined) throw new Error('not resolved');
  const at = new Date().toISOString();
  const grant = {
    ...role,
    personId: 'p-1',
    accountId,
    since: at,
    reason: 'adopted',
    because: cameWithAccount,
  } as const;
  const held = async () => (await world.api().getAccount(accountId))?.roleIds;
  const read = (because: typeof creating) => world.attempt(1, (muster) => muster.readHoldings(because, accountId));
  const remove = (because: typeof creating) => world.attempt(1, (muster) => muster.revoke(accountId, role, because));

  await world.api().assign(accountId, role);
  await inventory.openGrant(grant);
  const later = await world.comeBack(ada);
  expect(await read(later)).toMatchObject({ managed: [`role:${role.id}`] });
  expect((await read(later))?.cameWith).toBeUndefined();
  expect(await failureOf(remove(later))).toMatchObject({ type: 'NotOwed' });
  expect(await held()).toEqual([role.id]);
});

test('the process that created the account removes what came with it', async () => {
  await using world = await openWorld({ word: ada });
  const { id: accountId } = await world.attempt(1, (muster) => muster.createAccount(creating));
  const [role] = await world.api().resolve([{ kind: 'role', name: 'Datadog Read Only Role' }]);
  if (role === undefined) throw new Error('not resolved');
  await world.api().assign(accountId, role);
  const since = new Date().toISOString();
  await world.inventory.openGrant({
    ...role,
    personId: 'p-1',
    accountId,
    since,
    reason: 'adopted',
    because: cameWithAccount,
  });
  const holdings = await world.attempt(1, (muster) => muster.readHoldings(creating, accountId));
  expect(holdings).toMatchObject({ cameWith: [`role:${role.id}`] });
  await world.attempt(1, (muster) => muster.revoke(accountId, role, creating));
  expect((await world.api().getAccount(accountId))?.roleIds).toEqual([]);
});
