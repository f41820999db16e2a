import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { peopleLimit } from '../../../domain/access/changeBudget.ts';
import { driftFindings } from '../../../domain/findings/drift.ts';
import { checkHrEvent } from '../../../domain/guards.ts';
import { accountOf, atPerson, driftContext, given, ofDepartment } from '../../activities/sync/findings/samples.ts';
import { repairEvent } from '../../../domain/findings/repairs.ts';

const someRoles = fc.subarray(['r-read', 'r-standard', 'r-admin', 'r-other']);
const someTeams = fc.subarray(['t-platform', 't-idp', 't-other']);
const departments = fc.constantFrom('Sales', 'Engineering', 'SRE');

const about = (subject: string): string => subject.slice('p-1/'.length);

test('missing access is not held, excess is held, and nothing is both', () => {
  fc.assert(
    fc.property(someRoles, someTeams, someRoles, departments, (roleIds, teamIds, onRecord, department) => {
      const found = atPerson({
        ...ofDepartment(department),
        account: accountOf({ roleIds }),
        teamIds,
        grants: onRecord.map((id) => given(id)),
      });
      const held = new Set([...roleIds.map((id) => `role:${id}`), ...teamIds.map((id) => `team:${id}`)]);
      const subjectsOf = (kind: string) =>
        found.filter((one) => one.kind === kind).map(({ subject }) => about(subject));
      expect(subjectsOf('driftMissing').filter((subject) => held.has(subject))).toEqual([]);
      expect(subjectsOf('driftExcess').filter((subject) => !held.has(subject))).toEqual([]);
      expect(new Set(found.map(({ subject }) => subject)).size).toBe(found.length);
    }),
  );
});

test('once the repairable drift is mended, nothing repairable is left', () => {
  fc.assert(
    fc.property(someRoles, someRoles, departments, (roleIds, onRecord, department) => {
      const grants = onRecord.map((id) => given(id));
      const person = { ...ofDepartment(department), grants };
      const found = atPerson({ ...person, account: accountOf({ roleIds, title: 'Other' }), teamIds: [] });
      const rolesIn = (kind: string) =>
        found
          .filter((one) => one.kind === kind && one.isRepairable === true && about(one.subject).startsWith('role:'))
          .map(({ subject }) => about(subject).slice('role:'.length));
      const removed = rolesIn('driftExcess');
      const mended = [...roleIds.filter((id) => !removed.includes(id)), ...rolesIn('driftMissing')];
      const teamIds = department === 'Engineering' ? ['t-platform'] : [];
      const after = atPerson({ ...person, account: accountOf({ roleIds: mended }), teamIds });
      expect(after.filter(({ isRepairable }) => isRepairable === true)).toEqual([]);
    }),
  );
});

test('only what Muster granted is repaired away', () => {
  const account = accountOf({ roleIds: ['r-read', 'r-standard', 'r-other'] });
  const grants = [given('r-read'), given('r-standard'), given('r-other', { reason: 'preexisting', isManaged: false })];
  const found = atPerson({ account, grants });
  expect(
    found.map(({ subject, isRepairable, evidence }) => [about(subject), isRepairable, evidence['givenBy']]),
  ).toEqual([
    ['role:r-standard', true, 'Muster'],
    ['role:r-other', false, 'there before Muster'],
  ]);
});

test('an approved grant that was removed manually is missing', () => {
  const found = atPerson({
    ...ofDepartment('SRE'),
    grants: [given('r-read'), given('r-admin', { reason: 'request' })],
  });
  expect(found).toMatchObject([{ kind: 'driftMissing', name: 'ann@example.com: role Admin', isRepairable: true }]);
});

test('a privileged role that a rule grants freely is missing only where it was approved once', () => {
  const rules = [{ name: 'all', when: {}, roles: ['Admin'], teams: [] }];
  const account = accountOf({ roleIds: [] });
  expect(atPerson({ account }, { rules })).toEqual([]);
  const grants = [given('r-admin', { reason: 'request' })];
  expect(atPerson({ account, grants }, { rules })).toMatchObject([{ kind: 'driftMissing', isRepairable: true }]);
  const manual = atPerson({ account: accountOf({ roleIds: ['r-admin'] }) }, { rules });
  expect(manual).toMatchObject([{ kind: 'driftExcess', severity: 'high', isRepairable: false }]);
});

test('an account that is disabled, gone or has an e-mail unknown to HR is reported, not repaired', () => {
  expect(atPerson({ account: accountOf({ status: 'disabled', roleIds: [] }) })).toMatchObject([
    { kind: 'driftAltered', evidence: { field: 'status', actual: 'disabled' }, isRepairable: false },
  ]);
  const stranger = accountOf({ email: 'mallory@example.com', name: 'Mallory', roleIds: [] });
  expect(atPerson({ account: stranger, previousEmails: ['a.alder@example.com'] })).toMatchObject([
    { kind: 'driftAltered', evidence: { field: 'email', actual: 'mallory@example.com' }, isRepairable: false },
    { kind: 'driftAltered', evidence: { field: 'name' }, isRepairable: false },
    { kind: 'driftMissing', isRepairable: false },
  ]);
  const facts = {
    personId: 'p-1',
    attributes: { email: 'ann@example.com' },
    previousEmails: [],
    accountId: 'a-1',
    teamIds: [],
    grants: [],
  };
  expect(driftFindings(facts, driftContext)).toMatchObject([{ kind: 'driftMissing', isRepairable: false }]);
});

test('an e-mail set back manually to an earlier one of HR’s is repaired, whatever its case', () => {
  const account = accountOf({ email: 'A.Alder@example.com' });
  expect(atPerson({ account, previousEmails: ['a.alder@example.com'] })).toMatchObject([
    { kind: 'driftAltered', evidence: { field: 'email', wanted: 'ann@example.com' }, isRepairable: true },
  ]);
  expect(atPerson({ account: accountOf({ email: 'ANN@example.com' }) })).toEqual([]);
});

test('a person with a contested grant is left alone altogether', () => {
  const account = accountOf({ roleIds: [], name: 'Other' });
  const found = atPerson({ account }, { contested: new Set(['p-1/role:r-read']) });
  expect(found.map(({ kind, isRepairable }) => [kind, isRepairable])).toEqual([
    ['driftAltered', false],
    ['driftMissing', false],
    ['contestedGrant', false],
  ]);
});

test('the budget is five people, or one in twenty where that is more', () => {
  const limitOf = (people: number) => peopleLimit({ atLeast: 5, percent: 5 }, people);
  expect([0, 7, 100, 119, 120, 100_000].map(limitOf)).toEqual([5, 5, 5, 5, 6, 5_000]);
});

test('a repair is an event that a person’s run takes, however much has drifted', () => {
  const subjects = Array.from({ length: 200 }, (_, n) => `p-1/role:${n}-6f1c5a0b-7d2e-4c61-9a53-1f2e3d4c5b6a`);
  const event = repairEvent({ personId: 'p-1', subjects }, 'run-1', '2026-06-01T12:00:00.000Z');
  expect(checkHrEvent(event, 'p-1')).toEqual({ ok: true, value: event });
});
