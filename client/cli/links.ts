import type { Command } from 'commander';
import { UsageError } from '../../domain/errors.ts';
import { isJson } from './command.ts';
import { addOperator, whyOf, withDatadogOf, withOperator, type OperatorOptions } from './operator.ts';
import { printResult } from './output.ts';
import { parsePersonId, parseText } from './parse.ts';
import type { Shell } from './shell.ts';

interface LinkOptions extends OperatorOptions {
  readonly account?: string;
  readonly replaces?: string;
}

/** Whose account it is, where e-mails do not say: decided by a person. */
export function addLinks(person: Command, shell: Shell): void {
  addOperator(person.command('link'))
    .argument('<id>', "HR's id of the person", parsePersonId)
    .option('--account <uuid>', 'the Datadog account that is theirs', parseText(100))
    .option(
      '--replaces <id>',
      "HR's old id of the same person, such as of a contractor who is employed now",
      parsePersonId,
    )
    .description('bind an account to a person, or continue an old id of theirs; a process that waits for it goes on')
    .addHelpText(
      'after',
      '\nExample: npx muster person link e-1042 --account 6a9e4c1e-1f4f-11f0-9cd2-0242ac120002 --as it@example.com\n' +
        'Example: npx muster person link e-2001 --replaces c-77 --as it@example.com',
    )
    .action(async (personId: string, { account, replaces, ...by }: LinkOptions, command: Command) => {
      if ((account === undefined) === (replaces === undefined)) {
        throw new UsageError('Name one of --account <uuid> and --replaces <id>');
      }
      if (replaces !== undefined) {
        const { replacePerson } = await import('../operations/links.ts');
        const replaced = await withOperator(shell, command, (context) =>
          replacePerson(context, { personId, replaces, ...whyOf(by) }),
        );
        printResult(
          shell,
          isJson(command),
          replaced,
          () =>
            `Person ${personId} goes on for ${replaces}${replaced.accountId === undefined ? '' : `, with account ${replaced.accountId}`}.`,
        );
        return;
      }
      const { linkAccount } = await import('../operations/links.ts');
      const linked = await withOperator(shell, command, (context, opened) =>
        withDatadogOf(opened, (api) => linkAccount(context, api, { personId, accountId: account ?? '', ...whyOf(by) })),
      );
      printResult(shell, isJson(command), linked, () => `Account ${linked.accountId} is ${linked.personId}'s now.`);
    });
  addOperator(person.command('unlink'))
    .argument('<id>', "HR's id of the person", parsePersonId)
    .description('take the binding away; the account itself is not touched')
    .addHelpText('after', '\nExample: npx muster person unlink e-1042 --as it@example.com')
    .action(async (personId: string, by: OperatorOptions, command: Command) => {
      const { unlinkAccount } = await import('../operations/links.ts');
      const unlinked = await withOperator(shell, command, (context) => unlinkAccount(context, personId, whyOf(by)));
      printResult(shell, isJson(command), unlinked, () => `Account ${unlinked.accountId} is nobody's now.`);
    });
}
