import { Argument, type Command } from 'commander';
import { pinUses, type PinUse } from '../../domain/pins.ts';
import { isJson } from './command.ts';
import { loadShellPolicy, readShellConfig, withInventory } from './open.ts';
import { addOperator, operatorOf, whyOf, type OperatorOptions } from './operator.ts';
import { printResult } from './output.ts';
import { parseText } from './parse.ts';
import type { Shell } from './shell.ts';

/** An e-mail of the policy keeps the person or account that it was pinned to; that it means another one is a person's decision. */
export function addPin(policy: Command, shell: Shell): void {
  addOperator(policy.command('pin'))
    .addArgument(new Argument('<use>', 'what the policy names it for').choices(pinUses))
    .argument('<name>', 'the e-mail, or pattern, as the policy writes it', parseText(255))
    .description('who has this e-mail now is meant by it from now on; a pattern means the accounts that match now')
    .addHelpText('after', '\nExample: npx muster policy pin approver security-lead@example.com --as it@example.com')
    .action(async (use: PinUse, name: string, by: OperatorOptions, command: Command) => {
      const { repin } = await import('../operations/pinName.ts');
      const inForce = await loadShellPolicy(await readShellConfig(shell));
      const pinned = await withInventory(shell, (inventory) =>
        repin({ ...operatorOf(command), inventory }, { policy: inForce, use, name }, whyOf(by)),
      );
      printResult(shell, isJson(command), { use, name, ...pinned }, ({ id, accounts, before }) => {
        const was = before === undefined || before === id ? '' : ` It was ${before}.`;
        const bearer = use === 'approver' ? 'person' : 'account';
        return id === undefined ? `${name} means ${accounts} accounts.` : `${name} means ${bearer} ${id}.${was}`;
      });
    });
}
