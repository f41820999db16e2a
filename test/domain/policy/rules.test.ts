import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { PersonAttributes } from '../../../domain/model.ts';
import {
  birthrightAccess,
  explainAccess,
  isInDomains,
  matchesValue,
  type PolicyRule,
} from '../../../domain/policy/rules.ts';

const approvers = { people: ['lead@example.com'], manager: false, quorum: 1, fallback: ['it@example.com'] };
const rule = (name: string, fields: Partial<PolicyRule>): PolicyRule => ({
  name,
  when: {},
  roles: [],
  teams: [],
  ...fields,
});
const person = (fields: Partial<PersonAttributes> = {}): PersonAttributes => ({ email: 'ada@example.com', ...fields });
const key = ({ kind, name }: { kind: string; name: string }): string => `${kind}:${name}`;
const namesGiven = (rules: readonly PolicyRule[], attributes: PersonAttributes): readonly string[] =>
  birthrightAccess({ rules }, attributes).granted.map(key);

describe('a condition', () => {
  test('holds for an equal value whatever its case and outer spaces', () => {
    expect(matchesValue(' Engineering', 'engineering ')).toBe(true);
    expect(matchesValue('Engineering', 'Engineering Support')).toBe(false);
  });

  test('with * at its end holds for every value that begins so', () => {
    expect(matchesValue('senior*', 'Senior Engineer')).toBe(true);
    expect(matchesValue('senior*', 'A Senior Engineer')).toBe(false);
  });

  test('with * alone holds for any value that HR names, and not where HR names none', () => {
    const rules = [rule('managed', { when: { manager: ['*'] }, roles: ['R'] })];
    expect(namesGiven(rules, person({ manager: 'p-1' }))).toEqual(['role:R']);
    expect(namesGiven(rules, person({ manager: ' ' }))).toEqual([]);
    expect(namesGiven(rules, person())).toEqual([]);
  });

  test('reads standard attributes and further ones, and nothing that an object merely inherits', () => {
    const rules = [
      rule('zone', { when: { timeZone: ['Europe/*'] }, roles: ['Zone'] }),
      rule('contract', { when: { contractType: ['permanent'] }, roles: ['Contract'] }),
      rule('inherited', { when: { constructor: ['*'], toString: ['*'] }, roles: ['Never'] }),
    ];
    const attributes = person({ timeZone: 'Europe/Paris', extra: { contractType: 'Permanent' } });
    expect(namesGiven(rules, attributes)).toEqual(['role:Contract', 'role:Zone']);
  });

  test('on a standard attribute is not met by a further one of the same name', () => {
    const rules = [rule('sre', { when: { department: ['SRE'] }, roles: ['Admin'] })];
    expect(namesGiven(rules, person({ extra: { department: 'SRE' } }))).toEqual([]);
  });

  test('must hold together with the others of its rule, by any one of its values', () => {
    const rules = [rule('both', { when: { department: ['SRE', 'Platform'], title: ['Lead'] }, teams: ['leads'] })];
    expect(namesGiven(rules, person({ department: 'Platform', title: 'Lead' }))).toEqual(['team:leads']);
    expect(namesGiven(rules, person({ department: 'Platform', title: 'Clerk' }))).toEqual([]);
  });
});

