import { expect, test } from '@jest/globals';
import { disableRefused } from '../../../domain/failures.ts';
import { openWorld } from '../../datadog/world.ts';

const because = { personId: 'p-1', eventId: 'e-1' };
const ada = { email: 'ada@example.com', name: 'Ada Alder' };

/** Ada's active account with a role. */
async function openStage() {
  const world = await openWorld({ word: ada, httpMs: 10_000 });
  const { id } = await world.attempt(1, (muster) => muster.createAccount(because));
  await world.attempt(1, (muster) => muster.sendInvitation(id, because, 1));
  world.simulator.accept(id);
  await world.attempt(1, (muster) => muster.grant(id, world.role, because));
  const rename = (email: string) => world.api().updateAccount(id, { email });
  const account = async () => world.api().getAccount(id);
  return { ...world, id, rename, account };
}

test.each(['somebody.else@example.com', 'ada@elsewhere.example'])(
  'the account that was bound is emptied and disabled though its e-mail became %s',
  async (email) => {
    await using world = await openStage();
    const { id, role } = world;
    await world.rename(email);
    const found = await world.attempt(1, (muster) => muster.correlateAccount({ ...because, isLeaving: true }));
    expect(found.account?.id).toBe(id);
    await world.attempt(1, (muster) => muster.awaitCorrelation({ ...because, isLeaving: true }));
    const leave = await world.leave();
    await world.attempt(1, (muster) => muster.revoke(id, role, leave));
    await world.attempt(1, (muster) => muster.disableAccount(id, leave));
    expect(await world.account()).toMatchObject({ email, status: 'disabled', roleIds: [] });
  },
);

test('nothing is given to the account while its e-mail is nobody’s', async () => {
  await using world = await openStage();
  const { id, team } = world;
  await world.rename('somebody.else@example.com');
  const giving = world.attempt(1, (muster) => muster.grant(id, team, because));
  await expect(giving).rejects.toThrow(/has an e-mail that is neither the person's current nor a previous one/);
});

test('an account that is bound to another person now is left alone', async () => {
  await using world = await openStage();
  const { id, role, inventory } = world;
  await inventory.unlinkAccount('p-1');
  await inventory.bindAccount('p-2', id, new Date().toISOString());
  for (const take of [
    world.attempt(1, (muster) => muster.revoke(id, role, because)),
    world.attempt(1, (muster) => muster.disableAccount(id, because)),
  ]) {
    await expect(take).rejects.toThrow(`account ${id} is bound to person p-2 now`);
  }
  expect(await world.account()).toMatchObject({ status: 'active', roleIds: [role.id] });
});

test('what the account held is on record also where the reply to its disabling was lost', async () => {
  await using world = await openStage();
  const { id, role, inventory, simulator } = world;
  const leave = await world.leave();
  simulator.faults.add({ kind: 'lostReply', match: { method: 'DELETE' }, times: 1 });
  await expect(world.attempt(3, (muster) => muster.disableAccount(id, leave))).rejects.toMatchObject({
    type: disableRefused,
  });
  expect(await world.account()).toMatchObject({ status: 'disabled' });
  await world.attempt(1, (muster) => muster.readLastHoldings(leave, id));
  const before = await inventory.findAccessBefore(because.personId);
  expect(before).toMatchObject({ accountId: id, eventId: leave.eventId, access: { roles: [{ id: role.id }] } });
});
