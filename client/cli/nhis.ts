import { Option, type Command } from 'commander';
import type { NhiRow } from '../../inventory/port/nhis.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Operator } from '../../auth/operator.ts';
import { nhiKinds, type NhiKind } from '../../domain/sync/kinds.ts';
import { FailedError, UsageError } from '../../domain/errors.ts';
import { declareOwner } from '../operations/owners.ts';
import { describeUnseen } from './kinds.ts';
import { withInventory } from './open.ts';
import { addActor, operatorOf } from './operator.ts';
import { printMessage } from './output.ts';
import { parsePersonId, parseText } from './parse.ts';
import { addListOptions, printList, type List } from './rows.ts';
import { readAll } from '../../domain/pages.ts';
import type { Shell } from './shell.ts';

interface NhiOptions {
  readonly kind?: NhiKind;
  readonly all?: boolean;
  readonly setOwner?: string;
  readonly clearOwner?: string;
  readonly owner?: string;
}

export function addNhis(inventory: Command, shell: Shell): void {
  addListOptions(addActor(inventory.command('nhis')), { withFormat: true })
    .description('service accounts, keys, tokens, OAuth clients, authentication mappings; their owners')
    .addOption(new Option('--kind <kind>', 'of this kind only').choices(nhiKinds))
    .option('--all', 'with those that are gone')
    .option('--set-owner <id>', 'declare the owner of this one; needs --owner', parseText(200))
    .option('--owner <person>', "HR's id of the person; without --set-owner: declared as theirs only", parsePersonId)
    .option('--clear-owner <id>', 'take the declaration back', parseText(200))
    .addHelpText(
      'after',
      '\nExample: npx muster inventory nhis --kind apiKey --csv > keys.csv' +
        '\nExample: npx muster inventory nhis --set-owner 2f6a…c1 --owner e-1042',
    )
    .action(async (options: NhiOptions, command: Command) => {
      const { kind, all, setOwner, clearOwner, owner } = options;
      if (setOwner !== undefined && owner === undefined) {
        throw new UsageError('--set-owner ID needs --owner PERSON, such as --owner e-1042');
      }
      const { rows, standing } = await withInventory(shell, async (store) => {
        const changed = setOwner ?? clearOwner;
        const standing = await store.standingKinds();
        const declared = changed === undefined ? undefined : { id: changed, owner: setOwner && owner };
        if (declared !== undefined)
          return { standing, rows: [await declare(shell, store, operatorOf(command), declared)] };
        const filter = { kind, ownerPersonId: owner, isThere: all ? undefined : true };
        return { standing, rows: await readAll((limit, offset) => store.listNhis({ ...filter, limit, offset })) };
      });
      printList(shell, command, rows, nhiList);
      const listed = Object.entries(standing.last).filter(([name]) =>
        kind === undefined ? isNhiKind(name) : name === kind,
      );
      for (const text of describeUnseen(Object.fromEntries(listed))) printMessage(shell, text);
    });
}

async function declare(
  shell: Shell,
  store: Inventory,
  by: Operator,
  { id, owner }: { readonly id: string; readonly owner: string | undefined },
): Promise<NhiRow> {
  if (owner !== undefined && (await store.findPerson(owner)) === undefined) {
    printMessage(shell, `No person ${owner} is known yet: the declaration counts once HR names them.`);
  }
  const row = await declareOwner(store, by, id, owner);
  if (row !== undefined) return row;
  throw new FailedError(`There is no ${id} in the inventory: \`npx muster inventory nhis\` shows all with their ids`);
}

const nhiList: List<NhiRow> = {
  columns: {
    id: (row) => row.id,
    kind: (row) => row.kind,
    name: (row) => row.name,
    account: (row) => row.ownerEmail ?? row.ownerAccountId,
    accountStatus: (row) => row.ownerStatus,
    owner: (row) => row.ownerPersonId,
    scopes: (row) => (row.scopes === null ? 'unscoped' : row.scopes?.join(' ')),
    createdAt: (row) => row.createdAt,
    lastUsedAt: (row) => row.lastUsedAt,
    expiresAt: (row) => row.expiresAt,
    last4: (row) => row.last4,
    lastSeenAt: (row) => row.lastSeenAt,
    goneAt: (row) => row.goneAt,
  },
  shown: ['kind', 'name', 'account', 'accountStatus', 'owner', 'lastUsedAt', 'last4', 'id'],
  spare: ['accountStatus', 'lastUsedAt', 'last4', 'id'],
  none: 'None were seen yet: `npx muster sync run` reads them.',
};

const isNhiKind = (name: string): boolean => nhiKinds.some((kind) => kind === name);
