import { expect, test } from '@jest/globals';
import { planRoster } from '../../../../client/intake/roster/plan.ts';
import type { RosterPerson, RosterRules, RosterState } from '../../../../client/intake/roster/model.ts';
import type { Roster, RosterRow } from '../../../../client/intake/roster/read.ts';
import type { HrEvent } from '../../../../domain/model.ts';

const rules: RosterRules = {
  source: 'hr',
  isComplete: false,
  defaultTimeZone: 'Europe/Berlin',
  absence: { action: 'report', afterDays: 14 },
  mayEndEmployment: false,
  budget: 5,
  rules: [],
  now: new Date('2026-06-15T12:00:00Z'),
};

const ada: RosterPerson = {
  personId: 'e-1',
  externalId: 'e-1',
  isFirst: true,
  isNamed: true,
  employment: 'employed',
  attributes: { email: 'ada@example.com', department: 'Sales' },
  previousEmails: [],
  lines: { employment: { eventId: 'j-1', occurredAt: '2026-01-10T00:00:00.000Z' } },
  waiting: [],
};

const row = (fields: Partial<RosterRow> = {}): RosterRow => ({
  line: 2,
  externalId: 'e-1',
  email: 'ada@example.com',
  department: 'Sales',
  ...fields,
});

const waits = (kind: HrEvent['kind'], effectiveAt: string, source = 'hr'): HrEvent => ({
  eventId: `${kind}-1`,
  kind,
  personId: 'e-1',
  occurredAt: '2026-06-01T00:00:00.000Z',
  effectiveAt,
  source,
  ...(kind === 'joiner' ? { person: { email: 'ada@example.com', department: 'Sales' } } : {}),
});

const file = (rows: readonly RosterRow[], odd: Roster['odd'] = []): Roster => ({
  ...{ rows, cells: new Map(), odd, columns: [], decisions: [], encoding: 'utf-8', delimiter: 'comma' },
});

const stateOf = (people: readonly RosterPerson[], more: Partial<RosterState> = {}): RosterState => ({
  ...{
    people,
    known: new Set(['boss@example.com']),
    absences: new Map(),
    unboundEmails: [],
    knownAccounts: 9,
    room: 5,
  },
  ...more,
});

function plan(rows: readonly RosterRow[], people: readonly RosterPerson[] = [ada], more: Partial<RosterRules> = {}) {
  return planRoster(file(rows), stateOf(people), { ...rules, ...more }).plan;
}

const changes = (planned: ReturnType<typeof plan>) =>
  planned.items.map(({ kind, effectiveAt }) => [kind, effectiveAt ?? 'at once']);

test('a new person joins on the first minute of the first day, and leaves after the last day', () => {
  const planned = plan([
    row({ externalId: 'e-2', email: 'new@example.com', startDate: '2026-07-01', endDate: '2026-12-31' }),
  ]);
  expect(changes(planned)).toEqual([
    ['joiner', '2026-06-30T22:00:00.000Z'],
    ['leaver', '2026-12-31T23:00:00.000Z'],
  ]);
  expect(planned.unbound).toEqual([{ externalId: 'e-2', email: 'new@example.com' }]);
});

test('an unknown person who has left already needs nothing', () => {
  expect(plan([row({ externalId: 'e-2', email: 'old@example.com', endDate: '2026-05-31' })]).items).toEqual([]);
});

test('the same record is unchanged, another department a move, and empty cells change nothing', () => {
  expect(plan([row()])).toMatchObject({ items: [], unchanged: 1 });
  expect(changes(plan([row({ department: 'SRE' })]))).toEqual([['mover', 'at once']]);
  expect(plan([{ line: 2, externalId: 'e-1', email: 'ada@example.com' }]).items).toEqual([]);
});

