import { Option, type Command } from 'commander';
import { readAll } from '../../domain/pages.ts';
import { addAcceptInventory } from './acceptInventory.ts';
import { addNhis } from './nhis.ts';
import { withInventory } from './open.ts';
import { parsePersonId, parseText } from './parse.ts';
import { addListOptions, printList, type List } from './rows.ts';
import type { Shell } from './shell.ts';
import type { AccountRow } from '../../inventory/port/accounts.ts';
import type { GrantRow } from '../../inventory/port/grants.ts';

interface UserOptions {
  readonly status?: string;
  readonly search?: string;
}

interface GrantOptions {
  readonly person?: string;
  readonly all?: boolean;
}

export function addInventory(inventory: Command, shell: Shell): void {
  addListOptions(inventory.command('users'), { withFormat: true })
    .description('Datadog accounts of people, with their roles')
    .addOption(new Option('--status <status>', 'in this status only').choices(['pending', 'active', 'disabled']))
    .option('--search <text>', 'whose e-mail or name contains this', parseText(255))
    .addHelpText('after', '\nExample: npx muster inventory users --status active --csv > users.csv')
    .action(async ({ status, search }: UserOptions, command: Command) => {
      const rows = await withInventory(shell, (store) =>
        readAll((limit, offset) => store.listAccounts({ serviceAccounts: false, status, search, limit, offset })),
      );
      printList(shell, command, rows, userList);
    });
  addListOptions(inventory.command('grants'), { withFormat: true })
    .description('roles and teams that Muster granted, since when and why')
    .option('--person <id>', 'of this person only', parsePersonId)
    .option('--all', 'with those that have ended')
    .addHelpText('after', '\nExample: npx muster inventory grants --person e-1042 --all --json')
    .action(async ({ person, all }: GrantOptions, command: Command) => {
      const filter = { personId: person, open: all ? undefined : true };
      const rows = await withInventory(shell, (store) =>
        readAll((limit, offset) => store.listGrants({ ...filter, limit, offset })),
      );
      printList(shell, command, rows, grantList);
    });
  addNhis(inventory, shell);
  addAcceptInventory(inventory, shell);
}

const userList: List<AccountRow> = {
  columns: {
    id: (row) => row.id,
    email: (row) => row.email,
    name: (row) => row.name,
    status: (row) => row.status,
    person: (row) => row.personId,
    roles: (row) => row.roleNames.join(', '),
    lastLoginAt: (row) => row.lastLoginAt,
    lastSeenAt: (row) => row.lastSeenAt,
    goneAt: (row) => row.goneAt,
  },
  shown: ['email', 'status', 'person', 'roles', 'lastLoginAt', 'id'],
  spare: ['lastLoginAt', 'id'],
  none: 'No accounts were seen yet: `npx muster sync run` reads them.',
};

const grantList: List<GrantRow> = {
  columns: {
    person: (row) => row.personId,
    kind: (row) => row.kind,
    name: (row) => row.name,
    since: (row) => row.since,
    until: (row) => row.until,
    reason: (row) => row.reason,
    because: (row) => row.because,
    accountId: (row) => row.accountId,
  },
  shown: ['person', 'kind', 'name', 'since', 'until', 'reason', 'because'],
  none: 'No grants are on record.',
};