describe('birthright access', () => {
  test('is the union of the rules that match, each entitlement once with the rules that grant it', () => {
    const rules = [rule('b', { roles: ['R'], teams: ['T'] }), rule('a', { roles: ['R'] })];
    expect(birthrightAccess({ rules }, person()).granted).toEqual([
      { kind: 'role', name: 'R', rules: ['a', 'b'] },
      { kind: 'team', name: 'T', rules: ['b'] },
    ]);
  });

  test('that one rule grants without approval needs none by another', () => {
    const rules = [rule('asks', { roles: ['R', 'S'], approval: approvers }), rule('gives', { roles: ['R'] })];
    expect(birthrightAccess({ rules }, person())).toEqual({
      granted: [{ kind: 'role', name: 'R', rules: ['gives'] }],
      onApproval: [{ rule: 'asks', entitlements: [{ kind: 'role', name: 'S' }], approvers }],
    });
  });

  test('asks nobody where nothing is left to ask for', () => {
    const rules = [rule('asks', { roles: ['R'], approval: approvers }), rule('gives', { roles: ['R'] })];
    expect(birthrightAccess({ rules }, person()).onApproval).toEqual([]);
  });

  test('keeps a role and a team of the same name apart', () => {
    const rules = [rule('role', { roles: ['Ops'] }), rule('team', { teams: ['Ops'], approval: approvers })];
    const access = birthrightAccess({ rules }, person());
    expect(access.granted).toMatchObject([{ kind: 'role', name: 'Ops' }]);
    expect(access.onApproval).toMatchObject([{ entitlements: [{ kind: 'team', name: 'Ops' }] }]);
  });

  const values = fc.constantFrom('SRE', 'sre', 'Engineering', 'Eng*', 'Lead', '*');
  const names = fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D'), { maxLength: 3 });
  const anyRule = fc.record({
    when: fc.dictionary(
      fc.constantFrom('department', 'title', 'location'),
      fc.array(values, { minLength: 1, maxLength: 2 }),
    ),
    roles: names,
    teams: names,
    approval: fc.option(fc.constant(approvers), { nil: undefined }),
  });
  const anyRules = fc
    .array(anyRule, { maxLength: 6 })
    .map((rules) =>
      rules.map(({ approval, ...fields }, index) => rule(`rule ${index}`, approval ? { ...fields, approval } : fields)),
    );
  const anyPerson = fc
    .record({ department: values, title: values, location: values })
    .map(({ location, ...fields }) => person({ ...fields, extra: { location } }));
  const shuffled = anyRules.chain((rules) =>
    fc.tuple(fc.constant(rules), fc.shuffledSubarray(rules, { minLength: rules.length })),
  );

  test('does not depend on the order of the rules', () => {
    fc.assert(
      fc.property(shuffled, anyPerson, ([rules, other], attributes) => {
        expect(birthrightAccess({ rules: other }, attributes)).toEqual(birthrightAccess({ rules }, attributes));
      }),
    );
  });

  test('is exactly what the matching rules name, never both granted and on approval', () => {
    fc.assert(
      fc.property(anyRules, anyPerson, (rules, attributes) => {
        const { granted, onApproval } = birthrightAccess({ rules }, attributes);
        const asked = new Set(onApproval.flatMap(({ entitlements }) => entitlements.map(key)));
        const given = new Set(granted.map(key));
        const matching = explainAccess({ rules }, attributes).filter(({ matched }) => matched);
        const named = new Set(matching.flatMap(({ entitlements }) => entitlements.map(key)));
        const free = new Set(matching.flatMap((one) => (one.needsApproval ? [] : one.entitlements.map(key))));
        expect(given).toEqual(free);
        expect(new Set([...given, ...asked])).toEqual(named);
        expect([...given].filter((one) => asked.has(one))).toEqual([]);
      }),
    );
  });
});

describe('the explanation', () => {
  test('says whether each rule matched, and for each condition what HR says and whether it holds', () => {
    const rules = [
      rule('everyone', { roles: ['R'] }),
      rule('sre', { when: { department: ['SRE'], title: ['Lead'], site: ['B1'] }, roles: ['S'], approval: approvers }),
    ];
    expect(explainAccess({ rules }, person({ department: 'sre', title: 'Clerk' }))).toEqual([
      {
        rule: 'everyone',
        matched: true,
        entitlements: [{ kind: 'role', name: 'R' }],
        needsApproval: false,
        conditions: [],
      },
      {
        rule: 'sre',
        matched: false,
        entitlements: [{ kind: 'role', name: 'S' }],
        needsApproval: true,
        conditions: [
          { attribute: 'department', accepted: ['SRE'], actual: 'sre', holds: true },
          { attribute: 'title', accepted: ['Lead'], actual: 'Clerk', holds: false },
          { attribute: 'site', accepted: ['B1'], holds: false },
        ],
      },
    ]);
  });
});

test.each([
  [[], 'pat@anywhere.test', true],
  [['example.com'], 'Pat@Example.COM', true],
  [['example.com'], 'pat@mail.example.com', false],
  [['example.com'], 'pat@notexample.com', false],
  [['example.com'], 'pat@example.com@elsewhere.test', false],
])('with the domains %j, %s is allowed: %s', (domains, email, isAllowed) => {
  expect(isInDomains(domains, email)).toBe(isAllowed);
});
