import { Argument, type Command } from 'commander';
import { isJson } from './command.ts';
import { addOperator, whyOf, withOperator, type OperatorOptions } from './operator.ts';
import { printResult } from './output.ts';
import { parseText } from './parse.ts';
import type { Shell } from './shell.ts';

/** A name of the policy keeps its id; that another role or team may bear it from now on is a person's decision. */
export function addAccept(policy: Command, shell: Shell): void {
  addOperator(policy.command('accept'))
    .addArgument(new Argument('<kind>', 'what it is').choices(['role', 'team']))
    .argument('<name>', 'as the policy names it', parseText(255))
    .description('the role or team that bears this name now is the one that is meant')
    .addHelpText('after', '\nExample: npx muster policy accept role "Incident Commander" --as it@example.com')
    .action(async (kind: 'role' | 'team', name: string, by: OperatorOptions, command: Command) => {
      const { acceptName } = await import('../operations/acceptName.ts');
      const { before } = await withOperator(shell, command, (context) =>
        acceptName(context, { kind, name }, whyOf(by)),
      );
      printResult(
        shell,
        isJson(command),
        { kind, name, before },
        () => `The ${kind} "${name}" is looked up anew; it was ${before}. Then: npx muster person retry ID`,
      );
    });
}
