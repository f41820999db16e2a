import { ranksOf } from '../../domain/facts/ranks.ts';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { loadPolicy, parsePolicy, PolicyError } from '../../policy/file.ts';
import { desiredAccess } from '../../policy/requests.ts';
import type { Policy } from '../../domain/policy/rules.ts';

const simulator = { datadogIsSimulator: true };
const site = { datadogIsSimulator: false };
const examplePath = resolve(import.meta.dirname, '../../policy.example.yaml');
const minimal = 'version: 1\nrules: []\n';
const zone = 'defaultTimeZone: Europe/Berlin\n';
const saidForSite = `${zone}mode: enforce\nidentity: { allowedDomains: [example.com] }\n`;

function problemsOf(text: string, options = simulator): readonly string[] {
  try {
    parsePolicy(text, 'p.yaml', options);
  } catch (error) {
    if (error instanceof PolicyError) return error.problems;
    throw error;
  }
  return [];
}

const key = ({ kind, name }: { kind: string; name: string }): string => `${kind}:${name}`;
const approvalProblems = (approval: string): readonly string[] =>
  problemsOf(`version: 1\nrules: [{ name: a, roles: R, approval: ${approval} }]`);
const rulesText = (list: readonly string[]): string =>
  `version: 1\nrules:\n${list.map((one) => `  - ${one}\n`).join('')}`;
const hashOf = (source: string, options = simulator): string => parsePolicy(source, 'p.yaml', options).hash;

describe('the defaults', () => {
  test('with a simulator are quick and write', () => {
    const { hash: _, ...policy } = parsePolicy(minimal, 'p.yaml', simulator);
    expect(policy).toEqual({
      mode: 'enforce',
      audit: {},
      activation: 'invitation',
      defaultTimeZone: 'UTC',
      identity: { allowedDomains: [], ignore: [], mayEndEmployment: [] },
      roster: {
        ignore: [],
        statuses: { active: [], leaveOfAbsence: [], ended: [] },
        columns: {},
        absence: { action: 'report', afterDays: 14 },
        source: 'hr',
        complete: false,
        cron: '0 * * * *',
      },
      changeBudget: { hour: { atLeast: 5, percent: 5 }, day: { atLeast: 20, percent: 20 } },
      protection: { emergencyAccounts: [] },
      rules: [],
      times: {
        leadMs: 7 * 86_400_000,
        resendBeforeMs: 4 * 3_600_000,
        giveUpAfterMs: 14 * 86_400_000,
        approvalRemindAfterMs: 86_400_000,
        approvalFallbackAfterMs: 2 * 86_400_000,
        approvalRejectAfterMs: 7 * 86_400_000,
        leaverAlarmAfterMs: 15 * 60_000,
      },
      approvals: { acceptClaimed: true },
      sync: { cron: '*/15 * * * *', timeZone: 'UTC', lightEveryMs: 30_000, drift: 'report' },
      findings: {
        dormantAfterMs: 90 * 86_400_000,
        neverLoggedInAfterMs: 30 * 86_400_000,
        pendingAfterMs: 30 * 86_400_000,
        keyUnusedAfterMs: 90 * 86_400_000,
        keyMaxAgeMs: 365 * 86_400_000,
        keyInUseWithinMs: 7 * 86_400_000,
        ownerAwayAfterMs: 30 * 86_400_000,
      },
      sources: [],
    });
  });

  test('with a Datadog site are careful', () => {
    const policy = parsePolicy(`${minimal}${saidForSite}`, 'p.yaml', site);
    expect(policy.approvals.acceptClaimed).toBe(false);
    expect(policy.sync.lightEveryMs).toBe(60_000);
  });

  test('of the change budget make a day four hours, in all and for a source', () => {
    const budget = 'offboarding: { changeBudget: { atLeast: 8, day: { percent: 30 }, perSource: { atLeast: 3 } } }\n';
    expect(parsePolicy(`${minimal}${budget}`, 'p.yaml', simulator).changeBudget).toEqual({
      hour: { atLeast: 8, percent: 5 },
      day: { atLeast: 32, percent: 30 },
      perSource: { hour: { atLeast: 3, percent: 0 }, day: { atLeast: 12, percent: 0 } },
    });
    const wrong = minimal + budget.replace('day: {', 'day: { window: 2,');
    expect(() => parsePolicy(wrong, 'p.yaml', simulator)).toThrow(/offboarding.changeBudget.day.window: is not known/);
  });

  test('yield to what the file says', () => {
    const text = `${minimal}${saidForSite}approvals: { acceptClaimed: true }\nsync: { lightEvery: 90 seconds }\n`;
    const policy = parsePolicy(text, 'p.yaml', site);
    expect([policy.mode, policy.approvals.acceptClaimed, policy.sync.lightEveryMs]).toEqual(['enforce', true, 90_000]);
  });
});

