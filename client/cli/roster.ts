import { setFlagsFromString } from 'node:v8';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { RefusedError, UsageError } from '../../domain/errors.ts';
import type { PlannedRoster, RosterPlan } from '../intake/roster/model.ts';
import { isJson } from './command.ts';
import { compareInForce } from './inForce.ts';
import { loadShellPolicy, readShellConfig, withInventory } from './open.ts';
import { addOperator, whyOf, withOperator, type OperatorOptions } from './operator.ts';
import { printMessage, printResult } from './output.ts';
import { parseText } from './parse.ts';
import { renderRosterPlan } from './rosterView.ts';
import type { Shell } from './shell.ts';

interface RosterOptions {
  readonly source: string;
  readonly complete?: boolean;
}

interface ApplyOptions extends RosterOptions, OperatorOptions {
  readonly plan?: string;
  readonly allow?: string;
  readonly yes?: boolean;
}

export function addRoster(roster: Command, shell: Shell, setExitCode: (code: number) => void): void {
  addOptions(roster.command('plan'))
    .description('who joins, moves and leaves by this file, and what they gain and lose; writes nothing')
    .addHelpText('after', '\nExample: npx muster roster plan people.csv --source hr --complete')
    .action(async (file: string, options: RosterOptions, command: Command) => {
      const config = await readShellConfig(shell);
      const policy = await loadShellPolicy(config);
      const { plan, policyInForce } = await withInventory(shell, async (inventory) => {
        const { planRosterFile } = await import('../intake/roster/apply.ts');
        return {
          plan: (await planRosterFile(inventory, policy, requestOf(shell, file, options))).plan,
          policyInForce: await compareInForce(shell, inventory, { file: config.policyPath, policy }),
        };
      });
      printResult(shell, isJson(command), { ...plan, policyInForce }, () => renderRosterPlan(shell, plan));
    });
  addOperator(addOptions(roster.command('apply')))
    .option('--plan <hash>', 'the hash of the plan that was shown: exactly this one', parseText(100))
    .option('--allow <hash>', 'the same, and it may go above the budget', parseText(100))
    .option('--yes', 'whatever the plan is now: do not ask')
    .description('submit what the plan shows; applied again it changes nothing')
    .addHelpText(
      'after',
      '\nExample: npx muster roster apply people.csv --source hr --complete --plan 0123456789abcdef\n' +
        'Exit code: 0 done, 1 some lines were not taken, 3 the plan has changed, is above the budget, or has columns to decide.',
    )
    .action(async (file: string, options: ApplyOptions, command: Command) => {
      const { plan, submitted } = await applyFile(shell, command, { file, ...options });
      printResult(shell, isJson(command), { ...plan, submitted }, () =>
        [
          renderRosterPlan(shell, plan),
          `${submitted} events are submitted. Follow them with: npx muster events list`,
        ].join('\n'),
      );
      if (plan.problems.length > 0) setExitCode(1);
    });
}

const addOptions = (command: Command): Command =>
  command
    .argument('<file>', 'a CSV file; its columns by name or by roster.columns of the policy')
    .option('--source <name>', "whom the file speaks for: ids are this source's", parseText(100), 'hr')
    .option('--complete', 'the file is the whole workforce of its source');

async function applyFile(
  shell: Shell,
  command: Command,
  { file, ...options }: ApplyOptions & { readonly file: string },
): Promise<{ readonly plan: RosterPlan; readonly submitted: number }> {
  // Thousands of rows would otherwise leave more garbage in memory than data.
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=40');
  const { applyPlan, noteRoster, planRosterFile, refuseUndecided } = await import('../intake/roster/apply.ts');
  if ([options.plan, options.allow, options.yes].filter((one) => one !== undefined).length > 1) {
    throw new UsageError('--plan, --allow and --yes exclude each other: name one of them');
  }
  const request = requestOf(shell, file, options);
  const policy = await policyHere(shell);
  return withOperator(shell, command, async (context, { muster, inventory }) => {
    const planned = await planRosterFile(inventory, policy, request);
    const { plan } = planned;
    refuseUndecided(plan);
    await confirm(shell, planned, options);
    await noteRoster(context, plan, whyOf(options));
    let saidAt = Date.now();
    const onProgress = (done: number): void => {
      if (Date.now() - saidAt < 2_000) return;
      saidAt = Date.now();
      printMessage(shell, `${done} of ${plan.items.length} submitted`);
    };
    const submitted = await applyPlan({ muster, inventory, policy }, planned, { path: request.path, onProgress });
    return { plan, submitted };
  });
}

/** Throws where nobody wants exactly this plan. */
async function confirm(
  shell: Shell,
  { plan }: PlannedRoster,
  { plan: shown, allow, yes }: ApplyOptions,
): Promise<void> {
  const meant = shown ?? allow;
  if (meant !== undefined && meant !== plan.hash) {
    throw new RefusedError(
      `Nothing is submitted: the plan is ${plan.hash} now, not ${meant}. See it with \`npx muster roster plan\``,
    );
  }
  if (plan.budget.isExceeded && allow === undefined) {
    throw new RefusedError(
      `Nothing is submitted: ${plan.budget.leavers} would leave and ${plan.missing.length} are missing from the file, ` +
        `more than ${plan.budget.limit}. If that is meant: --allow ${plan.hash}`,
    );
  }
  if (meant !== undefined || yes === true) return;
  if (shell.confirm === undefined) {
    throw new UsageError(`Nobody can be asked here: name the plan with --plan ${plan.hash}, or take any with --yes`);
  }
  printMessage(shell, renderRosterPlan(shell, plan));
  if (!(await shell.confirm(`Apply this plan (${plan.items.length} events)? [y/N] `))) {
    throw new RefusedError('Nothing is submitted');
  }
}

const policyHere = async (shell: Shell) => loadShellPolicy(await readShellConfig(shell));

const requestOf = (shell: Shell, file: string, { source, complete }: RosterOptions) => ({
  path: resolve(shell.cwd, file),
  source,
  isComplete: complete ?? false,
});
