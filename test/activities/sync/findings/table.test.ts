import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sourcesThatDisagree } from '../../../../domain/findings/disagreements.ts';
import type { Statement } from '../../../../domain/facts/statements.ts';
import { hrFirst } from '../../../support/ranks.ts';
import { uncorrelatedSummary } from '../../../../domain/findings/accounts.ts';
import { findingKindNames, findingKinds, type FindingKind } from '../../../../domain/findings/catalog.ts';
import { syncKinds, type KindStates, type Nhi } from '../../../../domain/sync/kinds.ts';
import { duplicateRoleNames, rolesUndoneByMappings } from '../../../../domain/findings/roles.ts';
import { openDatabases, type Fixture } from '../../../inventory/backends.ts';
import {
  accountOf,
  atAccount,
  atEngine,
  atKey,
  atLeave,
  atPerson,
  atStray,
  absent,
  daysAgo,
  given,
  mark,
  minutesAgo,
  ofDepartment,
  serviceAccount,
  wordOf,
} from './samples.ts';
import { heldRemovals, heldRepairs } from '../../../../domain/findings/repairs.ts';
import { foundRefusedItems } from '../../../../domain/findings/refusals.ts';
import { foundRefused } from '../../../../domain/findings/refusedWrites.ts';
import { needsOf, type Found } from '../../../../domain/findings/found.ts';

/** What opens it, and what looks like it and must not. */
interface Case {
  readonly opens: readonly Found[];
  readonly nearMisses: Readonly<Record<string, readonly Found[]>>;
}

const said = (source: string, kind: 'joiner' | 'leaver') => ({
  eventId: `${source}-${kind}`,
  kind,
  source,
  occurredAt: daysAgo(kind === 'joiner' ? 2 : 1),
  effectiveAt: daysAgo(kind === 'joiner' ? 2 : 1),
  ...(kind === 'joiner' ? { person: { email: 'ada@example.com' } } : {}),
});
const saidBy = (statements: readonly Statement[], mayEndEmployment: readonly string[] = []) =>
  sourcesThatDisagree({ personId: 'p-1', statements }, { ...hrFirst, mayEndEmployment }, daysAgo(0));
const mapping: Nhi = { id: 'm-1', kind: 'authnMapping', name: 'team=ops', details: { roleId: 'r-ops' } };
const roleOf = (id: string, name: string, givenTo = 0) => ({ id, name, givenTo });
const breakGlass = { email: 'Break.Glass@example.com', handle: 'break.glass@example.com' };
const refusedWrite = {
  ...{ personId: 'p-1', eventId: 'e-1', action: 'assign role', why: 'event e-1 has ended already: completed' },
  ...{ at: daysAgo(0), isExplained: false },
};
const passwordLogin = { mfaEnabled: false, allowedLoginMethods: ['google_oidc', 'standard'] };

