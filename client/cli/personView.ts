import type { PersonStatus } from '../../domain/contracts.ts';
import { subjectOf } from '../../domain/approvals.ts';
import type { PersonHistory } from '../../inventory/port/people.ts';
import { paint, type Cell } from './output.ts';
import type { Shell } from './shell.ts';
import { renderFields, renderTable } from './table.ts';
import { describeDecision, rulesOf, whatWasDone, whyDone, whyGranted } from './why.ts';

/** Everything on one person: the inventory's memory, and what their open process says of itself. */
export interface PersonView extends PersonHistory {
  readonly status?: PersonStatus;
}

export function renderPerson(shell: Shell, view: PersonView): string {
  const section = (title: string, head: readonly string[], rows: readonly (readonly Cell[])[]) =>
    rows.length === 0 ? [] : [`${paint(shell).bold(title)}\n${renderTable(shell, head, rows)}`];
  const { nhis, events, evidence, status } = view;
  return [
    renderFields(shell, fieldsOf(view)),
    ...section('Access', ['kind', 'name', 'since', 'until', 'why', 'approved by'], accessOf(view)),
    ...section(
      'Owner of',
      ['kind', 'name', 'id', 'last used'],
      nhis.map(({ kind, name, id, lastUsedAt }) => [kind, name, id, lastUsedAt]),
    ),
    ...section('Approvals', ['id', 'access', 'why', 'state', 'decisions', 'deadline'], approvalsOf(view)),
    ...section(
      'Events',
      ['event', 'kind', 'effective', 'outcome', 'detail'],
      events.map(({ event: { eventId, kind, effectiveAt }, outcome }) => {
        return [eventId, kind, effectiveAt, outcome?.kind ?? 'waiting', outcome?.detail];
      }),
    ),
    ...section(
      'Evidence',
      ['at', 'what', 'why', 'by'],
      evidence.map((entry) => {
        const { why, by } = whyDone(entry, view);
        return [entry.at, whatWasDone(entry), why, by];
      }),
    ),
    ...section('Steps of the open process', ['at', 'step'], status?.steps.map(({ at, text }) => [at, text]) ?? []),
    ...section('Not counted', ['at', 'what', 'why'], status?.refused.map(({ at, what, why }) => [at, what, why]) ?? []),
  ].join('\n\n');
}

function fieldsOf({ person, account, events, status }: PersonView): readonly (readonly [string, Cell])[] {
  // The record is written when a process ends; until then the newest event says who this is.
  const attributes = person.attributes ?? events.findLast(({ event }) => event.person !== undefined)?.event.person;
  const current = status?.account ?? account;
  return [
    ['person', person.personId],
    ['e-mail', attributes?.email],
    ['name', attributes?.name],
    ['title', attributes?.title],
    ['department', attributes?.department],
    ['manager', attributes?.manager],
    ['employment', person.employment],
    ['process', status?.process ?? person.process],
    ['phase', status?.phase ?? person.phase],
    ['waiting for', status === undefined ? person.waitingFor : status.waitingFor],
    ['until', status === undefined ? person.until : status.until],
    ['last error', person.lastError && `${person.lastError} (it is tried again)`],
    ['blocked', status?.blocked && `${status.blocked.reason}: ${status.blocked.advice}`],
    ['account', current && `${current.id} (${current.status})`],
  ];
}

/** One row an entitlement and time: what Muster granted by its own record, and what the sync saw beside it. */
function accessOf(view: PersonView): readonly (readonly Cell[])[] {
  const { grants, held } = view;
  const isOfGrant = (one: PersonView['held'][number]) =>
    grants.some(({ kind, id, since, until }) => {
      const isDuring = until === undefined || (one.until !== undefined && one.since <= until);
      return kind === one.kind && id === one.id && isDuring && (one.until === undefined || one.until >= since);
    });
  const given = grants.map((grant) => {
    const { why, by } = whyGranted(grant, view);
    return [grant.kind, grant.name, grant.since, grant.until, why, by];
  });
  const others = held
    .filter((one) => !isOfGrant(one))
    .map(({ kind, name, since, until }) => [kind, name, since, until, 'seen in Datadog, not granted by Muster', '']);
  return [...given, ...others].toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

/** By kind, name and time. */
const keyOf = (row: readonly Cell[]): string => row.slice(0, 3).join(' ');

const approvalsOf = ({ approvals }: PersonView): readonly (readonly Cell[])[] =>
  approvals.map((one) => [
    one.approvalId,
    subjectOf(one),
    rulesOf(one.rules),
    one.state,
    one.decisions.map(describeDecision).join('; '),
    one.deadline,
  ]);
