import type { Command } from 'commander';
import { isJson } from './command.ts';
import { addOperator, whyOf, withOperator, type OperatorOptions } from './operator.ts';
import { printResult } from './output.ts';
import type { Shell } from './shell.ts';

/** After a restored backup, or a lost database: workers start on this inventory from now on. */
export function addAcceptInventory(inventory: Command, shell: Shell): void {
  addOperator(inventory.command('accept'))
    .description('this inventory is the one of the namespace from now on, though it is another one or an older copy')
    .addHelpText(
      'after',
      '\nExample: npx muster inventory accept --reason "restored from the backup" --as it@example.com',
    )
    .action(async (by: OperatorOptions, command: Command) => {
      const { acceptInventory } = await import('../operations/knownInventory.ts');
      const accepted = await withOperator(shell, command, (context) => acceptInventory(context, whyOf(by)));
      const { before, after } = accepted;
      const was = before === undefined ? 'none' : `${before.inventoryId}, up to link ${before.seq}`;
      printResult(shell, isJson(command), { before: before ?? null, after }, () =>
        [
          `The namespace knows inventory ${after.inventoryId} now; it was ${was}.`,
          'Before a worker starts, compare: whoever left meanwhile has to leave again, and an event that was carried out may be carried out again.',
        ].join('\n'),
      );
    });
}
