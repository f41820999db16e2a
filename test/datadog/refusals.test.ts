import { expect, test } from '@jest/globals';
import { toApplicationFailure } from '../../datadog/failures.ts';
import type { Datadog } from '../../datadog/types.ts';
import { failureOf, openPair, type Pair } from './pair.ts';

const unknown = '00000000-0000-4000-8000-000000000000';
const role = { kind: 'role', id: unknown, name: 'Readers' } as const;
const team = { kind: 'team', id: unknown, name: 'one' } as const;

const calls: readonly (readonly [
  what: string,
  (api: Datadog) => Promise<unknown>,
  path: string,
  permission: string,
])[] = [
  ['a role', (api) => api.assign(unknown, role), '/roles/', 'user_access_manage'],
  ['a team', (api) => api.assign(unknown, team), '/memberships', 'teams_manage'],
  ['a user', (api) => api.disableAccount(unknown), `/users/${unknown}`, 'user_access_manage'],
  ['an invitation', (api) => api.sendInvitation(unknown), '/user_invitations$', 'user_access_invite'],
  ['the permissions of a role', (api) => api.rolePermissions(unknown), '/permissions$', 'user_access_read'],
  ['the members of a team', (api) => api.listTeamMembers(unknown), '/memberships', 'teams_read'],
];

const refuse = ({ simulator }: Pair, path: string) => {
  const errors = ['Forbidden', `managed by SCIM, not by ${simulator.appKey}`];
  simulator.faults.add({ kind: 'reply', match: { path }, reply: { status: 403, body: { errors } } });
};

test.each(calls)('a 403 of %s is its own where the key has the permission', async (_what, call, path) => {
  await using pair = await openPair();
  refuse(pair, path);
  const failure = await failureOf(call(pair.api()));
  expect(failure).toMatchObject({
    type: 'ObjectRefused',
    status: 403,
    missing: undefined,
    message: expect.stringContaining('Forbidden; managed by SCIM, not by [key]'),
  });
  expect(toApplicationFailure(failure)).toMatchObject({ type: 'ObjectRefused', nonRetryable: true });
});

test.each(calls)(
  'a 403 of %s is the key’s where its owner lacks the permission',
  async (...[, call, path, permission]) => {
    await using pair = await openPair();
    refuse(pair, path);
    const nothing = { data: { id: unknown, type: 'users', attributes: {} }, included: [] };
    const match = { path: '/current_user$' };
    pair.simulator.faults.add({ kind: 'reply', match, reply: { status: 200, body: nothing } });
    expect(await failureOf(call(pair.api()))).toMatchObject({ type: 'NotAuthorized', missing: { permission } });
  },
);

test('a 403 is the key’s where its scopes lack the permission, or its rights cannot be read', async () => {
  await using pair = await openPair({ scopes: ['user_access_read'] });
  const assign = () => failureOf(pair.api().assign(unknown, role));
  const missing = { permission: 'user_access_manage' };
  expect(await assign()).toMatchObject({ type: 'NotAuthorized', missing });
  pair.simulator.faults.add({ kind: '500', match: { path: '/current_user$' } });
  expect(await assign()).toMatchObject({ type: 'NotAuthorized', missing });
});
