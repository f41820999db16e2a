import { Option, type Command } from 'commander';
import type { FindingRow } from '../../inventory/port/findings.ts';
import { findingKindNames, type FindingKind } from '../../domain/findings/catalog.ts';
import { severities, type Severity } from '../../domain/findings/kinds.ts';
import { FailedError, UsageError } from '../../domain/errors.ts';
import { muteFinding } from '../operations/findings.ts';
import { readAll } from '../../domain/pages.ts';
import { isJson } from './command.ts';
import { readTime } from './dates.ts';
import { withInventory } from './open.ts';
import { addActor, operatorOf } from './operator.ts';
import { paint, printResult } from './output.ts';
import { parsePersonId, parseText } from './parse.ts';
import { addListOptions, printList, type List } from './rows.ts';
import type { Shell } from './shell.ts';
import { renderParagraph, renderTable } from './table.ts';

interface ListOptions {
  readonly kind?: FindingKind;
  readonly severity?: Severity;
  readonly person?: string;
  readonly open?: boolean;
  readonly all?: boolean;
}

interface MuteOptions {
  readonly reason: string;
  readonly until: string;
}

export function addFindings(findings: Command, shell: Shell): void {
  addListOptions(findings.command('list'), { withFormat: true })
    .description('open findings by kind, the worst first, with what to do')
    .addOption(new Option('--kind <kind>', 'of this kind only').choices(findingKindNames))
    .addOption(new Option('--severity <severity>', 'of this severity only').choices(severities))
    .option('--person <id>', 'about this person only', parsePersonId)
    .addOption(new Option('--open', 'those that are open and not muted; this is the default').conflicts('all'))
    .option('--all', 'with those that are muted or closed')
    .addHelpText('after', '\nExample: npx muster findings list --severity high --csv > findings.csv')
    .action(async (options: ListOptions, command: Command) => {
      const { kind, severity, person, all } = options;
      const filter = { kind, severity, personId: person, state: all ? undefined : ('open' as const) };
      const now = new Date().toISOString();
      const rows = await withInventory(shell, (store) =>
        readAll((limit, offset) => store.listFindings({ ...filter, limit, offset }, now)),
      );
      printList(shell, command, rows, findingList, { renderRows: renderByKind });
    });
  addMute(findings, shell);
}

function addMute(findings: Command, shell: Shell): void {
  addActor(findings.command('mute'))
    .argument('<id>', 'as `findings list` shows it', parseText(64))
    .description('take a finding off the list until a day, with the reason; drift that is muted is not repaired')
    .requiredOption('--reason <text>', 'why it may stay as it is', parseText(1_000))
    .requiredOption('--until <date>', 'a day or an instant; then it is on the list again')
    .addHelpText(
      'after',
      '\nExample: npx muster findings mute 3f1c5a0b7d2e4c61 --reason "break-glass account" --until 2035-01-31',
    )
    .action(async (id: string, { reason, until }: MuteOptions, command: Command) => {
      const now = new Date();
      const end = readTime(until, now, '--until');
      if (Date.parse(end) <= now.getTime()) throw new UsageError(`--until ${until} is past: give a later day`);
      const muted = await withInventory(shell, async (store) => {
        return muteFinding(store, operatorOf(command), { id, until: end, reason }, now);
      });
      if (muted === undefined) {
        throw new FailedError(`There is no finding ${id}: \`npx muster findings list --all\` shows all with their ids`);
      }
      printResult(
        shell,
        isJson(command),
        muted,
        () => `Finding ${id} (${muted.title}: ${muted.name}) is muted until ${end}.`,
      );
    });
}

const evidenceOf = ({ evidence }: FindingRow): string =>
  Object.entries(evidence)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(' ') : String(value)}`)
    .join('; ');

const findingList: List<FindingRow> = {
  columns: {
    id: (row) => row.id,
    kind: (row) => row.kind,
    severity: (row) => row.severity,
    state: (row) => row.state,
    title: (row) => row.title,
    about: (row) => row.name,
    person: (row) => row.personId,
    accountId: (row) => row.accountId,
    since: (row) => row.since,
    closedAt: (row) => row.closedAt,
    evidence: evidenceOf,
    advice: (row) => row.advice,
    owasp: (row) => row.owasp,
    frozen: (row) => row.frozen,
    mutedUntil: (row) => row.mutedUntil,
    muteReason: (row) => row.muteReason,
  },
  none: 'Nothing was found. `npx muster sync run` looks again.',
};

/** What to do is the same for all findings of a kind: it stands once above them. */
function renderByKind(shell: Shell, rows: readonly FindingRow[]): string {
  const groups = Map.groupBy(rows, ({ severity, kind }) => `${severity} ${kind}`);
  return [...groups]
    .map(([name, found]) => {
      const { title, advice } = found[0] as FindingRow;
      const isMixed = found.some(({ state, frozen }) => state !== 'open' || frozen !== undefined);
      const head = ['id', 'about', 'since', ...(isMixed ? ['state'] : [])];
      return [
        renderParagraph(shell, `${name}: ${title}`).replace(name, paint(shell).bold(name)),
        renderParagraph(shell, `To do: ${advice}`, 2),
        renderTable(
          shell,
          head,
          found.map((row) => [row.id, row.name, row.since, stateOf(row)]),
        ),
      ].join('\n');
    })
    .join('\n\n');
}

const stateOf = ({ state, frozen, mutedUntil, closedAt }: FindingRow): string =>
  [
    state,
    ...(state === 'muted' && mutedUntil !== undefined ? [`until ${mutedUntil}`] : []),
    ...(state === 'closed' && closedAt !== undefined ? [`since ${closedAt}`] : []),
    ...(frozen === undefined ? [] : [`frozen: ${frozen}`]),
  ].join(' ');