const cases: Readonly<Record<FindingKind, Case>> = {
  uncorrelatedAccounts: {
    opens: uncorrelatedSummary(new Map([['example.com', 3]])),
    nearMisses: { 'nobody is uncorrelated': uncorrelatedSummary(new Map()) },
  },
  uncorrelatedAccount: {
    opens: atStray(),
    nearMisses: {
      'no complete roster was applied for the domain': atStray({}, { completeDomains: new Set(['other.example']) }),
      'outside of the allowed domains': atStray({}, { identity: { allowedDomains: ['corp.example'], ignore: [] } }),
      'an account that the policy ignores': atStray(
        {},
        { identity: { allowedDomains: [], ignore: ['*'] }, ignoredIds: new Set(['a-1']) },
      ),
      'it is disabled': atStray({ account: accountOf({ status: 'disabled' }) }),
      'it belongs to a person': atAccount({}),
      'it is an emergency account': atStray({ account: accountOf(breakGlass) }),
      'it is a service account': atStray({ account: accountOf(serviceAccount) }),
    },
  },
  orphanedAccount: {
    opens: atStray({ formerPersonId: 'p-9' }),
    nearMisses: {
      'it belongs to somebody again': atAccount({}, { formerPersonId: 'p-9' }),
      'it is disabled': atStray({ formerPersonId: 'p-9', account: accountOf({ status: 'disabled' }) }),
    },
  },
  orphanedServiceAccount: {
    opens: atStray({ account: accountOf(serviceAccount), leftOwnerId: 'p-9' }),
    nearMisses: { 'its owner is employed': atStray({ account: accountOf(serviceAccount) }) },
  },
  leaverStillActive: {
    opens: atAccount({}, { person: { personId: 'p-1', employment: 'left' } }),
    nearMisses: {
      'the account is disabled': atAccount({ status: 'disabled' }, { person: { personId: 'p-1', employment: 'left' } }),
      'the person is employed': atAccount({}),
      'the leave itself is the finding': atAccount(
        {},
        { person: { personId: 'p-1', employment: 'left' }, isLeaving: true },
      ),
    },
  },
  writeNotOwed: {
    opens: foundRefused(refusedWrite),
    nearMisses: { 'something newer has just come': foundRefused({ ...refusedWrite, isExplained: true }) },
  },
  leaverNotEnded: {
    opens: atLeave({}),
    nearMisses: {
      'it ended, and the account is disabled': atLeave({
        outcome: 'completed',
        account: { id: 'a-1', status: 'disabled' },
      }),
      'it ended, and there is no account': atLeave({ outcome: 'nothingToDo', account: undefined }),
      'it was withdrawn': atLeave({ isWithdrawn: true }),
      'the person has come back since': atLeave({ others: [wordOf('joiner', 1)] }),
      'the leave was rescinded': atLeave({ others: [wordOf('leaverRescinded', 1)] }),
      'a newer word has another date': atLeave({ others: [{ ...wordOf('leaver', 1), effectiveAt: daysAgo(-30) }] }),
    },
  },
  strangeInventory: {
    opens: await atEngine({ known: { ...mark, seq: 9 }, difference: 'older' }),
    nearMisses: { 'it is the known one': await atEngine({ known: mark }), 'none is known': await atEngine({}) },
  },
  runFailing: {
    opens: await atEngine({ failing: ['person/p-1'] }),
    nearMisses: { 'none fails': await atEngine({}) },
  },
  workersAway: {
    opens: await atEngine({ askedAgo: 76 }),
    nearMisses: { 'a worker has asked lately': await atEngine({ askedAgo: 75 }) },
  },
  policyRefused: {
    opens: await atEngine({ instances: [{ refusal: 'policy.yaml:3:1: mode: is missing' }] }),
    nearMisses: { 'nobody refuses the file': await atEngine({ instances: [{}] }) },
  },
  policiesDiffer: {
    opens: await atEngine({ instances: [{}, { host: 'host-2', policyHash: 'p2' }] }),
    nearMisses: {
      'all have the same': await atEngine({ instances: [{}, { host: 'host-2' }, { kind: 'gateway' }] }),
      'one of them has just taken another one over': await atEngine({
        instances: [{}, { host: 'host-2', policyHash: 'p2', policySince: minutesAgo(1) }],
      }),
    },
  },
  syncStopped: {
    opens: await atEngine({ light: { state: 'paused' } }),
    nearMisses: {
      'both are on': await atEngine({}),
      'one runs for a quarter of an hour': await atEngine({ light: { runningSince: minutesAgo(15) } }),
      'the full one runs for two of its periods': await atEngine({ full: { runningSince: minutesAgo(120) } }),
      'the full one ended two periods ago': await atEngine({ endedAgo: 120 }),
      'no end is known of the light one': await atEngine({ light: { finishedAt: undefined } }),
    },
  },
  dormantAccount: {
    opens: atAccount({ lastLoginAt: daysAgo(90) }),
    nearMisses: {
      'logged in 89 days ago': atAccount({ lastLoginAt: daysAgo(89) }),
      'a service account never logs in': atAccount({ ...serviceAccount, lastLoginAt: daysAgo(400) }),
      'it is disabled': atAccount({ status: 'disabled', lastLoginAt: daysAgo(400) }),
    },
  },
  neverLoggedIn: {
    opens: atStray({ account: withoutLogin() }),
    nearMisses: {
      'the site does not tell logins': atStray({ account: withoutLogin() }, { isLoginReported: false }),
      'it was created last week': atStray({ account: { ...withoutLogin(), createdAt: daysAgo(7) } }),
      'it is Pending': atStray({ account: { ...withoutLogin(), status: 'pending' } }),
    },
  },
  mfaOff: {
    opens: atAccount(passwordLogin),
    nearMisses: {
      'there is a second factor': atAccount({ ...passwordLogin, mfaEnabled: true }),
      'no password login is possible': atAccount({ ...passwordLogin, allowedLoginMethods: ['google_oidc'] }),
      'the login methods are not known': atAccount({ mfaEnabled: false }),
      'the second factor is not known': atAccount({ allowedLoginMethods: ['standard'] }),
    },
  },
  pendingTooLong: {
    opens: atAccount({ status: 'pending', createdAt: daysAgo(30) }),
    nearMisses: {
      'invited 29 days ago': atAccount({ status: 'pending', createdAt: daysAgo(29) }),
      'it is Active': atAccount({ createdAt: daysAgo(300) }),
    },
  },
  privilegedWithoutApproval: {
    opens: atAccount({ roleIds: ['r-read', 'r-admin'] }),
    nearMisses: {
      'an approval is on record': atAccount({ roleIds: ['r-admin'] }, { approvedRoleIds: ['r-admin'] }),
      'the role is not privileged': atAccount({ roleIds: ['r-read'] }),
      'it is an emergency account': atAccount({ roleIds: ['r-admin'], ...breakGlass }),
      'it is disabled': atAccount({ roleIds: ['r-admin'], status: 'disabled' }),
    },
  },
  privilegedServiceAccount: {
    opens: atStray({ account: accountOf({ ...serviceAccount, roleIds: ['r-admin'] }) }),
    nearMisses: { 'the role is not privileged': atStray({ account: accountOf(serviceAccount) }) },
  },
  refusedByIntake: {
    opens: foundRefusedItems([{ source: 'hr', way: 'webhook', leaving: 0, others: 2, since: daysAgo(1) }]),
    nearMisses: { 'all of it was retried or dropped': foundRefusedItems([]) },
  },
  missingFromHr: {
    opens: absent({}),
    nearMisses: {
      'they have left': absent({ employment: 'left' }),
      'HR has spoken of them since': absent({ lines: { employment: { eventId: 'e-9', occurredAt: daysAgo(1) } } }),
    },
  },
  sourcesDisagree: {
    opens: saidBy([said('hr', 'joiner'), said('lms', 'leaver')]),
    nearMisses: {
      'both say the same': saidBy([said('hr', 'joiner'), said('lms', 'joiner')]),
      'the source may end employment': saidBy([said('hr', 'joiner'), said('lms', 'leaver')], ['lms']),
      'an operator said it': saidBy([said('hr', 'joiner'), said('cli', 'leaver')]),
    },
  },
  driftMissing: {
    opens: atPerson({ account: accountOf({ roleIds: [] }) }),
    nearMisses: {
      'all is held': atPerson({}),
      'it was never approved': atPerson(ofDepartment('SRE')),
      'Datadog has no such role': atPerson({}, { rules: [{ name: 'x', when: {}, roles: ['Nowhere'], teams: [] }] }),
      'the team is managed outside': atPerson({ teamIds: [] }),
    },
  },
  driftExcess: {
    opens: atPerson({ account: accountOf({ roleIds: ['r-read', 'r-standard'] }) }),
    nearMisses: {
      'the policy grants it': atPerson({
        ...ofDepartment('Engineering'),
        account: accountOf({ roleIds: ['r-read', 'r-standard'] }),
      }),
      'the policy grants it on an approval that is on record': atPerson({
        ...ofDepartment('SRE'),
        account: accountOf({ roleIds: ['r-read', 'r-admin'] }),
        grants: [given('r-admin', { reason: 'request' })],
      }),
      'the team is managed outside': atPerson({ teamIds: ['t-idp'] }),
    },
  },
  driftAltered: {
    opens: atPerson({ account: accountOf({ name: 'Somebody Else' }) }),
    nearMisses: {
      'HR does not say the name': atPerson({
        attributes: { email: 'ANN@example.com', department: 'Sales' },
        account: accountOf({ name: 'Somebody Else', title: 'Boss' }),
      }),
      'the name was cut to what Datadog takes': atPerson({
        attributes: { email: 'ann@example.com', name: 'A'.repeat(80), department: 'Sales' },
        account: accountOf({ name: 'A'.repeat(55) }),
      }),
    },
  },
  contestedGrant: {
    opens: atPerson({ account: accountOf({ roleIds: [] }) }, { contested: new Set(['p-1/role:r-read']) }),
    nearMisses: {
      'the drift is gone': atPerson({}, { contested: new Set(['p-1/role:r-read']) }),
      'another grant is contested': atPerson(
        { account: accountOf({ roleIds: [] }) },
        { contested: new Set(['p-1/role:r-standard']) },
      ),
    },
  },
  repairsHeld: {
    opens: heldRepairs({ batchId: 'b-1', people: 30 }),
    nearMisses: { 'all could be repaired': heldRepairs(undefined) },
  },
  removalsHeld: {
    opens: heldRemovals([{ personId: 'p-1', kind: 'mover', askedAt: '2026-06-01T12:00:00.000Z' }]),
    nearMisses: { 'nothing is held': heldRemovals([]) },
  },
  duplicateRoleName: {
    opens: duplicateRoleNames([roleOf('r-1', 'Standard'), roleOf('r-2', 'Standard')]),
    nearMisses: { 'other letters are another name': duplicateRoleNames([roleOf('r-1', 'Ops'), roleOf('r-2', 'ops')]) },
  },
  samlMappingUndoesRole: {
    opens: rolesUndoneByMappings([roleOf('r-read', 'Read Only', 4)], [mapping]),
    nearMisses: {
      'a mapping grants it too': rolesUndoneByMappings([roleOf('r-ops', 'Ops', 4)], [mapping]),
      'there are no mappings': rolesUndoneByMappings([roleOf('r-read', 'Read Only', 4)], []),
      'only teams are mapped': rolesUndoneByMappings(
        [roleOf('r-read', 'Read Only', 4)],
        [{ ...mapping, details: { teamId: 't-1' } }],
      ),
      'Muster granted it to nobody': rolesUndoneByMappings([roleOf('r-read', 'Read Only')], [mapping]),
    },
  },
  apiKeyCreatorDisabled: {
    opens: atKey({ kind: 'apiKey' }, { status: 'disabled' }),
    nearMisses: {
      'its creator is active': atKey({ kind: 'apiKey' }),
      'it has expired': atKey({ kind: 'apiKey', expiresAt: daysAgo(1) }, { status: 'disabled' }),
    },
  },
  applicationKeyOwnerDisabled: {
    opens: atKey({}, { status: 'disabled' }),
    nearMisses: { 'its owner is pending': atKey({}, { status: 'pending' }), 'its owner is active': atKey({}) },
  },
  keyUnused: {
    opens: atKey({ lastUsedAt: daysAgo(90) }),
    nearMisses: {
      'used 89 days ago': atKey({ lastUsedAt: daysAgo(89) }),
      'never used, but new': atStrayKey({ createdAt: daysAgo(20) }),
      'an OAuth client is no key': atKey({ kind: 'oauthClient', lastUsedAt: daysAgo(400) }),
    },
  },
  keyTooOld: {
    opens: atKey({ createdAt: daysAgo(365) }),
    nearMisses: { 'made 364 days ago': atKey({ createdAt: daysAgo(364) }) },
  },
  applicationKeyUnscoped: {
    opens: atKey({ scopes: null }),
    nearMisses: { 'it has one scope': atKey({}), 'API keys have no scopes': atStrayKey({ kind: 'apiKey' }) },
  },
  keyLeaked: {
    opens: atKey({ details: { isLeaked: true } }),
    nearMisses: { 'it was not found': atKey({}) },
  },
  keyUsedWhileOwnerAway: {
    opens: atKey({ lastUsedAt: daysAgo(6) }, { lastLoginAt: daysAgo(30) }),
    nearMisses: {
      'used 7 days ago': atKey({ lastUsedAt: daysAgo(7) }, { lastLoginAt: daysAgo(30) }),
      'the owner was here 29 days ago': atKey({ lastUsedAt: daysAgo(6) }, { lastLoginAt: daysAgo(29) }),
      'it belongs to a service account': atKey({}, { lastLoginAt: daysAgo(400), isServiceAccount: true }),
    },
  },
};

