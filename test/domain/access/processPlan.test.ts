import { isUndecidable } from '../../../domain/approvals.ts';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { plannedParts } from '../../../domain/access/planWords.ts';
import { entitlementKey, heldEntitlements, pickResolved } from '../../../domain/access/plan.ts';
import { planProcess, takenBy, type Situation } from '../../../domain/access/processPlan.ts';
import type { Access, ResolvedEntitlement } from '../../../domain/model.ts';
import type { ApprovalRequest } from '../../../domain/decision.ts';

const universe: readonly ResolvedEntitlement[] = [
  ...['r1', 'r2', 'r3', 'r4'].map((id) => ({ kind: 'role' as const, id, name: `Role ${id}` })),
  ...['t1', 't2', 't3'].map((id) => ({ kind: 'team' as const, id, name: `team-${id}` })),
];
const subset = fc.subarray([...universe]);

const accessOf = (held: readonly ResolvedEntitlement[], account: Partial<Access['account']>): Access => ({
  account: {
    id: 'a1',
    email: 'ann@example.com',
    handle: 'ann@example.com',
    name: 'Ann',
    title: '',
    status: 'active',
    isServiceAccount: false,
    roleIds: held.filter(({ kind }) => kind === 'role').map(({ id }) => id),
    ...account,
  },
  roles: held.filter(({ kind }) => kind === 'role'),
  teams: held.flatMap(({ kind, ...team }) => (kind === 'team' ? [{ kind, ...team, isManaged: false }] : [])),
});

const requestOf = (entitlements: readonly ResolvedEntitlement[], people: readonly string[]): ApprovalRequest => ({
  approvalId: entitlements.map(entitlementKey).join(),
  entitlements,
  rules: ['rule'],
  approvers: { people, manager: false, quorum: 1, fallback: [] },
  ...(people.length === 0 ? { isUndecidable: true } : {}),
});

/** Any situation of a person, known or not, with or without an account. */
const situations: fc.Arbitrary<Situation> = fc
  .record({
    process: fc.constantFrom('onboarding' as const, 'roleChange' as const, 'offboarding' as const),
    employment: fc.constantFrom(undefined, 'joining' as const, 'employed' as const, 'left' as const),
    email: fc.constantFrom(undefined, 'ann@example.com', 'ann.oak@example.com'),
    status: fc.constantFrom(undefined, 'pending' as const, 'active' as const, 'disabled' as const),
    held: subset,
    managed: subset,
    granted: subset,
    asked: fc.array(fc.tuple(fc.subarray([...universe], { minLength: 1 }), fc.boolean()), { maxLength: 3 }),
    activation: fc.constantFrom('invitation' as const, 'jit' as const),
    restore: fc.boolean(),
    isOurs: fc.boolean(),
    holdsPrivilegedRole: fc.boolean(),
    isAskable: fc.boolean(),
    conflict: fc.constantFrom(undefined, undefined, undefined, 'it is somebody else’s'),
  })
  .map(({ employment, email, status, held, managed, granted, asked, restore, isOurs, ...rest }) => ({
    ...rest,
    event: { restore },
    record: { employment: employment ?? 'unknown', isKnown: employment !== undefined },
    person: email === undefined ? undefined : { email, name: 'Ann Oak' },
    access: status && accessOf(held, { status }),
    conflict: status && rest.conflict,
    wanted: {
      desired: {
        entitlements: granted,
        requests: asked.map(([entitlements, isDecidable]) => requestOf(entitlements, isDecidable ? ['lead'] : [])),
      },
      resolved: universe,
    },
    managed: managed.map(entitlementKey),
    disabledId: isOurs ? 'a1' : undefined,
    notVisible: [],
  }));

const keys = (entitlements: readonly ResolvedEntitlement[]): readonly string[] => entitlements.map(entitlementKey);
const heldIn = ({ access }: Situation): readonly string[] =>
  access === undefined ? [] : keys(heldEntitlements(access));

