import type { Command } from 'commander';
import type { Datadog } from '../../datadog/types.ts';
import type { TokenRow } from '../../inventory/port/tokens.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { RefusedError, UsageError } from '../../domain/errors.ts';
import { isSameText } from '../../domain/text.ts';
import type { Config } from '../../config/types.ts';
import { openKeys } from '../../auth/keys.ts';
import { doesFor, provenBy, rolesFor, type Duty, type Operator, type Why } from '../../auth/operator.ts';
import { authenticate, hasAdministrator } from '../../auth/tokens.ts';
import type { OperatorContext } from '../operations/wake.ts';
import { dutyOf, type CommandDuty } from './duties.ts';
import { exists, loadShellPolicy, readShellConfig, withInventory, withMuster, type Opened } from './open.ts';
import { parseEmail, parseText } from './parse.ts';
import type { Shell } from './shell.ts';

/** Who acts: found out in one place, before a command that changes something begins. */

export interface OperatorOptions {
  readonly as?: string;
  readonly reason?: string;
}

export const addActor = (command: Command): Command =>
  command.option('--as <email>', 'the operator: a claim, where no MUSTER_TOKEN proves it', parseEmail);

const addReason = (command: Command): Command =>
  command.option('--reason <text>', 'kept as evidence', parseText(1_000));

export const addOperator = (command: Command): Command => addReason(addActor(command));

export const whyOf = ({ reason }: OperatorOptions): Why => ({ reason });

/** Somebody whom a token proves, or whose word was taken. */
interface Admitted extends Operator {
  readonly token?: TokenRow;
  /** They make the first administrator's token. */
  readonly isFirst?: boolean;
}

const admitted = new WeakMap<Command, Admitted>();

/** The operator of a command that changes something. */
export function operatorOf(command: Command): Admitted {
  const operator = admitted.get(command);
  if (operator === undefined) throw new Error(`nobody was asked who calls ${command.name()}`);
  return operator;
}

/** Throws a `RefusedError` where the command changes something, and its caller may not. */
export async function admit(shell: Shell, command: Command): Promise<void> {
  const duty = dutyOf(command);
  if (duty === undefined) return;
  const { as, role } = command.opts<OperatorOptions & { readonly role?: string }>();
  const { readToken } = await import('../../config/config.ts');
  const token = await readToken(shell.env);
  const config = await readShellConfig(shell);
  admitted.set(
    command,
    token === undefined
      ? await takeClaim(shell, config, { as, makesAdmin: role === 'admin', ...duty })
      : await withInventory(shell, (inventory) => prove({ inventory, config }, token, { as, duty: duty.duty })),
  );
}

interface Known {
  readonly inventory: Inventory;
  readonly config: Config;
}

/** A token that is not good is refused whatever Datadog this is about. `--as` may say whom it proves, and nothing else. */
async function prove(
  { inventory, config }: Known,
  text: string,
  { as, duty }: { readonly as?: string; readonly duty: Duty },
): Promise<Admitted> {
  const known = await authenticate({ inventory, keys: openKeys(config.signingKey) }, text);
  if (!known.ok) throw new RefusedError(`MUSTER_TOKEN proves nobody: ${known.why}. See \`npx muster token list\``);
  const { token } = known;
  if (!doesFor(duty, token)) {
    const roles = rolesFor[duty].join(' or ');
    throw new RefusedError(
      `MUSTER_TOKEN is of the role ${token.role}, which does not ${duty}: set it to a token of the role ${roles}`,
    );
  }
  const person = token.personId === undefined ? undefined : await inventory.findPerson(token.personId);
  const names = [token.personId, person?.attributes?.email];
  if (as !== undefined && !names.some((name) => name !== undefined && isSameText(name, as))) {
    throw new RefusedError(`MUSTER_TOKEN proves ${token.personId ?? `token ${token.id}`}, not ${as}: leave --as out`);
  }
  return { ...provenBy(token), token };
}

async function takeClaim(
  shell: Shell,
  config: Config,
  { as, makesAdmin, duty, claim }: CommandDuty & { readonly as?: string; readonly makesAdmin: boolean },
): Promise<Admitted> {
  const roles = rolesFor[duty].join(' or ');
  const claimed: Admitted = { actor: as ?? 'command line', proof: 'claimed' };
  if (claim === 'judged') {
    if (as === undefined) {
      throw new UsageError('--as <email> is missing: say who decides, or set MUSTER_TOKEN, which proves it');
    }
    return claimed;
  }
  if (duty === 'administer') return administerFirst(shell, config, { claimed, makesAdmin });
  if (isSite(config)) {
    throw new RefusedError(
      `MUSTER_TOKEN is not set: at a Datadog site a change takes a token of the role ${roles}. ` +
        'Whoever has one of the role admin makes it: `npx muster token create --role operator --person ID`',
    );
  }
  if (claim === 'any') return claimed;
  if (claim === 'named' && as === undefined) {
    throw new UsageError(
      `--as <email> is missing: name the operator, or set MUSTER_TOKEN to a token of the role ${roles}`,
    );
  }
  if (!(await loadShellPolicy(config)).approvals.acceptClaimed) {
    throw new RefusedError(
      `${claimed.actor} is only claimed: set MUSTER_TOKEN to a token of the role ${roles} (\`npx muster token create --role operator --person ID\`)`,
    );
  }
  return claimed;
}

/** Where no administrator's token is in force, whoever has the database and the key file makes the first. */
async function administerFirst(
  shell: Shell,
  config: Config,
  { claimed, makesAdmin }: { readonly claimed: Admitted; readonly makesAdmin: boolean },
): Promise<Admitted> {
  const keys = openKeys(config.signingKey);
  const isNew = 'file' in config.inventory && !(await exists(config.inventory.file));
  const isThere = !isNew && (await withInventory(shell, (inventory) => hasAdministrator({ inventory, keys })));
  const isFirst = makesAdmin && !isThere;
  if (isFirst || !isSite(config)) return { ...claimed, isFirst };
  throw new RefusedError(
    'MUSTER_TOKEN is not set: at a Datadog site tokens are made and revoked with one of the role admin. ' +
      (isThere
        ? '`npx muster token list` shows whose there are'
        : 'None is in force: make the first with `npx muster token create --role admin --person ID`'),
  );
}

const isSite = ({ datadog }: Config): boolean => datadog !== undefined && !datadog.isSimulator;

/** Opens Muster for the command's operator. */
export async function withOperator<T>(
  shell: Shell,
  command: Command,
  work: (context: OperatorContext, opened: Opened) => Promise<T>,
): Promise<T> {
  const { actor, proof, tokenId } = operatorOf(command);
  return withMuster(shell, async (opened) => {
    const { client, inventory } = opened;
    return work({ client, inventory, actor, proof, tokenId }, opened);
  });
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