test.each<[string, RosterPerson, Partial<RosterRow>, unknown[]]>([
  ['a last day is a leave', ada, { endDate: '2026-06-30' }, [['leaver', '2026-06-30T22:00:00.000Z']]],
  [
    'one that waits already is not sent again',
    { ...ada, waiting: [waits('leaver', '2026-06-30T22:00:00.000Z')] },
    { endDate: '2026-06-30' },
    [],
  ],
  [
    'a corrected one replaces it',
    { ...ada, waiting: [waits('leaver', '2026-06-30T22:00:00.000Z')] },
    { endDate: '2026-07-31' },
    [['leaver', '2026-07-31T22:00:00.000Z']],
  ],
  [
    'one that is gone withdraws it',
    { ...ada, waiting: [waits('leaver', '2026-06-30T22:00:00.000Z')] },
    {},
    [['leaverRescinded', 'at once']],
  ],
  [
    'but not where somebody else sent it',
    { ...ada, waiting: [waits('leaver', '2026-06-30T22:00:00.000Z', 'cli')] },
    {},
    [],
  ],
  ['a back-dated one is due at once', ada, { endDate: '2026-06-01' }, [['leaver', '2026-06-01T22:00:00.000Z']]],
  [
    'a corrected first day is a new joiner',
    { ...ada, employment: 'unknown', waiting: [waits('joiner', '2026-06-30T22:00:00.000Z')] },
    { startDate: '2026-08-01' },
    [['joiner', '2026-07-31T22:00:00.000Z']],
  ],
  [
    'in the zone of the person',
    ada,
    { endDate: '2026-06-30', timeZone: 'Asia/Tokyo' },
    [
      ['mover', 'at once'],
      ['leaver', '2026-06-30T15:00:00.000Z'],
    ],
  ],
])('a known person: %s', (_title, person, fields, expected) => {
  expect(changes(plan([row(fields)], [person]))).toEqual(expected);
});

test('a person who has left comes back only with a first day after the leave', () => {
  const left: RosterPerson = { ...ada, employment: 'left' };
  expect(plan([row({ startDate: '2019-01-01' })], [left])).toMatchObject({
    items: [],
    contradictions: [{ message: expect.stringContaining('they have left by the record') }],
  });
  expect(changes(plan([row({ startDate: '2026-07-01' })], [left]))).toEqual([['joiner', '2026-06-30T22:00:00.000Z']]);
  expect(plan([row({ startDate: '2019-01-01', endDate: '2026-01-31' })], [left])).toMatchObject({
    items: [],
    contradictions: [],
  });
});

test.each<[string, RosterRow[], RegExp]>([
  ['two rows for one e-mail', [row(), row({ line: 3, externalId: 'e-2' })], /the same e-mail is in lines 2, 3/],
  ['two rows for one id', [row(), row({ line: 3, email: 'b@example.com' })], /the same id is in lines 2, 3/],
  ['a leave before the hire', [row({ startDate: '2026-07-01', endDate: '2026-06-30' })], /before the first day/],
  ['an open-ended contractor', [row({ extra: { contractType: 'Contractor' } })], /end date or a sponsor/],
  ['a manager who does not exist', [row({ manager: 'ghost@example.com' })], /manager ghost@example.com/],
])('%s is a contradiction', (_title, rows, message) => {
  const { contradictions } = plan(rows);
  expect(contradictions[0]?.message).toMatch(message);
});

test('a contractor with a sponsor, and a manager in the file or known, contradict nothing', () => {
  const rows = [
    row({ manager: 'boss@example.com', extra: { contractType: 'contractor', sponsor: 'boss@example.com' } }),
    row({ line: 3, externalId: 'e-2', email: 'bob@example.com', manager: 'ADA@example.com' }),
  ];
  expect(plan(rows).contradictions).toEqual([]);
});

test('a person not in the file is missing and stays, unless the policy makes absence a leave', () => {
  const bob: RosterPerson = { ...ada, personId: 'e-9', externalId: 'e-9', attributes: { email: 'bob@example.com' } };
  const missing = plan([row()], [ada, bob], { isComplete: true });
  expect(missing).toMatchObject({ items: [], missing: [{ personId: 'e-9' }] });
  const leave = { isComplete: true, absence: { action: 'leave', afterDays: 14 } } as const;
  const since = (at: string) =>
    planRoster(file([row()]), stateOf([ada, bob], { absences: new Map([['e-9', at]]) }), { ...rules, ...leave }).plan;
  expect(since('2026-06-10T00:00:00.000Z').items).toEqual([]);
  expect(since('2026-06-01T00:00:00.000Z').items).toMatchObject([{ kind: 'leaver', personId: 'e-9', line: 0 }]);
  // An empty file, or one with a line that cannot be read, says nothing about absent people.
  expect(plan([], [ada, bob], leave).items).toEqual([]);
});

test('an incomplete file says nothing about missing people', () => {
  expect(plan([row()], [ada], { isComplete: true }).isWhole).toBe(true);
  expect(plan([row()], [ada], { isComplete: false }).isWhole).toBe(false);
  expect(plan([], [ada], { isComplete: true }).isWhole).toBe(false);
  const odd = { line: 3, message: 'email is missing', cells: {} };
  const complete = { ...rules, isComplete: true };
  expect(planRoster(file([row()], [odd]), stateOf([ada]), complete).plan.isWhole).toBe(false);
});

