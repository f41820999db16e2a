import { expect, test } from '@jest/globals';
import { hasHappened, type Happened } from '../../../activities/person/openWrites.ts';
import type { Access, Account } from '../../../domain/model.ts';
import { account } from '../../inventory/samples.ts';
import type { Wanted } from '../../../inventory/port/evidence.ts';

const held = { kind: 'role', id: 'r-1', name: 'Held' } as const;
const other = { kind: 'role', id: 'r-2', name: 'Other' } as const;
const team = { kind: 'team', id: 't-1', name: 'core' } as const;
const mine = account('a-1', { name: 'Ada Oak', title: 'Lead' });
const access = (teams: Access['teams'], more: Partial<Access> = {}): Access => ({
  account: mine,
  roles: [held],
  teams,
  ...more,
});
const inTeam = access([{ ...team, isManaged: false }]);

test.each<[string, Wanted, Account | undefined, Access | undefined, Happened]>([
  ['an account that is there was created', { kind: 'created' }, mine, undefined, 'yes'],
  ['one that is not there was not', { kind: 'created' }, undefined, undefined, 'no'],
  ['an active account was enabled', { kind: 'enabled' }, mine, undefined, 'yes'],
  ['and not disabled', { kind: 'disabled' }, mine, undefined, 'no'],
  ['a disabled one was disabled', { kind: 'disabled' }, account('a-1', { status: 'disabled' }), undefined, 'yes'],
  ['of another account nothing is known', { kind: 'disabled' }, account('a-2'), undefined, 'notRead'],
  ['of an account that is gone nothing is known', { kind: 'disabled' }, undefined, undefined, 'notRead'],
  ['of an invitation nothing is seen', { kind: 'invited' }, mine, undefined, 'unreadable'],
  ['all attributes count', { kind: 'attributes', name: 'Ada Oak', title: 'Lead' }, mine, undefined, 'yes'],
  [
    'as Datadog takes them',
    { kind: 'attributes', name: 'Ada <Oak>', email: 'A-1@Example.com' },
    mine,
    undefined,
    'yes',
  ],
  ['one that differs is enough', { kind: 'attributes', name: 'Ada Oak', title: 'Boss' }, mine, undefined, 'no'],
  ['a role that is held was given', { kind: 'given', entitlement: held, reason: 'birthright' }, mine, undefined, 'yes'],
  ['one that is not was not', { kind: 'given', entitlement: other, reason: 'birthright' }, mine, undefined, 'no'],
  ['nor taken away', { kind: 'taken', entitlement: held }, mine, undefined, 'no'],
  ['a role that is not held was taken away', { kind: 'taken', entitlement: other }, mine, undefined, 'yes'],
  [
    'a team of which the person is one was given',
    { kind: 'given', entitlement: team, reason: 'request' },
    mine,
    inTeam,
    'yes',
  ],
  ['and otherwise taken away', { kind: 'taken', entitlement: team }, mine, access([]), 'yes'],
  ['teams that were not read say nothing', { kind: 'taken', entitlement: team }, mine, undefined, 'notRead'],
  [
    'nor do those that the key may not see',
    { kind: 'taken', entitlement: team },
    mine,
    access([], { teamsNotVisible: 'teams_read' }),
    'notRead',
  ],
])('%s', (_what, wanted, read, holdings, expected) => {
  expect(hasHappened({ accountId: 'a-1', wanted }, { account: read, access: holdings })).toBe(expected);
});