function withoutLogin() {
  const { lastLoginAt: _, ...account } = accountOf();
  return account;
}

function atStrayKey(nhi: Partial<Nhi>): readonly Found[] {
  return atKey({ ...nhi, lastUsedAt: daysAgo(1) }).filter(({ kind }) => kind !== 'keyUsedWhileOwnerAway');
}

const at = (minute: number): string => new Date(Date.UTC(2026, 5, 1, 12, minute)).toISOString();
const whole: KindStates = Object.fromEntries(syncKinds.map((kind) => [kind, { state: 'complete' }]));
const only = (found: readonly Found[], kind: FindingKind) => found.filter((one) => one.kind === kind);

describe.each(await openDatabases())('findings on $name', ({ makeFixture }) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await makeFixture();
  });
  afterAll(async () => fixture[Symbol.asyncDispose]());

  test.each(findingKindNames)(
    '%s opens once, is frozen while it cannot be seen, closes when its cause is gone',
    async (kind) => {
      const { opens, nearMisses } = cases[kind];
      const { inventory } = fixture;
      const { foundAt } = findingKinds[kind];
      const find = async (found: readonly Found[], states: KindStates, minute: number) => {
        const { opened, closed } = await inventory.writeFindings({
          foundAt,
          after: '',
          found: only(found, kind),
          frozenScopes: new Set(),
          states,
          at: at(minute),
        });
        return { opened: opened.length, closed };
      };
      const listed = async () => inventory.listFindings({ kind, limit: 10, offset: 0 }, at(59));

      const [found] = only(opens, kind);
      if (found === undefined) throw new Error('nothing opened it');
      for (const need of needsOf(found)) {
        const blind = { ...whole, [need]: { state: 'notVisible', permission: 'some_read' } } as const;
        expect(await find(opens, blind, 0)).toEqual({ opened: 0, closed: 0 });
      }
      expect(await find(opens, whole, 1)).toEqual({ opened: 1, closed: 0 });
      expect(await find(opens, whole, 2)).toEqual({ opened: 0, closed: 0 });
      for (const need of needsOf(found)) {
        const torn = { ...whole, [need]: { state: 'incomplete', reason: 'torn page' } } as const;
        expect(await find([], torn, 3)).toEqual({ opened: 0, closed: 0 });
      }
      expect(await listed()).toMatchObject([
        { state: 'open', since: found.since ?? at(1), severity: found.severity, name: found.name },
      ]);

      for (const [name, miss] of Object.entries(nearMisses)) {
        expect({ name, found: only(miss, kind) }).toEqual({ name, found: [] });
      }
      expect(await find(Object.values(nearMisses)[0] ?? [], whole, 4)).toEqual({ opened: 0, closed: 1 });
      expect(await listed()).toMatchObject([{ state: 'closed', since: found.since ?? at(1), closedAt: at(4) }]);
      expect(await find(opens, whole, 5)).toEqual({ opened: 1, closed: 0 });
      expect(await listed()).toMatchObject([{ state: 'open', since: found.since ?? at(5) }]);
      await find([], whole, 6);
    },
  );
});