describe('with a Datadog site', () => {
  test.each([
    ['no mode', `${zone}identity: { allowedDomains: [example.com] }`, ['p.yaml:1:1: mode: is missing']],
    ['no domains', `${zone}mode: observe`, ['p.yaml:1:1: identity.allowedDomains: is missing or empty']],
    [
      'an empty list of domains',
      `${zone}mode: observe\nidentity: { allowedDomains: [] }`,
      ['p.yaml:5:29: identity.allowedDomains: is missing or empty'],
    ],
    [
      'no time zone',
      'mode: observe\nidentity: { allowedDomains: [example.com] }',
      ['p.yaml:1:1: defaultTimeZone: is missing'],
    ],
    [
      'none of them',
      '',
      [
        'p.yaml:1:1: mode: is missing',
        'p.yaml:1:1: defaultTimeZone: is missing',
        'p.yaml:1:1: identity.allowedDomains: is missing or empty',
      ],
    ],
  ])('%s is refused in words that name the field and the fix', (_, more, expected) => {
    const problems = problemsOf(`${minimal}${more}`, site);
    expect(problems.map((problem, index) => problem.slice(0, expected[index]?.length))).toEqual(expected);
    for (const problem of problems)
      expect(problem).toMatch(/write `mode: observe`|allowedDomains: \[example\.com\]|such as `defaultTimeZone: /);
  });

  test('a rule without fallback approvers is refused', () => {
    const rule = 'rules: [{ name: a, roles: R, approval: { people: [x@example.com] } }]';
    expect(problemsOf(`version: 1\n${rule}\n${saidForSite}`, site)).toEqual([
      expect.stringContaining('rules[0].approval.fallback'),
    ]);
  });
});

describe('the example', () => {
  test.each([
    ['Sales', ['role:Datadog Read Only Role'], []],
    ['Engineering', ['role:Datadog Read Only Role', 'role:Datadog Standard Role', 'team:engineering'], []],
    ['SRE', ['role:Datadog Read Only Role'], ['role:Datadog Admin Role']],
  ])('gives %s what the design says', async (department, free, asked) => {
    const policy = await loadPolicy(examplePath, simulator);
    const access = desiredAccess(policy, 'p-1', { email: 'ada@example.com', department });
    expect(access.entitlements.map(key)).toEqual(free);
    expect(access.requests.flatMap(({ entitlements }) => entitlements.map(key))).toEqual(asked);
  });

  test('lets one approver allow the Admin role, and states the defaults elsewhere', async () => {
    const { rules, sources, approvals, hash: _, ...rest } = await loadPolicy(examplePath, simulator);
    expect(rules.find(({ name }) => name === 'sre')?.approval).toEqual({
      people: ['security-lead@example.com'],
      manager: true,
      quorum: 1,
      fallback: ['it-lead@example.com'],
    });
    const { default: ofPrivileged, ...waits } = approvals;
    expect(ofPrivileged).toEqual({
      people: ['security-lead@example.com'],
      manager: false,
      quorum: 1,
      fallback: ['it-lead@example.com'],
    });
    expect(sources).toEqual([{ name: 'hr', verify: { kind: 'standardWebhooks' } }]);
    expect(parsePolicy(minimal, 'p.yaml', simulator)).toMatchObject({ ...rest, approvals: waits });
  });
});

describe('problems', () => {
  test('are said all at once, each with its place, its field and the fix, in the order of the file', () => {
    const text = [
      'version: 2',
      'mod: observe',
      'defaultTimeZone: Mars/Base',
      'rules:',
      '  - name: a',
      '    when: { Department: [SRE], title: [] }',
      '    roles: [R]',
      '    aproval: {}',
      '  - name: a',
      '    approval: { people: [x@example.com], quorum: 2, fallback: [y@example.com] }',
      '    teams: [7]',
      'onboarding: { lead: 7, giveUpAfter: soon }',
      'sync: { cron: "* * * *" }',
    ].join('\n');
    expect(problemsOf(text)).toEqual([
      'p.yaml:1:10: version: must be 1, not 2',
      'p.yaml:2:1: mod: is not known: did you mean mode?',
      'p.yaml:3:18: defaultTimeZone: must be an IANA time zone, such as "Europe/Berlin" or "UTC", not "Mars/Base"',
      'p.yaml:6:13: rules[0].when.Department: is no attribute: write department',
      'p.yaml:6:39: rules[0].when.title: is empty, so that nobody matches: name a value, or remove it',
      'p.yaml:8:5: rules[0].aproval: is not known: did you mean approval?',
      'p.yaml:9:11: rules[1].name: "a" is the name of rules[0] too: give each rule its own',
      'p.yaml:10:50: rules[1].approval.quorum: is 2, but only 1 can decide: lower it, or name more people',
      'p.yaml:11:13: rules[1].teams[0]: must be a text, not 7: put it in quotes',
      'p.yaml:12:21: onboarding.lead: must be a number and a unit, such as "7 days", "4 hours" or "90 seconds", not 7',
      'p.yaml:12:37: onboarding.giveUpAfter: must be a number and a unit, such as "7 days", "4 hours" or "90 seconds", not "soon"',
      'p.yaml:13:15: sync.cron: must have the five fields minute, hour, day of the month, month and day of the week, such as "*/15 * * * *", not "* * * *"',
    ]);
  });

  test.each([
    ['an empty file', '', /^p\.yaml:1:1: the policy: is empty/],
    ['YAML that does not parse', 'rules: [', /^p\.yaml:1:\d+: YAML: /],
    ['a key given twice', `${minimal}version: 1\n`, /^p\.yaml:3:1: YAML: Map keys must be unique/],
    ['a second document', `${minimal}---\nx: 1\n`, /^p\.yaml:3:1: YAML: a second document begins/],
    ['a list', '- 1', /^p\.yaml:1:1: the policy: must be a map of fields, not a list$/],
    ['no rules', 'version: 1', /^p\.yaml:1:1: rules: is missing/],
    ['no version', 'rules: []', /^p\.yaml:1:1: version: must be 1, and is missing/],
    ['a field in the wrong place', `${minimal}lead: 7 days`, /^p\.yaml:3:1: lead: .* belongs under onboarding$/],
    [
      'an unknown field like no other',
      `${minimal}sync: { zzz: 1 }`,
      /^p\.yaml:3:9: sync\.zzz: .* cron, timeZone, lightEvery, drift$/,
    ],
    [
      'an unknown way with drift',
      `${minimal}sync: { drift: mend }`,
      /^p\.yaml:3:16: sync\.drift: must be report or repair/,
    ],
    ['an unknown threshold', `${minimal}findings: { dormant: 1 day }`, /^p\.yaml:3:13: findings\.dormant: /],
    ['an unknown mode', `${minimal}mode: dry`, /^p\.yaml:3:7: mode: must be observe or enforce, not "dry"$/],
    ['an empty section', `${minimal}sync:\n`, /^p\.yaml:3:1: sync: must be a map of fields, but is empty/],
    [
      'an empty when',
      'version: 1\nrules:\n  - name: a\n    when:\n    roles: [R]',
      /^p\.yaml:4:5: rules\[0\]\.when: .* is empty/,
    ],
    ['a rule that gives nothing', 'version: 1\nrules:\n  - name: a', /^p\.yaml:3:5: rules\[0\]: gives nothing/],
    [
      'a * in the middle',
      'version: 1\nrules: [{ name: a, when: { title: a*b }, roles: R }]',
      /title: has "a\*b": \* may stand only at the end/,
    ],
    [
      'an offset as time zone',
      `${minimal}defaultTimeZone: "+02:00"`,
      /^p\.yaml:3:18: defaultTimeZone: must be an IANA/,
    ],
    [
      'a domain with @',
      `${minimal}identity: { allowedDomains: ["@example.com"] }`,
      /allowedDomains\[0\]: must be a domain without "@"/,
    ],
    [
      'a reminder after the fallback',
      `${minimal}approvals: { remindAfter: 2 days }`,
      /^p\.yaml:3:27: approvals\.remindAfter: must be shorter than fallbackAfter$/,
    ],
    [
      'a fallback after the end',
      `${minimal}approvals: { fallbackAfter: 7 days }`,
      /approvals\.fallbackAfter: must be shorter than rejectAfter$/,
    ],
    [
      'a resend before two days',
      `${minimal}onboarding: { resendBefore: 2 days }`,
      /resendBefore: must be shorter than 2 days/,
    ],
    ['no time at all', `${minimal}offboarding: { alarmAfter: 0 seconds }`, /alarmAfter: must be longer than 0 seconds/],
    ['more than a year', `${minimal}onboarding: { lead: 99999 weeks }`, /lead: must be at most 366 days/],
    ['a minute that is none', `${minimal}sync: { cron: "61 * * * *" }`, /cron: has "61" as its minute/],
    ['a range backwards', `${minimal}sync: { cron: "0 9 * * fri-mon" }`, /cron: has "fri-mon" as its day of the week/],
  ])('name %s', (_, text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  test.each([
    ['no fallback', '{ manager: true }', /fallback: is missing/],
    ['an empty fallback', '{ manager: true, fallback: [] }', /fallback: is empty: name who decides/],
    ['nobody to decide', '{ fallback: [it@example.com] }', /approval: nobody can decide/],
    ['a quorum of none', '{ manager: true, quorum: 0, fallback: [it@example.com] }', /quorum: must be 1 or more/],
    [
      'a quorum that one person would meet twice',
      '{ people: [A@example.com, a@example.com], quorum: 2, fallback: [b@example.com] }',
      /quorum: is 2, but only 1/,
    ],
    [
      'a quorum that a missing manager makes impossible',
      '{ people: [a@example.com], manager: true, quorum: 2, fallback: [a@example.com] }',
      /without the manager only 1/,
    ],
    [
      'an approver that is no person',
      '{ people: [not a person], fallback: [it@example.com] }',
      /people\[0\]: must be an e-mail address or a personId/,
    ],
  ])('name an approval with %s', (_, approval, expected) => {
    expect(approvalProblems(approval)).toEqual([expect.stringMatching(expected)]);
  });

  test('name a file that cannot be read, and how to write one', async () => {
    const loading = loadPolicy('/nowhere/policy.yaml', simulator);
    await expect(loading).rejects.toThrow(PolicyError);
    await expect(loading).rejects.toThrow(
      '/nowhere/policy.yaml: cannot be read (ENOENT): write it with `npx muster policy init`',
    );
  });

  test('are all that any text can cause', () => {
    const scrap = fc.constantFrom(
      'version: 1',
      'rules:',
      '  - name: a',
      '    when: {}',
      '    roles: [&x R, *x]',
      'sync: 3',
      '? [a]\n: b',
      '<<: *y',
      '!!binary x',
      'null',
      '- - -',
      '"',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(scrap).map((lines) => lines.join('\n')),
          fc.string(),
        ),
        (text) => {
          for (const problem of problemsOf(text)) expect(problem).toMatch(/^p\.yaml:\d+:\d+: .+?: ./);
        },
      ),
    );
  });
});

describe('the hash', () => {
  const rules = ['{ name: a, roles: [R, S] }', '{ name: b, when: { department: [X, Y], title: [Z] }, teams: [T] }'];

  test('stays the same when comments, orders and spelled-out defaults change', () => {
    const reordered = rulesText([
      '{ teams: [T], when: { title: Z, department: [Y, X] }, name: b }',
      '{ roles: [S, R], name: a }',
    ]);
    expect(hashOf(`# why\n${reordered}mode: enforce\nonboarding: { lead: 168 hours }\n`)).toBe(
      hashOf(rulesText(rules)),
    );
    expect(hashOf(rulesText(rules))).toMatch(/^[0-9a-f]{64}$/);
  });

  test('changes with every setting', () => {
    const base = rulesText(rules);
    const others = [
      'mode: observe',
      'defaultTimeZone: Europe/Berlin',
      'onboarding: { lead: 1 day }',
      'sync: { timeZone: Asia/Tokyo }',
      'identity: { allowedDomains: [example.com] }',
    ];
    const hashes = [
      hashOf(base),
      hashOf(`${base}\n${saidForSite}`, site),
      hashOf(rulesText([rules[0] ?? ''])),
      ...others.map((other) => hashOf(`${base}${other}\n`)),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test('is the same wherever a file is read, also where it leaves something to the kind of Datadog', () => {
    const text = `${rulesText(rules)}\n${saidForSite}`;
    expect(hashOf(text, site)).toBe(hashOf(text, simulator));
    for (const said of ['approvals: { acceptClaimed: true }', 'sync: { lightEvery: 30 seconds }']) {
      expect(hashOf(`${text}\n${said}\n`, site)).not.toBe(hashOf(text, site));
    }
  });
});

test('durations, cron expressions and single values are read in the forms people write', () => {
  const read = (text: string): Policy => parsePolicy(`${minimal}${text}`, 'p.yaml', simulator);
  expect(read('onboarding: { lead: 1.5 hours }').times.leadMs).toBe(5_400_000);
  expect(read('onboarding: { lead: 0 days }').times.leadMs).toBe(0);
  expect(read('onboarding: { lead: 2 Weeks }').times.leadMs).toBe(14 * 86_400_000);
  expect(read('sync: { cron: "0,30 6-20/2 1 JAN,jun mon-FRI" }').sync.cron).toBe('0,30 6-20/2 1 JAN,jun mon-FRI');
  const policy = parsePolicy(
    'version: 1\nrules: [{ name: a, when: { department: SRE }, roles: R }]',
    'p.yaml',
    simulator,
  );
  expect(policy.rules).toEqual([{ name: 'a', when: { department: ['SRE'] }, roles: ['R'], teams: [] }]);
});

describe('the rank of sources', () => {
  const ranked = (authority: string, more = '') =>
    `${minimal}identity: { authority: ${authority}${more} }\nsources:\n  - { name: hr, verify: standardWebhooks }\n  - { name: okta, mayAdd: [groups] }\n`;

  test.each([
    ['a source without a rank', ranked('[hr]'), 'sources[1].name: "okta" has no rank: add it to identity.authority'],
    ['an unknown source', ranked('[hr, okta, lms]'), 'names "lms", which is none of the sources'],
    ['a source that may end employment', ranked('[hr, okta]', ', mayEndEmployment: [lms]'), '"lms" has no rank'],
    [
      'a name of Muster',
      `${minimal}sources: [{ name: cli, verify: standardWebhooks }]\n`,
      'a name that Muster itself uses',
    ],
  ])('%s is a problem in words', (_what, text, said) => {
    expect(() => parsePolicy(text, 'p.yaml', simulator)).toThrow(said);
  });

  test('follows the list, else the order of the sources, and counts in the hash', () => {
    const [first, second] = ['[hr, okta]', '[okta, hr]'].map((list) => parsePolicy(ranked(list), 'p.yaml', simulator));
    expect(first && ranksOf(first)).toEqual({
      authority: ['hr', 'okta'],
      mayAdd: { hr: [], okta: ['groups'] },
      mayEndEmployment: [],
    });
    expect(first?.hash).not.toBe(second?.hash);
    const unlisted = parsePolicy(ranked('[hr]').replace('identity: { authority: [hr] }\n', ''), 'p.yaml', simulator);
    expect(ranksOf(unlisted).authority).toEqual(['hr', 'okta']);
  });
});
