import { access } from 'node:fs/promises';
import type { Client } from '@temporalio/client';
import type { EvidenceSigner } from '../../inventory/port/evidence.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { FailedError, UsageError } from '../../domain/errors.ts';
import type { Muster } from '../operations/muster.ts';
import { explainFailure } from './failures.ts';
import type { Shell } from './shell.ts';
import type { Config } from '../../config/types.ts';

/** What commands open: each import waits until it is needed, so that `--help` and typing errors return at once. */

export interface Opened {
  readonly config: Config;
  readonly client: Client;
  readonly inventory: Inventory;
  readonly muster: Muster;
}

export async function readShellConfig(shell: Shell): Promise<Config> {
  const { readConfig } = await import('../../config/config.ts');
  return readConfig(shell.env, shell.cwd);
}

/** `policyPath` stands for the policy that the shell names, which may not be there. */
export const readConfigWith = (shell: Shell, policyPath: string | undefined): Promise<Config> =>
  readShellConfig(policyPath === undefined ? shell : { ...shell, env: { ...shell.env, MUSTER_POLICY: policyPath } });

/** Opens the engine and the inventory for as long as `work` runs. */
export async function withMuster<T>(shell: Shell, work: (opened: Opened) => Promise<T>): Promise<T> {
  const [{ createMuster }, { openAttestor }] = await Promise.all([
    import('../operations/muster.ts'),
    import('../../auth/attestation.ts'),
  ]);
  return withEngine(shell, ({ config, client }) =>
    withInventory(shell, (inventory) => {
      const attestor = openAttestor(config.signingKey);
      return work({ config, client, inventory, muster: createMuster({ client, inventory, attestor }) });
    }),
  );
}

export async function withEngine<T>(
  shell: Shell,
  work: (opened: Pick<Opened, 'config' | 'client'>) => Promise<T>,
): Promise<T> {
  const config = await readShellConfig(shell);
  await using connected = await connect(config);
  return await work({ config, client: connected.client });
}

/** Throws a `UsageError` where no engine is known, and a `FailedError` where it does not respond. */
export async function connect(config: Config) {
  const { connection, namespace } = config.temporal;
  if (connection === undefined) {
    throw new UsageError(
      'No engine is known here: run `npm start` in another terminal (with the same MUSTER_HOME), or set TEMPORAL_ADDRESS',
    );
  }
  const { connectTemporal } = await import('../operations/temporal.ts');
  try {
    return await connectTemporal({ connection, namespace });
  } catch (error) {
    throw new FailedError(
      `The engine at ${connection.address} did not answer (${explainFailure(error)}): start it, or check TEMPORAL_ADDRESS`,
    );
  }
}

/** `signer` may stand for the deployment's key. */
export async function withInventory<T>(
  shell: Shell,
  work: (inventory: Inventory) => Promise<T>,
  signer?: EvidenceSigner,
): Promise<T> {
  const config = await readShellConfig(shell);
  const { inventory: place } = config;
  if ('file' in place && !(await exists(place.file))) {
    throw new UsageError(
      `There is no inventory at ${place.file}: run \`npm start\` once (with the same MUSTER_HOME), or set DATABASE_URL`,
    );
  }
  await using inventory = await openPlace(config, signer);
  return await work(inventory);
}

/** Where Muster has never run there is none. */
export async function withInventoryIfAny<T>(
  config: Pick<Config, 'inventory' | 'signingKey'>,
  work: (inventory: Inventory | undefined) => Promise<T>,
): Promise<T> {
  const { inventory: place } = config;
  if ('file' in place && !(await exists(place.file))) return work(undefined);
  await using inventory = await openPlace(config);
  return await work(inventory);
}

export async function openPlace(
  { inventory, signingKey }: Pick<Config, 'inventory' | 'signingKey'>,
  signer?: EvidenceSigner,
): Promise<Inventory> {
  const [{ openInventory }, { openEvidenceSigner }] = await Promise.all([
    import('../../inventory/index.ts'),
    import('../../auth/keys.ts'),
  ]);
  return openInventory(inventory, signer ?? openEvidenceSigner(signingKey));
}

/** The policy in force here. */
export async function loadShellPolicy(config: Pick<Config, 'policyPath' | 'datadog'>): Promise<Policy> {
  return loadPolicyFile(config.policyPath, config.datadog?.isSimulator ?? true);
}

/** Throws a `UsageError` with every problem of the file. */
export async function loadPolicyFile(path: string, datadogIsSimulator: boolean): Promise<Policy> {
  const { loadPolicy, PolicyError } = await import('../../policy/file.ts');
  try {
    return await loadPolicy(path, { datadogIsSimulator });
  } catch (error) {
    if (error instanceof PolicyError) throw new UsageError(error.message);
    throw error;
  }
}

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
