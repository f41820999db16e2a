import type { Command } from 'commander';
import { isJson } from './command.ts';
import { addOperator, whyOf, withOperator, type OperatorOptions } from './operator.ts';
import { printResult } from './output.ts';
import { parsePersonId, parseText } from './parse.ts';
import type { Shell } from './shell.ts';

/** Undo and correction by an operator. */
export function addCancel(events: Command, shell: Shell): void {
  addOperator(events.command('cancel'))
    .argument('<id>', 'id of an event that waits: `muster events list`', parseText(200))
    .description('withdraw an event that is not applied yet, so that it never is')
    .addHelpText(
      'after',
      '\nExample: npx muster events cancel hr-2026-000123 --as it@example.com --reason "the date is wrong"',
    )
    .action(async (eventId: string, options: OperatorOptions, command: Command) => {
      const { cancelEvent } = await import('../operations/undo.ts');
      const cancelled = await withOperator(shell, command, (context, { muster }) =>
        cancelEvent({ ...context, muster }, { eventId, reason: whyOf(options).reason }),
      );
      printResult(shell, isJson(command), cancelled, () => `Event ${eventId} is cancelled, and will not be applied.`);
    });
}

export function addRestore(person: Command, shell: Shell): void {
  addOperator(person.command('restore'))
    .argument('<id>', "HR's id of the person", parsePersonId)
    .description('enable the account that Muster disabled, with exactly the roles and teams it held')
    .addHelpText('after', '\nExample: npx muster person restore e-1042 --as it@example.com')
    .action(async (personId: string, by: OperatorOptions, command: Command) => {
      const { restorePerson } = await import('../operations/undo.ts');
      const restored = await withOperator(shell, command, (context, { muster }) =>
        restorePerson({ ...context, muster }, personId, whyOf(by)),
      );
      printResult(shell, isJson(command), restored, () =>
        [
          `Event ${restored.eventId} is recorded: account ${restored.accountId} comes back with`,
          ...restored.roles.map((name) => `  role ${name}`),
          ...restored.teams.map((name) => `  team ${name}`),
          'A privileged role waits for approval. Application keys do not come back: Datadog revoked them.',
          `Follow it with: npx muster person show ${personId}`,
        ].join('\n'),
      );
    });
}
