import { resolve } from 'node:path';
import type { Command } from 'commander';
import { RefusedError } from '../../domain/errors.ts';
import type { RosterPlan } from '../intake/roster/model.ts';
import { isJson } from './command.ts';
import { loadShellPolicy, readShellConfig, withInventory } from './open.ts';
import { addOperator, whyOf, withOperator, type OperatorOptions } from './operator.ts';
import { printMessage, printResult } from './output.ts';
import { renderTable } from './table.ts';
import { parseText } from './parse.ts';
import type { Shell } from './shell.ts';

interface RosterOptions {
  readonly source: string;
  readonly complete?: boolean;
  readonly allow?: string;
}

const shownRows = 50;

export function addRoster(roster: Command, shell: Shell, setExitCode: (code: number) => void): void {
  addOptions(roster.command('plan'))
    .description('who joins, moves and leaves by this file; writes nothing')
    .addHelpText('after', '\nExample: npx muster roster plan people.csv --source hr --complete')
    .action(async (file: string, options: RosterOptions, command: Command) => {
      const plan = await withInventory(shell, async (inventory) => {
        const { planRosterFile } = await import('../intake/roster/apply.ts');
        return planRosterFile(inventory, await policyHere(shell), requestOf(shell, file, options));
      });
      printResult(shell, isJson(command), plan, () => renderPlan(shell, plan));
    });
  addOperator(addOptions(roster.command('apply')))
    .option('--allow <hash>', 'the hash of the plan that was shown: go above the budget, for exactly this plan')
    .description('submit what the plan shows; applied again it changes nothing')
    .addHelpText('after', '\nExample: npx muster roster apply people.csv --source hr --complete')
    .action(async (file: string, options: RosterOptions & OperatorOptions, command: Command) => {
      const { plan, submitted } = await applyFile(shell, command, { file, ...options });
      printResult(shell, isJson(command), { ...plan, submitted }, () =>
        [renderPlan(shell, plan), `${submitted} events are submitted. Follow them with: npx muster events list`].join(
          '\n',
        ),
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
  { file, ...options }: RosterOptions & OperatorOptions & { readonly file: string },
): Promise<{ readonly plan: RosterPlan; readonly submitted: number }> {
  const { applyPlan, noteRoster, planRosterFile } = await import('../intake/roster/apply.ts');
  return withOperator(shell, command, async (context, { muster, inventory }) => {
    const request = requestOf(shell, file, options);
    const policy = await policyHere(shell);
    const plan = await planRosterFile(inventory, policy, request);
    if (options.allow !== undefined && options.allow !== plan.hash) {
      throw new RefusedError(
        `Nothing is submitted: the plan is ${plan.hash} now, not ${options.allow}. See it with \`npx muster roster plan\``,
      );
    }
    if (plan.budget.isExceeded && options.allow === undefined) {
      throw new RefusedError(
        `Nothing is submitted: ${plan.budget.leavers} would leave and ${plan.missing.length} are missing from the file, ` +
          `more than ${plan.budget.limit}. If that is meant: --allow ${plan.hash}`,
      );
    }
    await noteRoster(context, plan, whyOf(options));
    let saidAt = Date.now();
    const onProgress = (done: number): void => {
      if (Date.now() - saidAt < 2_000) return;
      saidAt = Date.now();
      printMessage(shell, `${done} of ${plan.items.length} submitted`);
    };
    return {
      plan,
      submitted: await applyPlan({ muster, inventory, policy }, plan, { path: request.path, onProgress }),
    };
  });
}

const policyHere = async (shell: Shell) => loadShellPolicy(await readShellConfig(shell));

const requestOf = (shell: Shell, file: string, { source, complete }: RosterOptions) => ({
  path: resolve(shell.cwd, file),
  source,
  isComplete: complete ?? false,
});

function renderPlan(shell: Shell, plan: RosterPlan): string {
  const { items, budget } = plan;
  const count = (kind: string): number => items.filter((item) => item.kind === kind).length;
  const counts: [string, string | number][] = [
    ['join', count('joiner')],
    ['change', count('mover')],
    ['leave', count('leaver')],
    ['leave withdrawn', count('leaverRescinded')],
    ['unchanged', plan.unchanged],
    ['missing from the file', plan.missing.length],
    ['accounts of nobody', plan.orphanedAccounts.length],
    ['budget', `${budget.leavers} of ${budget.limit} leavers${budget.isExceeded ? ': above, needs --allow' : ''}`],
  ];
  const section = (title: string, head: readonly string[], rows: readonly (readonly (string | number)[])[]) =>
    rows.length === 0
      ? ''
      : `${title}\n${renderTable(shell, head, rows.slice(0, shownRows))}${rows.length > shownRows ? `\n… and ${rows.length - shownRows} more (--json shows all)` : ''}`;
  return [
    renderTable(shell, ['plan', plan.hash], counts),
    section(
      'Changes',
      ['line', 'kind', 'person', 'effective', 'because'],
      items.map((item) => [
        item.line,
        item.kind,
        item.personId ?? item.externalId ?? item.person?.email ?? '',
        item.effectiveAt ?? 'at once',
        item.because,
      ]),
    ),
    section(
      'Cannot be read',
      ['line', 'what'],
      plan.problems.map(({ line, message }) => [line, message]),
    ),
    section(
      'Contradictions',
      ['line', 'what'],
      plan.contradictions.map(({ line, message }) => [line, message]),
    ),
    section(
      'Missing from the file',
      ['person', 'since'],
      plan.missing.map(({ personId, since }) => [personId, since ?? '']),
    ),
    section(
      'Active accounts of nobody',
      ['e-mail'],
      plan.orphanedAccounts.map((email) => [email]),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
