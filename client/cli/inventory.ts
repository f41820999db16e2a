import { Option, type Command } from 'commander';
import { readAll } from '../../domain/pages.ts';
import { addNhis } from './nhis.ts';
import { withInventory } from './open.ts';
import { parsePersonId, parseText } from './parse.ts';
import { chooseFormat, formats, printRows, type Columns, type Format } from './rows.ts';
import type { Shell } from './shell.ts';
import type { AccountRow, GrantRow } from '../../inventory/port/rows.ts';

interface UserOptions {
  readonly format?: Format;
  readonly status?: string;
  readonly search?: string;
}

interface GrantOptions {
  readonly format?: Format;
  readonly person?: string;
  readonly all?: boolean;
}

export function addInventory(program: Command, shell: Shell): void {
  const inventory = program
    .command('inventory')
    .description('accounts, grants and non-human identities as they were last seen');
  inventory
    .command('users')
    .description('Datadog accounts of people, with their roles')
    .addOption(new Option('--status <status>', 'in this status only').choices(['pending', 'active', 'disabled']))
    .option('--search <text>', 'whose e-mail or name has this in it', parseText(255))
    .addOption(new Option('--format <format>', 'how rows are printed (table)').choices(formats))
    .addHelpText('after', '\nExample: npx muster inventory users --status active --format csv > users.csv')
    .action(async ({ format, status, search }: UserOptions, command: Command) => {
      const chosen = chooseFormat(format, command);
      const filter = { serviceAccounts: false, ...(status && { status }), ...(search && { search }) };
      const rows = await withInventory(shell, (store) =>
        readAll((limit, offset) => store.listAccounts({ ...filter, limit, offset })),
      );
      printRows(shell, chosen, rows, userColumns, 'No accounts were seen yet: `npx muster sync run` reads them.');
    });
  inventory
    .command('grants')
    .description('roles and teams that Muster gave, since when and why')
    .option('--person <id>', 'of this person only', parsePersonId)
    .option('--all', 'with those that have ended')
    .addOption(new Option('--format <format>', 'how rows are printed (table)').choices(formats))
    .addHelpText('after', '\nExample: npx muster inventory grants --person e-1042 --all --json')
    .action(async ({ format, person, all }: GrantOptions, command: Command) => {
      const chosen = chooseFormat(format, command);
      const filter = { ...(person === undefined ? {} : { personId: person }), ...(all ? {} : { open: true }) };
      const rows = await withInventory(shell, (store) =>
        readAll((limit, offset) => store.listGrants({ ...filter, limit, offset })),
      );
      printRows(shell, chosen, rows, grantColumns, 'No grants are on record.');
    });
  addNhis(inventory, shell);
}

const userColumns: Columns<AccountRow> = {
  id: (row) => row.id,
  email: (row) => row.email,
  name: (row) => row.name,
  status: (row) => row.status,
  person: (row) => row.personId,
  roles: (row) => row.roleNames.join(', '),
  lastLoginAt: (row) => row.lastLoginAt,
  lastSeenAt: (row) => row.lastSeenAt,
  goneAt: (row) => row.goneAt,
};

const grantColumns: Columns<GrantRow> = {
  person: (row) => row.personId,
  kind: (row) => row.kind,
  name: (row) => row.name,
  since: (row) => row.since,
  until: (row) => row.until,
  reason: (row) => row.reason,
  because: (row) => row.because,
  accountId: (row) => row.accountId,
};
