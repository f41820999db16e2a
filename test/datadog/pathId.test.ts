import { expect, test } from '@jest/globals';
import { failureOf } from './pair.ts';
import { startStub } from './stub.ts';

const odd = [
  '',
  '.',
  '..',
  '../roles/r-1',
  'u-1/invitations',
  'u-1?x=1',
  'u-1#x',
  '%2e%2e',
  'u\u0000',
  'ü',
  ' u-1',
  'x'.repeat(129),
];

test.each(odd)('the id %j never stands in a path: nothing is asked', async (id) => {
  await using stub = await startStub(() => ({ body: { data: [] } }));
  const api = stub.api();
  const role = { kind: 'role', id, name: 'Reader' } as const;
  for (const call of [
    () => api.getAccount(id),
    () => api.disableAccount(id),
    () => api.cancelInvitations(id),
    () => api.listTeamsOf(id),
    () => api.listRoleMembers(id),
    () => api.listTeamMembers(id),
    () => api.listOwnedNhis(id, 'serviceAccountKey'),
    () => api.assign('u-1', role),
    () => api.remove('u-1', { ...role, kind: 'team' }),
    () => api.remove(id, { ...role, kind: 'team', id: 't-1' }),
  ]) {
    expect(await failureOf(call())).toMatchObject({ type: 'UnexpectedResponse' });
  }
  expect(stub.requests).toEqual([]);
});

test('an id as Datadog has them stands in the path as it is', async () => {
  await using stub = await startStub(() => ({ status: 204, body: '' }));
  await stub.api().disableAccount('0b0f1a2e-7c3d-11ee-b962-0242ac120002');
  expect(stub.requests.map(({ path }) => path)).toEqual(['/api/v2/users/0b0f1a2e-7c3d-11ee-b962-0242ac120002']);
});
