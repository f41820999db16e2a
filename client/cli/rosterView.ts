import type { RosterPlan } from '../intake/roster/model.ts';
import type { Shell } from './shell.ts';
import { renderTable } from './table.ts';

type Cells = readonly (string | number)[];

const shownRows = 50;

export function renderRosterPlan(shell: Shell, plan: RosterPlan): string {
  const section = (title: string, head: readonly string[], rows: readonly Cells[]): string => {
    if (rows.length === 0) return '';
    const more = rows.length > shownRows ? `\n… and ${rows.length - shownRows} more (--json shows all)` : '';
    return `${title}\n${renderTable(shell, head, rows.slice(0, shownRows))}${more}`;
  };
  return [
    plan.decisions.length === 0
      ? ''
      : ['Nothing is applied before the policy says:', ...plan.decisions.map((one) => `- ${one}`)].join('\n'),
    renderTable(shell, ['plan', plan.hash], countsOf(plan)),
    section(
      'Columns',
      ['column', 'is'],
      plan.columns.map(({ column, field, note }) => [column, field ?? `not used: ${note ?? ''}`]),
    ),
    section(
      'Access, by the policy',
      ['kind', 'name', 'gain', 'lose'],
      plan.access.totals.map(({ kind, name, gain, lose }) => [kind, name, gain, lose]),
    ),
    ...changesOf(plan, section),
    section('Cannot be read', ['line', 'what'], plan.problems.map(lineOf)),
    section('Contradictions', ['line', 'what'], plan.contradictions.map(lineOf)),
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

function countsOf(plan: RosterPlan): readonly Cells[] {
  const { items, budget, access, encoding, delimiter } = plan;
  const count = (kind: string): number => items.filter((item) => item.kind === kind).length;
  return [
    ['file', `${encoding}, cells divided by ${delimiter}`],
    ['join', count('joiner')],
    ['change', count('mover')],
    ['leave', count('leaver')],
    ['leave withdrawn', count('leaverRescinded')],
    ['go on under a new id', plan.replaced.length],
    ['unchanged', plan.unchanged],
    ['cannot be read', plan.problems.length],
    ['missing from the file', plan.missing.length],
    [
      'accounts of nobody',
      plan.knownAccounts === 0 ? 'no account is known: npx muster sync run' : plan.orphanedAccounts.length,
    ],
    [
      'lose something now',
      `${access.losers}${access.held > 0 ? `, of whom the change budget holds ${access.held}` : ''}`,
    ],
    ['budget', `${budget.leavers} of ${budget.limit} leavers${budget.isExceeded ? ': above, needs --allow' : ''}`],
  ];
}

function changesOf(
  { items, access, replaced }: RosterPlan,
  section: (title: string, head: readonly string[], rows: readonly Cells[]) => string,
): readonly string[] {
  return [
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
      'Who gains and loses what',
      ['line', 'person', 'effective', 'gains', 'loses'],
      access.changes.map(({ line, person, effectiveAt, gains, loses }) => [
        line,
        person,
        effectiveAt ?? 'at once',
        gains.map(({ name, needsApproval }) => (needsApproval === true ? `${name} (on approval)` : name)).join(', '),
        loses.map(({ name }) => name).join(', '),
      ]),
    ),
    section(
      'Go on under a new id',
      ['line', 'id', 'replaces'],
      replaced.map(({ line, externalId, replaces }) => [line, externalId, replaces]),
    ),
  ];
}

const lineOf = ({ line, message }: { readonly line: number; readonly message: string }): Cells => [line, message];
