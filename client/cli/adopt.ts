import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { AdoptionRequest, HashedPlan, Takeover } from '../intake/adopt.ts';
import { isJson } from './command.ts';
import { withDatadogHere } from './datadog.ts';
import { loadShellPolicy, readShellConfig, withInventory } from './open.ts';
import { addOperator, operatorOf, whyOf, type OperatorOptions } from './operator.ts';
import { printResult } from './output.ts';
import { renderTable } from './table.ts';
import type { Shell } from './shell.ts';

interface AdoptOptions {
  readonly roster?: string;
  readonly takeOver: Takeover;
}

const shownRows = 50;

export function addAdopt(adopt: Command, shell: Shell): void {
  addOptions(adopt.command('plan'))
    .description('whose each account is, and what they hold; writes nothing')
    .addHelpText('after', '\nExample: npx muster adopt plan --roster people.csv')
    .action(async (options: AdoptOptions, command: Command) => {
      const { planAdoptionHere } = await import('../intake/adopt.ts');
      const plan = await withRequest(shell, options, planAdoptionHere);
      printResult(shell, isJson(command), plan, () => renderPlan(shell, plan));
    });
  addOperator(addOptions(adopt.command('apply')))
    .requiredOption('--plan <hash>', 'the hash that `adopt plan` showed')
    .description('bind the accounts to the people, and remember what they hold; Datadog is only read')
    .addHelpText(
      'after',
      '\nExample: npx muster adopt apply --roster people.csv --plan 0123456789abcdef\nExit code: 0 done, 3 the plan has changed.',
    )
    .action(async ({ plan: hash, ...options }: AdoptOptions & OperatorOptions & { plan: string }, command: Command) => {
      const { applyAdoption } = await import('../intake/adopt.ts');
      const plan = await withRequest(shell, options, (request) =>
        applyAdoption(request, hash, { ...operatorOf(command), ...whyOf(options) }),
      );
      printResult(shell, isJson(command), { ...plan, adopted: plan.matches.length }, () =>
        [renderPlan(shell, plan), `${plan.matches.length} accounts are adopted.`].join('\n\n'),
      );
    });
}

const addOptions = (command: Command): Command =>
  command
    .option(
      '--roster <file>',
      'a CSV file with personId, email, name, title, department, manager; else the people known',
    )
    .addOption(
      new Option(
        '--take-over <what>',
        'none: what they hold stays, and what the policy does not grant is reported as excess; given: what the policy grants ' +
          'today follows it from now on; all: excess too, which goes with the next move or reconciliation',
      )
        .choices(['none', 'given', 'all'])
        .default('none'),
    );

async function withRequest<T>(
  shell: Shell,
  { roster, takeOver }: AdoptOptions,
  work: (request: AdoptionRequest) => Promise<T>,
): Promise<T> {
  const config = await readShellConfig(shell);
  const policy = await loadShellPolicy(config);
  return withInventory(shell, (inventory) =>
    withDatadogHere(config, (datadog) =>
      work({ inventory, datadog, policy, takeover: takeOver, roster: roster && resolve(shell.cwd, roster) }),
    ),
  );
}

function renderPlan(shell: Shell, plan: HashedPlan): string {
  const holds = plan.matches.flatMap(({ personId, holds: held }) => held.map((one) => ({ personId, ...one })));
  const excess = holds.filter(({ isGiven }) => !isGiven);
  const section = (title: string, head: readonly string[], rows: readonly (readonly string[])[]) => {
    if (rows.length === 0) return [];
    const rest = rows.length > shownRows ? `\n… and ${rows.length - shownRows} more (--json shows all)` : '';
    return [`${title}\n${renderTable(shell, head, rows.slice(0, shownRows))}${rest}`];
  };
  const accounts = (title: string, rows: HashedPlan['external']) =>
    section(
      title,
      ['e-mail', 'status', 'account'],
      rows.map(({ email, status, id }) => [email, status, id]),
    );
  return [
    renderTable(
      shell,
      ['plan', plan.hash],
      [
        ['people with an account', plan.matches.length],
        ['of them new to Muster', plan.matches.filter(({ isBound }) => !isBound).length],
        ['grants held', holds.length],
        ['of them excess', excess.length],
        ['take over', plan.takeover],
        ...plan.notVisible.map((permission) => ['not visible without', permission]),
      ],
    ),
    ...section(
      'Ambiguous: left alone',
      ['what', 'why'],
      plan.ambiguous.map(({ what, why }) => [what, why]),
    ),
    ...section(
      'Excess: held, not given by the policy',
      ['person', 'kind', 'name'],
      excess.map(({ personId, kind, name }) => [personId, kind, name]),
    ),
    ...section(
      'People without an account',
      ['person', 'e-mail'],
      plan.unmatchedPeople.map((one) => [one.personId, one.email]),
    ),
    ...accounts('Accounts of nobody', plan.unmatchedAccounts),
    ...accounts('External accounts: never changed', plan.external),
    ...accounts('Machine accounts: never changed', plan.machines),
  ].join('\n\n');
}