describe('the plan of a process', () => {
  test('assigns nothing that no rule grants, and nothing before its approval', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const { adds, approvalsNeeded, withheld } = planProcess(situation);
        const { entitlements, requests } = situation.wanted?.desired ?? { entitlements: [], requests: [] };
        const granted = keys(pickResolved(entitlements, universe));
        const undecidable = requests.filter(isUndecidable);
        expect(keys(adds).filter((key) => !granted.includes(key))).toEqual([]);
        const askable = requests.filter((request) => !undecidable.includes(request));
        const allowable = keys(askable.flatMap((request) => pickResolved(request.entitlements, universe)));
        expect(keys(approvalsNeeded).filter((key) => !allowable.includes(key))).toEqual([]);
        expect(withheld.every(({ why }) => why.includes('names nobody who may allow it'))).toBe(true);
      }),
    );
  });

  test('held access of an account in use is kept, removed or excess, and never two of these', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const { removes, excess, adds } = planProcess(situation);
        expect(new Set(keys(removes)).size).toBe(removes.length);
        expect(keys(removes).filter((key) => keys(excess).includes(key))).toEqual([]);
        expect([...keys(removes), ...keys(excess)].filter((key) => !heldIn(situation).includes(key))).toEqual([]);
        const isEmptied = situation.access?.account.status === 'disabled';
        expect(keys(adds).filter((key) => !isEmptied && heldIn(situation).includes(key))).toEqual([]);
      }),
    );
  });

  test('removes only what Muster granted on a move, and everything from a leaver', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const { removes, end } = planProcess(situation);
        const isLeaver = situation.process === 'offboarding' && end === undefined;
        const isEmptied = situation.process === 'onboarding' && situation.access?.account.status === 'disabled';
        const expected = isLeaver ? heldIn(situation) : keys(removes);
        expect(keys(removes)).toEqual(expected);
        const foreign = keys(removes).filter((key) => !situation.managed.includes(key));
        expect(isLeaver || isEmptied ? [] : foreign).toEqual([]);
      }),
    );
  });

  test('a plan that ends or waits changes no access and disables nobody', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const plan = planProcess(situation);
        const writes = plannedParts(plan, '2026-01-01').filter(
          (part) => !/^(update|ask approval to update|wait)/.test(part),
        );
        expect(plan.end === undefined ? [] : writes).toEqual([]);
      }),
    );
  });

  test("a leaver's account is disabled whatever its e-mail, unless protection forbids", () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const { changes, end } = planProcess({ ...situation, process: 'offboarding', conflict: undefined });
        const isInUse = situation.access !== undefined && situation.access.account.status !== 'disabled';
        expect(changes.some(({ what }) => what === 'disable account')).toBe(isInUse);
        const isKnown = situation.access !== undefined || situation.record.employment !== 'unknown';
        expect(end?.kind === 'held').toBe(!isKnown);
      }),
    );
  });

  test('what takes something from somebody who uses the account counts against the budget', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const plan = planProcess(situation);
        const parts = plannedParts(plan, '2026-01-01');
        const does = (word: string) => parts.some((part) => part.startsWith(word));
        const isUsed = plan.status !== undefined && plan.status !== 'disabled';
        const isLoss = does('disable account') || (isUsed && does('remove '));
        const isNewEmail = does('update email') && plan.status !== 'pending';
        expect(takenBy(plan)).toBe(isNewEmail ? 'email' : isLoss ? 'access' : undefined);
      }),
    );
  });

  test('an e-mail of a privileged person never changes freely', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const { changes } = planProcess({ ...situation, holdsPrivilegedRole: true });
        const isEmptied = situation.process === 'onboarding' && situation.access?.account.status === 'disabled';
        expect(changes.filter((change) => !isEmptied && change.what === 'update email')).toEqual([]);
      }),
    );
  });
});

test('access that nobody may approve is withheld in words, and held parts of it stay', () => {
  const [given, held, missing] = universe as [ResolvedEntitlement, ResolvedEntitlement, ResolvedEntitlement];
  const plan = planProcess({
    process: 'roleChange',
    event: {},
    record: { employment: 'employed', isKnown: true },
    person: { email: 'ann@example.com' },
    activation: 'invitation',
    access: accessOf([held], {}),
    wanted: { desired: { entitlements: [given], requests: [requestOf([held, missing], [])] }, resolved: universe },
    managed: [entitlementKey(held)],
    holdsPrivilegedRole: false,
    isAskable: false,
    notVisible: [],
  });
  expect(plan).toMatchObject({ adds: [given], removes: [], excess: [], approvalsNeeded: [] });
  expect(plan.withheld).toEqual([{ part: 'assign role Role r3', why: expect.stringContaining('approvals.default') }]);
});
