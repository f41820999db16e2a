import { expect, test } from '@jest/globals';
import { skipRefusedCalls } from '../../../datadog/wrappers/skipRefused.ts';
import { openWorld, type World } from '../world.ts';

const engineering = { kind: 'team', name: 'engineering' } as const;
const minute = 60_000;

async function openRefused(): Promise<{ world: World; api: () => ReturnType<World['api']>; id: string }> {
  const world = await openWorld();
  const { id } = await world.api().createAccount({ email: 'ada@example.com' });
  world.simulator.keys.setScopes(['user_access_read', 'user_access_invite', 'user_access_manage']);
  const client = skipRefusedCalls(world.client, world.inventory);
  return { world, api: () => client.attempt(), id };
}

const refused = { type: 'NotAuthorized', missing: { permission: 'teams_read' } };

test('a refused permission is tried once, and then reported in the same words', async () => {
  const { world, api, id } = await openRefused();
  await using _ = world;
  const { requests } = world.simulator;
  await expect(api().listTeamsOf(id)).rejects.toMatchObject(refused);
  const first = await api().listOwnedKeys(id);
  expect(first.notVisible.toSorted()).toEqual(['api_keys_read', 'org_app_keys_read']);
  requests.reset();
  await expect(api().resolve([engineering])).rejects.toMatchObject(refused);
  await expect(api().listTeamsOf(id)).rejects.toMatchObject(refused);
  expect(await api().listOwnedKeys(id)).toEqual(first);
  expect(requests.count()).toBe(0);
  expect(await api().getAccess(id)).toMatchObject({ teams: [], teamsNotVisible: 'teams_read' });
  expect(requests.count('GET', /memberships/)).toBe(0);
  // Roles are none of it.
  expect(await api().resolve([{ kind: 'role', name: world.role.name }])).toMatchObject([{ id: world.role.id }]);
});

test('an old refusal, an unknown, granted or supposedly mended permission is tried again', async () => {
  const { world, api, id } = await openRefused();
  await using _ = world;
  world.simulator.keys.setScopes(null);
  const { inventory } = world;
  const see = async () => (await api().getAccess(id))?.teamsNotVisible;
  expect(await see()).toBeUndefined();
  const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
  await inventory.recordProbe('teams_read', 'no', ago(16 * minute));
  expect(await see()).toBeUndefined();
  await inventory.recordProbe('teams_read', 'no', ago(14 * minute));
  expect(await see()).toBe('teams_read');
  await inventory.recordProbe('api_keys_read', 'yes', ago(0));
  await inventory.forgetRefusals(['teams_read', 'api_keys_read']);
  expect(await see()).toBeUndefined();
  expect(await inventory.listKeyHealth()).toMatchObject([{ permission: 'api_keys_read', answer: 'yes' }]);
  for (const answer of ['unknown', 'yes'] as const) {
    await inventory.recordProbe('teams_read', answer, ago(0));
    expect(await see()).toBeUndefined();
  }
});

test('keys that are refused altogether say nothing about one permission', async () => {
  const { world, api, id } = await openRefused();
  await using _ = world;
  world.simulator.keys.revoke('application');
  await expect(api().listTeamsOf(id)).rejects.toMatchObject({ missing: { permission: 'validKeys' } });
  expect(await world.inventory.listKeyHealth()).toEqual([]);
});
