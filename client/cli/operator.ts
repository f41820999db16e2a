import type { Command } from 'commander';
import type { Datadog } from '../../datadog/types.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { RefusedError, UsageError } from '../../domain/errors.ts';
import type { Operator, Why } from '../../auth/operator.ts';
import type { OperatorContext } from '../operations/wake.ts';
import { authenticate } from '../../auth/tokens.ts';
import { loadShellPolicy, withMuster, type Opened } from './open.ts';
import { parseEmail, parseText } from './parse.ts';
import type { Shell } from './shell.ts';

export interface OperatorOptions {
  readonly as?: string;
  readonly reason?: string;
}

export const addActor = (command: Command): Command =>
  command.option('--as <email>', 'the operator: a claim, where no MUSTER_TOKEN proves it', parseEmail);

export const addReason = (command: Command): Command =>
  command.option('--reason <text>', 'kept as evidence', parseText(1_000));

export const addOperator = (command: Command): Command => addReason(addActor(command));

export const whyOf = ({ reason }: OperatorOptions): Why => ({ reason });

/** Opens Muster for an operator: an administrator's token proves who that is, `--as` claims it where the policy takes claims. */
export async function withOperator<T>(
  shell: Shell,
  { as }: OperatorOptions,
  work: (context: OperatorContext, opened: Opened) => Promise<T>,
): Promise<T> {
  return withMuster(shell, async (opened) => {
    const { client, inventory, config } = opened;
    const proven = await provenOperator(shell, inventory);
    if (proven !== undefined) return work({ client, inventory, ...proven }, opened);
    if (as === undefined) {
      throw new UsageError(
        '--as <email> is missing: name the operator, or set MUSTER_TOKEN to a token of the role admin',
      );
    }
    if (!(await loadShellPolicy(config)).approvals.acceptClaimed) {
      throw new RefusedError(
        `${as} is only claimed: set MUSTER_TOKEN to a token of the role admin (\`npx muster token create --role admin\`)`,
      );
    }
    return work({ client, inventory, actor: as, proof: 'claimed' }, opened);
  });
}

/** The operator of a change to the inventory alone, which anybody with this shell may make: proven by a token, else claimed. */
export async function readActor(shell: Shell, { as }: OperatorOptions, inventory: Inventory): Promise<Operator> {
  return (await provenOperator(shell, inventory)) ?? { actor: as ?? 'command line', proof: 'claimed' };
}

async function provenOperator(shell: Shell, inventory: Inventory): Promise<Operator | undefined> {
  const { readToken } = await import('../../config/config.ts');
  const token = await readToken(shell.env);
  if (token === undefined) return undefined;
  const by = await authenticate(inventory, token);
  if (by?.role !== 'admin') throw new RefusedError('MUSTER_TOKEN is not a valid token of the role admin');
  return { actor: by.personId ?? `token ${by.id}`, proof: 'attested', tokenId: by.id };
}

export async function withDatadogOf<T>(
  { config }: Pick<Opened, 'config'>,
  work: (api: Datadog) => Promise<T>,
): Promise<T> {
  if (config.datadog === undefined) {
    throw new UsageError('No Datadog is known here: set DD_SITE, DD_API_KEY and DD_APP_KEY, as for the worker');
  }
  const { openDatadog } = await import('../../datadog/index.ts');
  await using client = openDatadog({ baseUrl: config.datadog.baseUrl, keys: config.datadog.keys });
  return await work(client.attempt({ deadlineMs: 20_000 }));
}