test('a line that is not taken but says whom it is about leaves the file whole', () => {
  const bob: RosterPerson = { ...ada, personId: 'e-9', externalId: 'e-9', attributes: { email: 'bob@example.com' } };
  const odd = { line: 3, message: 'status is no status that is known', who: { externalId: 'e-9' }, cells: {} };
  const complete = { ...rules, isComplete: true };
  const { plan: planned, refused } = planRoster(file([row()], [odd]), stateOf([ada, bob]), complete);
  expect(planned).toMatchObject({ isWhole: true, missing: [], items: [] });
  expect(refused).toMatchObject([{ line: 3, personId: 'e-9' }]);
});

test('more leavers, or missing people of a complete file, than the budget need a person', () => {
  const many = Array.from({ length: 6 }, (_, index): RosterPerson => {
    const id = `m-${index}`;
    return { ...ada, personId: id, externalId: id, attributes: { email: `${id}@example.com` } };
  });
  const rows = many.map(({ personId }, index) =>
    row({ line: index + 2, externalId: personId, email: `${personId}@example.com`, endDate: '2026-06-01' }),
  );
  expect(plan(rows, many).budget).toEqual({ limit: 5, leavers: 6, isExceeded: true });
  expect(plan([], many, { isComplete: true }).budget.isExceeded).toBe(true);
  expect(plan([], many).budget.isExceeded).toBe(false);
});

test('a lower source says what it has not said before; only leaves that count fill the budget', () => {
  const theirs: RosterPerson = { ...ada, isFirst: false, own: { email: 'ada@example.com', department: 'Elsewhere' } };
  const rows = [row({ department: 'Elsewhere', endDate: '2026-06-30', extra: { badge: '7' } })];
  const planned = plan(rows, [theirs]);
  expect(planned.items).toMatchObject([
    { kind: 'mover', person: { email: 'ada@example.com', department: 'Elsewhere', extra: { badge: '7' } } },
    { kind: 'leaver', effectiveAt: '2026-06-30T22:00:00.000Z' },
  ]);
  expect(planned.budget.leavers).toBe(0);
  const gone = [row({ endDate: '2026-06-14' })];
  expect(plan(gone, [theirs]).budget.leavers).toBe(0);
  expect(plan(gone, [theirs], { mayEndEmployment: true }).budget.leavers).toBe(1);
  expect(plan([row({ department: 'Elsewhere' })], [theirs]).items).toEqual([]);
});

test('somebody known by the command line alone is found by e-mail or id, and bound', () => {
  const { externalId: _none, ...named } = ada;
  const unnamed = { ...named, isNamed: false };
  expect(plan([row({ externalId: '4711' })], [unnamed])).toMatchObject({
    items: [],
    unbound: [{ externalId: '4711' }],
  });
  expect(plan([row({ email: 'ada.new@example.com' })], [unnamed]).items).toMatchObject([
    { kind: 'mover', personId: 'e-1' },
  ]);
});

test('two people who have swapped their addresses are told apart by their ids', () => {
  const { externalId: _none, ...named } = ada;
  const unnamed = { ...named, isNamed: false };
  const bob = { ...unnamed, personId: 'e-2', attributes: { email: 'bob@example.com', department: 'Sales' } };
  const rows = [row({ email: 'bob@example.com' }), row({ line: 3, externalId: 'e-2', email: 'ada@example.com' })];
  expect(plan(rows, [unnamed, bob]).items).toMatchObject([
    { kind: 'mover', personId: 'e-1', person: { email: 'bob@example.com' } },
    { kind: 'mover', personId: 'e-2', person: { email: 'ada@example.com' } },
  ]);
});

test('the plan has the same hash and ids as long as its content is the same', () => {
  const [first, again, other] = [
    plan([row({ department: 'SRE' })]),
    plan([row({ department: 'SRE' })]),
    plan([row({ department: 'HR' })]),
  ];
  expect(again).toEqual(first);
  expect(other?.hash).not.toBe(first?.hash);
});

test('a status that ends is a leave at once, one that was sent already is not sent again', () => {
  expect(changes(plan([row({ status: 'ended' })]))).toEqual([['leaver', 'at once']]);
  expect(changes(plan([row({ status: 'ended', endDate: '2026-06-30' })]))).toEqual([
    ['leaver', '2026-06-30T22:00:00.000Z'],
  ]);
  const leaving = { ...ada, waiting: [waits('leaver', '2026-06-14T22:00:00.000Z')] };
  expect(plan([row({ status: 'ended' })], [leaving]).items).toEqual([]);
  expect(plan([row({ status: 'leaveOfAbsence' })])).toMatchObject({ items: [], unchanged: 1 });
});

test('a terminated row of somebody unknown invites nobody', () => {
  const rows = [row({ externalId: 'e-2', email: 'new@example.com', status: 'ended' })];
  expect(plan(rows)).toMatchObject({ items: [], unchanged: 1 });
});

