import type { Command } from 'commander';
import type { RefusalRow } from '../../inventory/port/refusals.ts';
import type { retryRefused } from '../intake/retry.ts';
import { readAll } from '../../domain/pages.ts';
import { decideRefused, readRefused } from '../operations/refusals.ts';
import { isJson } from './command.ts';
import { loadShellPolicy, withInventory } from './open.ts';
import { addActor, addOperator, operatorOf, whyOf, withOperator, type OperatorOptions } from './operator.ts';
import { printResult, toJson } from './output.ts';
import { parseText } from './parse.ts';
import { addListOptions, printList, type List } from './rows.ts';
import type { Shell } from './shell.ts';
import { renderFields } from './table.ts';

interface ListOptions {
  readonly source?: string;
  readonly all?: boolean;
}

interface RetryOptions extends OperatorOptions {
  readonly hasLeft?: boolean;
}

const refusalList: List<RefusalRow> = {
  columns: {
    id: (row) => row.refusalId,
    source: (row) => row.source,
    way: (row) => row.way,
    kind: (row) => row.kind ?? 'unknown',
    about: (row) => row.externalId ?? row.personId,
    reason: (row) => row.reason,
    times: (row) => row.times,
    lastAt: (row) => row.lastAt,
    firstAt: (row) => row.firstAt,
    ref: (row) => row.ref,
    state: (row) => row.state,
    decidedBy: (row) => row.decidedBy,
    decidedAt: (row) => row.decidedAt,
    why: (row) => row.why,
  },
  shown: ['id', 'source', 'way', 'kind', 'about', 'reason', 'times', 'lastAt'],
  spare: ['way', 'times', 'lastAt'],
  none: 'Nothing that a source said is refused.',
};

/** `intake refused list`, `show`, `retry` and `drop`: what sources said and Muster did not take. */
export function addIntake(intake: Command, shell: Shell): void {
  const refused = intake
    .command('refused')
    .description('what a source said and Muster cannot take, each with its reason');
  addListOptions(refused.command('list'))
    .description('what is refused and nobody has decided about, the newest first')
    .option('--source <name>', 'of this source only', parseText(40))
    .option('--all', 'with what was retried or dropped')
    .addHelpText('after', '\nExample: npx muster intake refused list --csv > refused.csv')
    .action(async ({ source, all }: ListOptions, command: Command) => {
      const filter = { source, state: all ? undefined : ('open' as const) };
      const rows = await withInventory(shell, (inventory) =>
        readAll((limit, offset) => inventory.listRefusals({ ...filter, limit, offset })),
      );
      printList(shell, command, rows, refusalList);
    });
  addActor(refused.command('show'))
    .argument('<id>', 'as `intake refused list` shows it', parseText(64))
    .description('one refusal with all that was said, which may be personal data: that it was read leaves evidence')
    .addHelpText('after', '\nExample: npx muster intake refused show 4be61c09a2f7d310 --as it@example.com')
    .action(async (id: string, _options: OperatorOptions, command: Command) => {
      const shown = await withInventory(shell, (inventory) => readRefused(inventory, operatorOf(command), id));
      printResult(shell, isJson(command), shown, () => renderShown(shell, shown));
    });
  addRetry(refused, shell);
  addActor(refused.command('drop'))
    .argument('<id>', 'as `intake refused list` shows it', parseText(64))
    .description('take it off the list: it is not going to be taken')
    .requiredOption('--reason <text>', 'kept as evidence', parseText(1_000))
    .addHelpText(
      'after',
      '\nExample: npx muster intake refused drop 4be61c09a2f7d310 --as it@example.com --reason "sent again, corrected"',
    )
    .action(async (refusalId: string, { reason }: OperatorOptions, command: Command) => {
      const about = { refusalId, state: 'dropped', reason } as const;
      const dropped = await withInventory(shell, (inventory) => decideRefused(inventory, operatorOf(command), about));
      printResult(shell, isJson(command), dropped, () => `Refusal ${refusalId} is dropped.`);
    });
}

function addRetry(refused: Command, shell: Shell): void {
  addOperator(refused.command('retry'))
    .argument('<id>', 'as `intake refused list` shows it', parseText(64))
    .option('--has-left', "HR's record is gone, and you know that the person has left: end their access")
    .description('judge it again by the policy and the record of today')
    .addHelpText(
      'after',
      '\nExample: npx muster intake refused retry 4be61c09a2f7d310 --as it@example.com\nExit code: 0 it is taken, 1 it is refused again, with the reason.',
    )
    .action(async (refusalId: string, { hasLeft = false, ...options }: RetryOptions, command: Command) => {
      const { retryRefused: retryIt } = await import('../intake/retry.ts');
      const retried = await withOperator(shell, command, async (by, { config, inventory, muster }) => {
        const policy = await loadShellPolicy(config);
        return retryIt({ inventory, muster, policy }, by, { refusalId, hasLeft, ...whyOf(options) });
      });
      printResult(shell, isJson(command), retried, () => becameOf(retried, hasLeft));
    });
}

/** What a retry has come to, in words. */
function becameOf({ way, events }: Awaited<ReturnType<typeof retryRefused>>, hasLeft: boolean): string {
  if (way === 'fetchBack' && !hasLeft) {
    return 'HR is asked again. Where its record cannot be taken either, the refusal is back on the list.';
  }
  if (way === 'scim') {
    return 'The gateway judges the user again within a minute: what can be taken then goes off the list.';
  }
  if (events.length === 0) return 'Taken: nothing changes by it.';
  return `Taken: ${events.map(({ kind, personId }) => `${kind} of ${personId}`).join(', ')}`;
}

function renderShown(shell: Shell, { payload, ...row }: RefusalRow & { readonly payload?: unknown }): string {
  const fields = Object.entries(refusalList.columns).map(([name, cellOf]) => [name, cellOf(row)] as const);
  const said = payload === undefined ? 'What was said is not kept any more.' : `Said:\n${toJson(payload, 2)}`;
  return `${renderFields(shell, fields)}\n\n${said}`;
}
