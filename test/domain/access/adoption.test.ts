import { expect, test } from '@jest/globals';
import { matchesPattern, planAdoption, type Candidate, type HeldAccount } from '../../../domain/access/adoption.ts';

const policy = {
  identity: { allowedDomains: ['example.com'], ignore: ['svc-*@example.com'], mayEndEmployment: [] },
  rules: [{ name: 'all', when: {}, roles: ['Read'], teams: [] }],
};

const person = (personId: string, email = `${personId}@example.com`, more: Partial<Candidate> = {}): Candidate => ({
  personId,
  attributes: { email },
  employment: 'employed',
  ...more,
});

const account = (id: string, email = `${id}@example.com`, more: Partial<HeldAccount> = {}): HeldAccount => ({
  id,
  email,
  handle: email,
  status: 'active',
  isServiceAccount: false,
  holds: [],
  ...more,
});

const plan = (people: Candidate[], accounts: HeldAccount[], others: readonly (readonly [string, string])[] = []) => {
  const known = people.flatMap(({ accountId, personId }) =>
    accountId === undefined ? [] : [[accountId, personId] as const],
  );
  return planAdoption({ people, accounts, bound: new Map([...known, ...others]), policy });
};

test('the account with the person’s e-mail is theirs, and the policy judges what it holds', () => {
  const holds = [
    { kind: 'role' as const, id: 'r1', name: 'Read' },
    { kind: 'role' as const, id: 'r2', name: 'Admin' },
  ];
  const { matches } = plan([person('ada')], [account('a', 'ADA@example.com', { holds })]);
  expect(matches).toMatchObject([
    { personId: 'ada', accountId: 'a', isBound: false, holds: [{ isGiven: true }, { name: 'Admin', isGiven: false }] },
  ]);
});

test('a bound account is the person’s, whatever its e-mail is now', () => {
  const { matches, unmatchedAccounts } = plan(
    [person('ada', 'new@example.com', { accountId: 'a' })],
    [account('a', 'old@example.com')],
  );
  expect(matches).toMatchObject([{ accountId: 'a', isBound: true }]);
  expect(unmatchedAccounts).toEqual([]);
});

test.each([
  ['two accounts with the e-mail', [person('ada')], [account('a', 'ada@example.com'), account('b', 'ada@example.com')]],
  ['two people with the e-mail', [person('p1', 'ada@example.com'), person('p2', 'ada@example.com')], [account('ada')]],
  ['an old handle alone', [person('ada')], [account('a', 'other@example.com', { handle: 'ada@example.com' })]],
  [
    'an account bound to somebody else',
    [person('ada'), person('bob', 'bob@example.com', { accountId: 'ada' })],
    [account('ada')],
  ],
  ['somebody who has left', [person('ada', 'ada@example.com', { employment: 'left' })], [account('ada')]],
  ['a bound account that is gone', [person('ada', 'ada@example.com', { accountId: 'x' })], [account('ada')]],
])('%s is ambiguous, and adopts nothing for that person', (_, people, accounts) => {
  const { matches, ambiguous } = plan(people, accounts);
  expect(ambiguous.length).toBeGreaterThan(0);
  expect(matches.filter(({ personId }) => personId !== 'bob')).toEqual([]);
});

test('the account of a person who is not to be adopted now is theirs all the same', () => {
  const { matches, ambiguous, unmatchedAccounts } = plan([person('ada')], [account('ada')], [['ada', 'new-hire']]);
  expect(matches).toEqual([]);
  expect(ambiguous).toEqual([{ what: 'person ada', why: 'account ada is bound to person new-hire' }]);
  expect(unmatchedAccounts).toEqual([]);
});

test('machine, external and nobody’s accounts are listed apart', () => {
  const { machines, external, unmatchedAccounts, unmatchedPeople } = plan(
    [person('eve', 'robot@example.com'), person('zoe')],
    [
      account('robot', 'robot@example.com', { isServiceAccount: true }),
      account('s', 'svc-build@example.com'),
      account('x', 'guest@partner.example'),
      account('nobody'),
    ],
  );
  expect(machines.map(({ id }) => id)).toEqual(['robot', 's']);
  expect(external.map(({ id }) => id)).toEqual(['x']);
  expect(unmatchedAccounts.map(({ id }) => id)).toEqual(['nobody']);
  expect(unmatchedPeople.map(({ personId }) => personId)).toEqual(['eve', 'zoe']);
});

test('a pattern holds for the whole e-mail, and its dot is a dot', () => {
  expect(matchesPattern('svc-*@example.com', 'SVC-a@example.com')).toBe(true);
  expect(matchesPattern('svc-*@example.com', 'svc-a@examplexcom')).toBe(false);
  expect(matchesPattern('bot', 'robot@example.com')).toBe(false);
});