test('somebody who left before a first roster is a leaver while their account is active', () => {
  const left = (over: Partial<RosterRow>) =>
    planRoster(
      file([row({ externalId: 'e-2', email: 'Old@example.com', ...over })]),
      stateOf([ada], { unboundEmails: ['old@example.com'] }),
      rules,
    ).plan;
  expect(left({ endDate: '2026-05-31' })).toMatchObject({
    items: [{ kind: 'leaver', person: { email: 'Old@example.com' }, effectiveAt: '2026-05-31T22:00:00.000Z' }],
    budget: { leavers: 1 },
    access: { losers: 1 },
  });
  expect(left({ status: 'ended' }).items).toMatchObject([{ kind: 'leaver' }]);
  const linked: RosterPerson = { ...ada, employment: 'unknown', accountId: 'a-1', accountStatus: 'active' };
  expect(plan([row({ endDate: '2026-05-31' })], [linked]).items).toMatchObject([{ kind: 'leaver', personId: 'e-1' }]);
});

test('a first import of people whose contracts end later is not above the budget', () => {
  const rows = Array.from({ length: 9 }, (_, index) =>
    row({ line: index + 2, externalId: `t-${index}`, email: `t-${index}@example.com`, endDate: '2026-12-31' }),
  );
  expect(plan(rows)).toMatchObject({ items: { length: 18 }, budget: { leavers: 0, isExceeded: false } });
});

test('a contractor who goes on as an employee is one person: the new id replaces the old one', () => {
  const contractor: RosterPerson = { ...ada, personId: 'c-7', externalId: 'c-7', accountId: 'a-1' };
  const rows = [
    row({ externalId: 'c-7', startDate: '2025-01-01', endDate: '2026-06-30' }),
    row({ line: 3, externalId: 'e-20', startDate: '2026-07-01' }),
  ];
  const planned = plan(rows, [contractor]);
  expect(planned.contradictions).toEqual([]);
  expect(planned.items).toMatchObject([{ kind: 'joiner', externalId: 'e-20' }]);
  expect(planned.replaced).toEqual([
    { line: 3, externalId: 'e-20', email: 'ada@example.com', personId: undefined, replaces: 'c-7' },
  ]);
  // Once replaced, nothing is said of the old id any more.
  const replaced: RosterPerson = { ...contractor, employment: 'left', accountId: undefined, replacedBy: 'e-20' };
  const employee: RosterPerson = { ...ada, personId: 'e-20', externalId: 'e-20', accountId: 'a-1' };
  expect(plan(rows, [replaced, employee])).toMatchObject({ items: [], replaced: [], contradictions: [] });
  // Nobody is known yet: one person joins, on the first day of the first contract.
  expect(changes(plan(rows, []))).toEqual([['joiner', '2024-12-31T23:00:00.000Z']]);
});

test('the preview says who gains and loses what, and how many the change budget would hold', () => {
  const some = (name: string, department: string, roles: string[]) => ({
    name,
    when: { department: [department] },
    roles,
    teams: [],
  });
  const more = { rules: [some('sales', 'Sales', ['Reader']), some('sre', 'SRE', ['Admin'])] };
  const bob: RosterPerson = {
    ...ada,
    personId: 'e-9',
    externalId: 'e-9',
    attributes: { email: 'bob@example.com', department: 'Sales' },
  };
  const rows = [
    row({ department: 'SRE' }),
    row({ line: 3, externalId: 'e-9', email: 'bob@example.com', status: 'ended' }),
    row({ line: 4, externalId: 'e-3', email: 'new@example.com', startDate: '2026-07-01', endDate: '2026-12-31' }),
  ];
  const { access } = planRoster(file(rows), stateOf([ada, bob], { room: 1 }), { ...rules, ...more }).plan;
  expect(access).toMatchObject({ losers: 2, held: 1 });
  expect(access.totals).toEqual([
    { kind: 'role', name: 'Admin', gain: 1, lose: 0 },
    { kind: 'role', name: 'Reader', gain: 1, lose: 3 },
  ]);
  expect(access.changes).toMatchObject([
    { line: 2, person: 'e-1', gains: [{ name: 'Admin' }], loses: [{ name: 'Reader' }] },
    { line: 3, person: 'e-9', gains: [], loses: [{ name: 'Reader' }] },
    { line: 4, effectiveAt: '2026-06-30T22:00:00.000Z', gains: [{ name: 'Reader' }] },
    { line: 4, effectiveAt: '2026-12-31T23:00:00.000Z', loses: [{ name: 'Reader' }] },
  ]);
});
