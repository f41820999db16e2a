import type { Command } from 'commander';
import { isJson } from './command.ts';
import { withEngine } from './open.ts';
import { addOperator, whyOf, withOperator, type OperatorOptions } from './operator.ts';
import { printMessage, printResult } from './output.ts';
import { parseText } from './parse.ts';
import type { Shell } from './shell.ts';
import { renderTable } from './table.ts';

/** Changing the code while people wait: `upgrade check` before, `upgrade promote` then, or back. */
export function addUpgrade(upgrade: Command, shell: Shell, setExitCode: (code: number) => void): void {
  upgrade
    .command('check')
    .description('replay every open run with the code of this build: which would fail if it were current')
    .addHelpText('after', '\nExample: npx muster upgrade check\nExit code: 0 none would fail, 1 some would.')
    .action(async (_options: unknown, command: Command) => {
      const { checkUpgrade } = await import('../operations/upgrade.ts');
      const checked = await withEngine(shell, ({ client }) => checkUpgrade(client, progressOn(shell)));
      const { build, runs, failing } = checked;
      printResult(shell, isJson(command), checked, () =>
        failing.length === 0
          ? `All ${runs} open runs replay with build ${build}.`
          : `${failing.length} of ${runs} open runs would fail with build ${build}; nothing was changed.\n` +
            renderTable(
              shell,
              ['run', 'why'],
              failing.map(({ workflowId, why }) => [workflowId, why]),
            ),
      );
      if (failing.length > 0) setExitCode(1);
    });
  addOperator(upgrade.command('promote'))
    .description('have all open and new runs go on with this build, once each open run has been replayed with it')
    .option('--build <id>', 'another build, whose worker runs: the way back', parseText(255))
    .addHelpText('after', '\nExample: npx muster upgrade promote --as it@example.com')
    .action(async ({ build, ...by }: OperatorOptions & { readonly build?: string }, command: Command) => {
      const { promote } = await import('../operations/upgrade.ts');
      const promoted = await withOperator(shell, command, (context) =>
        promote(context, { build, why: whyOf(by), onProgress: progressOn(shell) }),
      );
      const { before, after, runs } = promoted;
      const checked = runs === undefined ? '' : ` All ${runs} open runs replay with it.`;
      printResult(
        shell,
        isJson(command),
        promoted,
        () => `Build ${after} is current now; it was ${before ?? 'none'}.${checked}`,
      );
    });
}

const sayEvery = 1_000;

function progressOn(shell: Shell): (runs: number) => void {
  return (runs) => {
    if (runs % sayEvery === 0) printMessage(shell, `${runs.toLocaleString('en')} runs replayed …`);
  };
}
