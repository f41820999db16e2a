import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Access, ResolvedEntitlement } from '../../../domain/model.ts';
import { entitlementKey, heldEntitlements, compareAccess, type AccessDifference } from '../../../domain/access/plan.ts';

const universe: readonly ResolvedEntitlement[] = [
  ...['r1', 'r2', 'r3', 'r4'].map((id) => ({ kind: 'role' as const, id, name: `Role ${id}` })),
  ...['t1', 't2', 't3'].map((id) => ({ kind: 'team' as const, id, name: `team-${id}` })),
];
const subset = fc.subarray([...universe]);

function accessOf(held: readonly ResolvedEntitlement[]): Access {
  return {
    account: {
      id: 'a1',
      email: 'ann@example.com',
      handle: 'ann@example.com',
      name: 'Ann',
      title: '',
      status: 'active',
      isServiceAccount: false,
      roleIds: held.filter(({ kind }) => kind === 'role').map(({ id }) => id),
    },
    roles: held.filter(({ kind }) => kind === 'role'),
    teams: held.filter(({ kind }) => kind === 'team').map((team) => ({ ...team, isManaged: false })),
  };
}

function apply(held: readonly ResolvedEntitlement[], plan: AccessDifference): readonly ResolvedEntitlement[] {
  const removed = new Set(plan.remove.map(entitlementKey));
  return [...held.filter((entitlement) => !removed.has(entitlementKey(entitlement))), ...plan.add];
}

const keys = (entitlements: readonly ResolvedEntitlement[]): readonly string[] =>
  entitlements.map(entitlementKey).toSorted();

describe('the plan', () => {
  test('applied to held access yields the wanted access, plus what Muster never granted', () => {
    fc.assert(
      fc.property(subset, subset, subset, (wanted, held, managed) => {
        const plan = compareAccess({
          wanted,
          awaited: [],
          actual: accessOf(held),
          managed: managed.map(entitlementKey),
        });
        const foreign = held.filter((one) => !managed.includes(one) && !wanted.includes(one));
        expect(keys(apply(held, plan))).toEqual(keys([...wanted, ...foreign]));
        expect(keys(plan.excess)).toEqual(keys(foreign));
      }),
    );
  });

  test('applied twice changes nothing', () => {
    fc.assert(
      fc.property(subset, subset, (wanted, held) => {
        const managed = universe.map(entitlementKey);
        const after = apply(held, compareAccess({ wanted, awaited: [], actual: accessOf(held), managed }));
        const again = compareAccess({ wanted, awaited: [], actual: accessOf(after), managed });
        expect([again.add, again.remove, again.excess]).toEqual([[], [], []]);
      }),
    );
  });

  test('never removes what awaits an approval', () => {
    fc.assert(
      fc.property(subset, subset, (awaited, held) => {
        const managed = universe.map(entitlementKey);
        const plan = compareAccess({ wanted: [], awaited, actual: accessOf(held), managed });
        expect(plan.remove.filter((one) => awaited.includes(one))).toEqual([]);
      }),
    );
  });

  test('leaves the last old role in place until the approval of the new one is decided', () => {
    const [old, asked] = universe as [ResolvedEntitlement, ResolvedEntitlement];
    const plan = compareAccess({
      wanted: [],
      awaited: [asked],
      actual: accessOf([old]),
      managed: [entitlementKey(old)],
    });
    expect(plan).toMatchObject({ remove: [], removeLater: [old] });
  });

  test('does not count teams that are managed outside as held', () => {
    const access = accessOf([]);
    const team = { kind: 'team' as const, id: 't9', name: 'outside', isManaged: true };
    expect(heldEntitlements({ ...access, teams: [team] })).toEqual([]);
  });
});
