import { Option, type Command } from 'commander';
import { NotFoundError, UsageError } from '../../domain/errors.ts';
import type { RemovalKind } from '../../domain/access/changeBudget.ts';
import type { HeldRemoval } from '../../inventory/port/changeBudget.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { isJson } from './command.ts';
import { withInventory } from './open.ts';
import { addActor, withOperator, type OperatorOptions } from './operator.ts';
import { printResult } from './output.ts';
import { parsePersonId, parseText } from './parse.ts';
import { renderQuarantine } from './quarantine.ts';
import { addListOptions, printList, type List } from './rows.ts';
import type { Shell } from './shell.ts';
import { renderParagraph, renderTable } from './table.ts';

type Verdict = 'release' | 'reject';

interface DecideOptions extends OperatorOptions {
  readonly batch?: string;
  readonly reject?: boolean;
}

const heldList = {
  columns: {
    person: (row) => row.personId,
    kind: (row) => (row.urgent ? `urgent ${row.kind}` : row.kind),
    source: (row) => row.source,
    event: (row) => row.eventId,
    heldSince: (row) => row.askedAt,
    above: ({ above: { limit, within, source } }) =>
      `${limit} people ${within === 'hour' ? 'an hour' : 'a day'}${source === undefined ? '' : ` by ${source}`}`,
  },
  none: 'Nothing is held.',
} as const satisfies List<HeldRemoval>;

const { person, event, heldSince } = heldList.columns;
const heldLeavers: List<HeldRemoval> = { columns: { person, event, heldSince }, none: 'No leaver is held.' };

/** `held list`, `show`, `release` and `reject`: everything that would take something away above the change budget. */
export function addHeld(held: Command, shell: Shell): void {
  addListOptions(held.command('list'))
    .description('leavers, movers, new e-mails and repairs above the change budget, which wait for a person')
    .addHelpText('after', '\nExample: npx muster held list')
    .action(async (_options: unknown, command: Command) => {
      const { heldBatch } = await import('../operations/held.ts');
      const { repairs, ...batch } = await withInventory(shell, async (inventory) => ({
        ...(await heldBatch(inventory)),
        repairs: await openRepairs(inventory),
      }));
      const all = batch.held.length > 0 && allOf(shell, `held release --batch ${batch.batch}`);
      printList(shell, command, batch.held, heldList, {
        json: { ...batch, repairs },
        below: [...(all ? [all] : []), ...(repairs === undefined ? [] : [renderQuarantine(shell, repairs)])].join('\n'),
      });
    });
  addShow(held, shell);
  for (const verdict of ['release', 'reject'] as const) {
    addDecision(held.command(verdict), { shows: 'held list' })
      .description(
        verdict === 'release'
          ? 'let it take away what it is about to, above the change budget'
          : 'nothing is taken away: the rest of the event is carried out',
      )
      .addHelpText(
        'after',
        `\nExample: npx muster held ${verdict} e-1042 --as cto@example.com --reason "agreed with HR"`,
      )
      .action(async (id: string | undefined, options: DecideOptions, command: Command) => {
        const decided = await decide(shell, command, id, { ...options, verdict });
        printResult(shell, isJson(command), { verdict, held: decided }, () => renderDecided(verdict, decided));
      });
  }
}

/** `leaver held` and `leaver release`: the same, of leavers alone. */
export function addHeldLeavers(leaver: Command, shell: Shell): void {
  addListOptions(leaver.command('held'))
    .description('leavers above the change budget, which wait for a person')
    .addHelpText('after', '\nExample: npx muster leaver held')
    .action(async (_options: unknown, command: Command) => {
      const { heldBatch } = await import('../operations/held.ts');
      const { batch, held: leavers } = await withInventory(shell, (inventory) => heldBatch(inventory, 'leaver'));
      printList(shell, command, leavers, heldLeavers, {
        json: { batch, leavers },
        below: leavers.length === 0 ? undefined : allOf(shell, `leaver release --batch ${batch}`),
      });
    });
  addDecision(leaver.command('release'), { shows: 'leaver held' })
    .option('--reject', 'they stay: the leave is not carried out')
    .description('let held leavers go, above the change budget')
    .addHelpText('after', '\nExample: npx muster leaver release e-1042 --as cto@example.com --reason "dismissed today"')
    .action(async (id: string | undefined, options: DecideOptions, command: Command) => {
      const verdict = options.reject ? 'reject' : 'release';
      const leavers = await decide(shell, command, id, { ...options, verdict, kind: 'leaver' });
      printResult(shell, isJson(command), { verdict, leavers }, () => renderDecided(verdict, leavers));
    });
}

