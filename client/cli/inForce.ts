import { aliveSince, otherThan, policyInForce, type Instance, type PolicyInForce } from '../../domain/instances.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Config } from '../../config/types.ts';
import { explainFailure } from './failures.ts';
import { withInventoryIfAny } from './open.ts';
import { printMessage } from './output.ts';
import type { Shell } from './shell.ts';

interface PolicyFile {
  /** As the user knows it. */
  readonly file: string;
  readonly policy: Pick<Policy, 'hash' | 'mode'>;
  /** `note` for a file that may well be another one: a draft. */
  readonly level?: 'warning' | 'note';
}

export const liveInstances = (inventory: Pick<Inventory, 'listInstances'>): Promise<readonly Instance[]> =>
  inventory.listInstances(aliveSince(Date.now()));

/** What the running processes have in force beside the file that a command goes by; says it on stderr where they differ. */
export async function compareInForce(
  shell: Shell,
  inventory: Pick<Inventory, 'listInstances'> | undefined,
  { file, policy, level = 'warning' }: PolicyFile,
): Promise<PolicyInForce | undefined> {
  const instances = inventory === undefined ? [] : await liveInstances(inventory);
  const others = otherThan(policy, file, instances);
  if (others.length > 0) {
    printMessage(
      shell,
      `${level}: ${others.join('; ')}. This goes by ${file}; \`npx muster doctor\` says whether it is being taken over`,
    );
  }
  return policyInForce(policy, instances);
}

/** The same for a command that needs no inventory: one that cannot be asked does not keep it from its work. */
export async function compareInForceIfAny(
  shell: Shell,
  readConfig: () => Promise<Config>,
  file: PolicyFile,
): Promise<PolicyInForce | undefined> {
  try {
    return await withInventoryIfAny(await readConfig(), (inventory) => compareInForce(shell, inventory, file));
  } catch (error) {
    printMessage(shell, `note: which policy is in force is not known: ${explainFailure(error)}`);
    return undefined;
  }
}
