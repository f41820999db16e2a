import { UsageError } from '../domain/errors.ts';
import { accountHolders, namingOf, policyNames, refusalsOf, warningOf } from '../domain/pins.ts';
import type { PolicyName, PolicyNaming } from '../domain/pins.ts';
import type { Account } from '../domain/model.ts';
import type { Policy } from '../domain/policy/rules.ts';
import type { Inventory } from '../inventory/port/inventory.ts';

type Reading = Pick<Inventory, 'listPins' | 'holdersOf' | 'standingKinds'>;

/** Throws a `UsageError` for a policy that uses a name for the first time which several people, or accounts, have. Writes nothing. */
export async function requireNames(inventory: Reading, policy: Policy): Promise<void> {
  const refusals = refusalsOf(policy, await readNamings(inventory, await namesToPin(inventory, policy)));
  if (refusals.length > 0) throw new UsageError(`The policy cannot be accepted: ${refusals.join('; ')}`);
}

/**
 * Pins whom the names of a policy mean, once for each, when it comes into force. Returns what should be known, in words.
 * Names of accounts are left to the first sync that reads all of them.
 */
export async function acceptPolicy(
  inventory: Pick<Inventory, 'pinNames' | 'standingKinds'>,
  policy: Policy,
): Promise<readonly string[]> {
  const names = await namesToPin(inventory, policy);
  const namings = await inventory.pinNames(names, { policyHash: policy.hash, at: new Date().toISOString() });
  return namings.flatMap((one) => warningOf(one) ?? []);
}

async function namesToPin(inventory: Pick<Inventory, 'standingKinds'>, policy: Policy): Promise<readonly PolicyName[]> {
  const { completeAt } = await inventory.standingKinds();
  return policyNames(policy).filter(({ use }) => use === 'approver' || completeAt.accounts !== undefined);
}

/** Whom the names would mean if the policy came into force now. Writes nothing. `inventory` is absent where Muster has never run. */
export async function readNamings(
  inventory: Pick<Inventory, 'listPins' | 'holdersOf'> | undefined,
  names: readonly PolicyName[],
  /** As Datadog lists them now; else those on record. */
  accounts?: readonly Account[],
): Promise<readonly PolicyNaming[]> {
  const pins = (await inventory?.listPins()) ?? [];
  const byEmail = names.filter(({ use }) => use !== 'ignored');
  return Promise.all(
    byEmail.map(async (one): Promise<PolicyNaming> => {
      const pin = pins.find(({ use, name }) => use === one.use && name === one.name);
      const isListed = one.use === 'emergency' && accounts !== undefined;
      const holders = isListed ? accountHolders(accounts, one.name) : ((await inventory?.holdersOf(one)) ?? []);
      return { ...one, isNew: pin === undefined, naming: namingOf(pin, holders) };
    }),
  );
}
