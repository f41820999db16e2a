import { Option, type Command } from 'commander';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { provesPerson, tokenRoles, type TokenRole } from '../../inventory/port/tokens.ts';
import { FailedError, UsageError } from '../../domain/errors.ts';
import { openKeys, type Keys } from '../../auth/keys.ts';
import { issueToken, listTokens, revokeToken, type ListedToken } from '../../auth/tokens.ts';
import { isJson } from './command.ts';
import { readTime } from './dates.ts';
import { readShellConfig, withInventory } from './open.ts';
import { addActor, operatorOf } from './operator.ts';
import { printResult } from './output.ts';
import { parsePersonId, parseText } from './parse.ts';
import { addListOptions, printList, type List } from './rows.ts';
import type { Shell } from './shell.ts';

interface CreateOptions {
  readonly role: TokenRole;
  readonly person?: string;
  readonly source?: string;
  readonly expires?: string;
}

export function addToken(token: Command, shell: Shell): void {
  addActor(token.command('create'))
    .description('a new token, shown this once; the inventory keeps its hash')
    .addOption(new Option('--role <role>', 'what it may do').choices(tokenRoles).makeOptionMandatory())
    .option('--person <id>', 'whom it proves: needed for an approver, an operator and an admin', parsePersonId)
    .option('--source <name>', 'of an intake token: the HR source that it speaks for', parseText(100))
    .option('--expires <when>', 'a day or an instant in UTC after which it counts no more (in 90 days)')
    .addHelpText(
      'after',
      '\nExample: npx muster token create --role approver --person e-7\n' +
        'At a Datadog site this takes MUSTER_TOKEN of the role admin. The first of them is made without:\n' +
        'npx muster token create --role admin --person e-1 --as you@example.com',
    )
    .action(async (options: CreateOptions, command: Command) => {
      const request = readRequest(options);
      const by = operatorOf(command);
      const created = await withTokens(shell, (means) => issueToken(means, request, by, by));
      printResult(
        shell,
        isJson(command),
        created,
        ({ id, token, expiresAt }) =>
          `Token ${id}, good until ${expiresAt}, shown this once (set it as MUSTER_TOKEN):\n${token}`,
      );
    });
  addListOptions(token.command('list'))
    .description('all tokens, without what proves them')
    .addHelpText('after', '\nExample: npx muster token list')
    .action(async (_options: unknown, command: Command) => {
      const rows = await withTokens(shell, listTokens);
      // A column for what should not be.
      const shown = rows.every(({ isSealed }) => isSealed) ? usualColumns : undefined;
      printList(shell, command, rows, { ...tokenList, shown });
    });
  addActor(token.command('revoke'))
    .argument('<id>', 'as `token list` shows it', parseText(100))
    .description('from now on the token counts no more')
    .addHelpText('after', '\nExample: npx muster token revoke t-1f2e3d4c5b')
    .action(async (id: string, _options: unknown, command: Command) => {
      const revoked = await withInventory(shell, (inventory) => revokeToken(inventory, id, operatorOf(command)));
      if (revoked === undefined) throw new FailedError(`There is no token ${id}: \`npx muster token list\` shows all`);
      printResult(shell, isJson(command), revoked, () => `Token ${id} is revoked since ${revoked.revokedAt}.`);
    });
}

const withTokens = <T>(
  shell: Shell,
  work: (means: { readonly inventory: Inventory; readonly keys: Keys }) => Promise<T>,
): Promise<T> =>
  withInventory(shell, async (inventory) =>
    work({ inventory, keys: openKeys((await readShellConfig(shell)).signingKey) }),
  );

function readRequest({ role, person, source, expires }: CreateOptions) {
  if (provesPerson(role) && person === undefined) {
    throw new UsageError(`--person is missing: a token of the role ${role} proves one person, such as --person e-7`);
  }
  if (person !== undefined && !provesPerson(role)) {
    throw new UsageError(`--person is for approver, operator and admin tokens, not for ${role}: leave it out`);
  }
  if (source !== undefined && role !== 'intake') {
    throw new UsageError(`--source is for intake tokens, not for ${role}: leave it out`);
  }
  const expiresAt = expires === undefined ? undefined : readTime(expires, new Date(), '--expires');
  if (expiresAt !== undefined && expiresAt <= new Date().toISOString()) {
    throw new UsageError(`--expires ${expires} has passed already: give a later one`);
  }
  return { role, personId: person, source, expiresAt };
}

const usualColumns = ['token', 'role', 'person', 'source', 'createdAt', 'expiresAt', 'revokedAt'];

const tokenList: List<ListedToken> = {
  columns: {
    token: (row) => row.id,
    role: (row) => row.role,
    person: (row) => row.personId,
    source: (row) => row.source,
    createdAt: (row) => row.createdAt,
    expiresAt: (row) => row.expiresAt,
    revokedAt: (row) => row.revokedAt,
    seal: (row) => (row.isSealed ? undefined : 'none: nobody’s'),
  },
  none: 'There are no tokens.',
};
