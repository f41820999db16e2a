import { Option, type Command } from 'commander';
import { isJson } from './command.ts';
import { withInventory } from './open.ts';
import { addActor, withOperator, type OperatorOptions } from './operator.ts';
import { printResult } from './output.ts';
import { parsePersonId, parseText } from './parse.ts';
import { addListOptions, printList, type List } from './rows.ts';
import type { Shell } from './shell.ts';
import { renderParagraph } from './table.ts';
import { UsageError } from '../../domain/errors.ts';
import type { HeldLeaver } from '../../inventory/port/changeBudget.ts';

interface ReleaseOptions extends OperatorOptions {
  readonly batch?: string;
  readonly reject?: boolean;
}

const heldList: List<HeldLeaver> = {
  columns: {
    person: (row) => row.personId,
    event: (row) => row.eventId,
    heldSince: (row) => row.askedAt,
  },
  none: 'No leaver is held.',
};

/** `leaver held` and `leaver release`, beside the command that submits a leaver. */
export function addHeldLeavers(leaver: Command, shell: Shell): void {
  addListOptions(leaver.command('held'))
    .description('leavers above the change budget, which wait for a person')
    .addHelpText('after', '\nExample: npx muster leaver held')
    .action(async (_options: unknown, command: Command) => {
      const { heldBatch } = await import('../operations/heldLeavers.ts');
      const held = await withInventory(shell, heldBatch);
      printList(shell, command, held.leavers, heldList, {
        json: held,
        below:
          held.leavers.length === 0
            ? undefined
            : renderParagraph(shell, `All of them: npx muster leaver release --batch ${held.batch} --reason TEXT`),
      });
    });
  addActor(leaver.command('release'))
    .argument('[id]', 'one person', parsePersonId)
    .option('--batch <hash>', 'all that `leaver held` showed', parseText(64))
    .option('--reject', 'they stay: the leave is not carried out')
    .addOption(new Option('--reason <text>', 'kept as evidence').argParser(parseText(1_000)).makeOptionMandatory())
    .description('let held leavers go, above the change budget')
    .addHelpText('after', '\nExample: npx muster leaver release e-1042 --as cto@example.com --reason "dismissed today"')
    .action(async (id: string | undefined, { batch, reason, reject }: ReleaseOptions, command: Command) => {
      if ((id === undefined) === (batch === undefined)) {
        throw new UsageError('Give a person, or --batch with the hash that `npx muster leaver held` shows');
      }
      const which = id === undefined ? { batch: batch ?? '' } : { personId: id };
      const verdict = reject ? 'reject' : 'release';
      const { releaseLeavers } = await import('../operations/heldLeavers.ts');
      const released = await withOperator(shell, command, (context) =>
        releaseLeavers(context, { which, verdict, reason }),
      );
      printResult(
        shell,
        isJson(command),
        { verdict, leavers: released },
        () => `${reject ? 'Rejected' : 'Released'}: ${released.map(({ personId }) => personId).join(', ')}`,
      );
    });
}
