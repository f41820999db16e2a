import { UsageError } from '../domain/errors.ts';
import { accountHolders, namingOf, policyNames, refusalsOf, warningOf } from '../domain/pins.ts';
import type { PolicyNaming } from '../domain/pins.ts';
import type { Account } from '../domain/model.ts';
import type { Policy } from '../domain/policy/rules.ts';
import type { Inventory } from '../inventory/port/inventory.ts';

/**
 * Accepts a policy when it comes into force: whom its names mean is pinned once. Accounts are known once a sync has read all of
 * them; the first such sync pins them otherwise. Returns what should be known, in words. Throws a `UsageError` for a name
 * that several people, or accounts, have.
 */
export async function acceptPolicy(
  inventory: Pick<Inventory, 'pinNames' | 'standingKinds'>,
  policy: Policy,
): Promise<readonly string[]> {
  const { completeAt } = await inventory.standingKinds();
  const names = policyNames(policy).filter(({ use }) => use === 'approver' || completeAt.accounts !== undefined);
  const namings = await inventory.pinNames(names, { policyHash: policy.hash, at: new Date().toISOString() });
  const refusals = refusalsOf(policy, namings);
  if (refusals.length > 0) throw new UsageError(`The policy cannot be accepted: ${refusals.join('; ')}`);
  return namings.flatMap((one) => warningOf(one) ?? []);
}

/** Whom the names would mean if the policy came into force now. Writes nothing. `inventory` is absent where Muster has never run. */
export async function readNamings(
  inventory: Pick<Inventory, 'listPins' | 'holdersOf'> | undefined,
  policy: Policy,
  /** As Datadog lists them now. */
  accounts: readonly Account[],
): Promise<readonly PolicyNaming[]> {
  const pins = (await inventory?.listPins()) ?? [];
  const names = policyNames(policy).filter(({ use }) => use !== 'ignored');
  return Promise.all(
    names.map(async (one): Promise<PolicyNaming> => {
      const pin = pins.find(({ use, name }) => use === one.use && name === one.name);
      const holders =
        one.use === 'approver' ? ((await inventory?.holdersOf(one)) ?? []) : accountHolders(accounts, one.name);
      return { ...one, isNew: pin === undefined, naming: namingOf(pin, holders) };
    }),
  );
}