const allOf = (shell: Shell, command: string): string =>
  renderParagraph(shell, `All of them: npx muster ${command} --reason TEXT`);

const renderDecided = (verdict: Verdict, decided: readonly Pick<HeldRemoval, 'personId'>[]): string =>
  `${verdict === 'reject' ? 'Rejected' : 'Released'}: ${decided.map(({ personId }) => personId).join(', ')}`;

const openRepairs = async (inventory: Pick<Inventory, 'listQuarantines'>) =>
  (await inventory.listQuarantines(1)).find(({ state }) => state === 'open');

function addShow(held: Command, shell: Shell): void {
  held
    .command('show')
    .argument('<id>', 'the person', parsePersonId)
    .description('what of a person is held, and what they have by Muster now')
    .addHelpText('after', '\nExample: npx muster held show e-1042')
    .action(async (personId: string, _options: unknown, command: Command) => {
      const shown = await withInventory(shell, async (inventory) => ({
        personId,
        held: (await inventory.listHeld()).filter((row) => row.personId === personId),
        grants: (await inventory.listGrants({ personId, open: true, limit: 1_000, offset: 0 })).map(
          ({ kind, name, since }) => ({ kind, name, since }),
        ),
      }));
      if (shown.held.length === 0) {
        throw new NotFoundError(`Nothing of ${personId} is held: \`npx muster held list\` shows what is`);
      }
      printResult(shell, isJson(command), shown, () =>
        [
          renderTable(
            shell,
            Object.keys(heldList.columns),
            shown.held.map((row) => Object.values(heldList.columns).map((cell) => cell(row))),
          ),
          renderTable(
            shell,
            ['has', 'name', 'since'],
            shown.grants.map(({ kind, name, since }) => [kind, name, since]),
          ),
        ].join('\n\n'),
      );
    });
}

function addDecision(command: Command, { shows }: { readonly shows: string }): Command {
  return addActor(command)
    .argument('[id]', 'one person', parsePersonId)
    .option('--batch <hash>', `all that \`${shows}\` showed`, parseText(64))
    .addOption(new Option('--reason <text>', 'kept as evidence').argParser(parseText(1_000)).makeOptionMandatory());
}

async function decide(
  shell: Shell,
  command: Command,
  id: string | undefined,
  { batch, reason, verdict, kind }: DecideOptions & { readonly verdict: Verdict; readonly kind?: RemovalKind },
): Promise<readonly Pick<HeldRemoval, 'personId'>[]> {
  if ((id === undefined) === (batch === undefined)) {
    const shows = kind === undefined ? '`npx muster held list`' : '`npx muster leaver held`';
    throw new UsageError(`Give a person, or --batch with the hash that ${shows} shows`);
  }
  const which = id === undefined ? { batch: batch ?? '' } : { personId: id };
  return withOperator(shell, command, async (context, { muster }) => {
    // A batch of repairs stands on the same list, with an id of its own.
    if (kind === undefined && (await openRepairs(context.inventory))?.batchId === batch) {
      const { decideBatch } = await import('../operations/quarantine.ts');
      const about = { batchId: batch ?? '', verdict: verdict === 'release' ? 'allow' : 'reject', reason } as const;
      return (await decideBatch({ ...context, muster }, about)).people;
    }
    const { decideHeld } = await import('../operations/held.ts');
    return decideHeld(context, { which, kind, verdict, reason });
  });
}
