import { expect, test } from '@jest/globals';
import { refuseWritesWhenObserving } from '../../../datadog/wrappers/readOnly.ts';
import { openPair } from '../pair.ts';

test('while the policy observes each write is refused before anything is sent, and reads go on', async () => {
  await using pair = await openPair({});
  const policy: { mode: 'observe' | 'enforce' } = { mode: 'observe' };
  const client = refuseWritesWhenObserving(pair.client, () => policy);
  const { account } = await client.attempt().currentUser();
  const role = { kind: 'role', id: account.roleIds[0] ?? '', name: 'Datadog Admin Role' } as const;
  const api = client.attempt();
  const writes = [
    () => api.createAccount({ email: 'new@example.com' }),
    () => api.updateAccount(account.id, { name: 'Other' }),
    () => api.enableAccount(account.id),
    () => api.disableAccount(account.id),
    () => api.sendInvitation(account.id),
    () => api.cancelInvitations(account.id),
    () => api.assign(account.id, role),
    () => api.remove(account.id, role),
  ];
  for (const write of writes) await expect(write()).rejects.toThrow('mode: observe');
  expect(pair.simulator.requests.list().filter(({ method }) => method !== 'GET')).toEqual([]);
  policy.mode = 'enforce';
  await client.attempt().createAccount({ email: 'new@example.com' });
  expect(pair.simulator.requests.count('POST')).toBe(1);
});
