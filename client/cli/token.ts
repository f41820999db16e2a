import { Option, type Command } from 'commander';
import { tokenRoles, type TokenRole, type TokenRow } from '../../inventory/port/tokens.ts';
import { FailedError, UsageError } from '../../domain/errors.ts';
import { issueToken, revokeToken } from '../../auth/tokens.ts';
import { isJson } from './command.ts';
import { effectiveInstant, readEffective } from './dates.ts';
import { withInventory } from './open.ts';
import { addActor, readActor, type OperatorOptions } from './operator.ts';
import { printMessage, printResult } from './output.ts';
import { parsePersonId, parseText } from './parse.ts';
import { addListOptions, printList, type List } from './rows.ts';
import type { Shell } from './shell.ts';

interface CreateOptions extends Pick<OperatorOptions, 'as'> {
  readonly role: TokenRole;
  readonly person?: string;
  readonly source?: string;
  readonly expires?: string;
}

export function addToken(token: Command, shell: Shell): void {
  addActor(token.command('create'))
    .description('a new token, shown this once; the inventory keeps its hash')
    .addOption(new Option('--role <role>', 'what it may do').choices(tokenRoles).makeOptionMandatory())
    .option('--person <id>', 'whom it proves: needed for an approver', parsePersonId)
    .option('--source <name>', 'of an intake token: the HR source that it speaks for', parseText(100))
    .option('--expires <when>', 'a day or an instant in UTC after which it counts no more (never)')
    .addHelpText('after', '\nExample: npx muster token create --role approver --person e-7')
    .action(async (options: CreateOptions, command: Command) => {
      const request = readRequest(options);
      const { created, isKnown } = await withInventory(shell, async (inventory) => ({
        isKnown: request.personId === undefined || (await inventory.findPerson(request.personId)) !== undefined,
        created: await issueToken(inventory, request, await readActor(shell, options, inventory)),
      }));
      if (!isKnown) {
        printMessage(
          shell,
          `No person ${request.personId} is known yet: until HR sends one, the token decides only where a policy names ${request.personId} itself.`,
        );
      }
      printResult(
        shell,
        isJson(command),
        created,
        ({ id, token }) => `Token ${id}, shown this once (set it as MUSTER_TOKEN):\n${token}`,
      );
    });
  addListOptions(token.command('list'))
    .description('all tokens, without what proves them')
    .addHelpText('after', '\nExample: npx muster token list')
    .action(async (_options: unknown, command: Command) => {
      const rows = await withInventory(shell, (inventory) => inventory.listTokens());
      printList(shell, command, rows, tokenList);
    });
  addActor(token.command('revoke'))
    .argument('<id>', 'as `token list` shows it', parseText(100))
    .description('from now on the token counts no more')
    .addHelpText('after', '\nExample: npx muster token revoke t-1f2e3d4c5b')
    .action(async (id: string, options: Pick<OperatorOptions, 'as'>, command: Command) => {
      const revoked = await withInventory(shell, async (inventory) =>
        revokeToken(inventory, id, await readActor(shell, options, inventory)),
      );
      if (revoked === undefined) throw new FailedError(`There is no token ${id}: \`npx muster token list\` shows all`);
      printResult(shell, isJson(command), revoked, () => `Token ${id} is revoked since ${revoked.revokedAt}.`);
    });
}

function readRequest({ role, person, source, expires }: CreateOptions) {
  if (role === 'approver' && person === undefined) {
    throw new UsageError('--person is missing: an approver’s token proves one person, such as --person e-7');
  }
  if (person !== undefined && role !== 'approver' && role !== 'admin') {
    throw new UsageError(`--person is for approver and admin tokens, not for ${role}: leave it out`);
  }
  if (source !== undefined && role !== 'intake') {
    throw new UsageError(`--source is for intake tokens, not for ${role}: leave it out`);
  }
  const expiresAt =
    expires === undefined ? undefined : effectiveInstant(readEffective(expires, new Date(), '--expires'));
  if (expiresAt !== undefined && expiresAt <= new Date().toISOString()) {
    throw new UsageError(`--expires ${expires} has passed already: give a later one`);
  }
  return { role, personId: person, source, expiresAt };
}

const tokenList: List<TokenRow> = {
  columns: {
    token: (row) => row.id,
    role: (row) => row.role,
    person: (row) => row.personId,
    source: (row) => row.source,
    createdAt: (row) => row.createdAt,
    expiresAt: (row) => row.expiresAt,
    revokedAt: (row) => row.revokedAt,
  },
  none: 'There are no tokens.',
};
