import { Option, type Command } from 'commander';
import type { PersonStatus } from '../../domain/contracts.ts';
import { FailedError } from '../../domain/errors.ts';
import { isJson } from './command.ts';
import { addLinks } from './links.ts';
import { explainFailure } from './failures.ts';
import { readShellConfig, withInventory, withMuster } from './open.ts';
import { printMessage, printResult, renderTable } from './output.ts';
import { parseCount, parseOffset, parsePersonId } from './parse.ts';
import type { Shell } from './shell.ts';
import { addRestore } from './undo.ts';
import { subjectOf } from '../../domain/approvals.ts';
import type { PersonHistory, PersonRow } from '../../inventory/port/rows.ts';

/** Everything on one person: the inventory's memory, and what their open process says of itself. */
export interface PersonView extends PersonHistory {
  readonly status?: PersonStatus;
}

export function addPerson(program: Command, shell: Shell): void {
  const person = program.command('person').description('people, their processes, access and history');
  person
    .command('show')
    .argument('<id>', "HR's id of the person", parsePersonId)
    .description('state, process, what it waits for, access, history')
    .addHelpText('after', '\nExample: npx muster person show e-1042')
    .action(async (id: string, _options: unknown, command: Command) => {
      const view = await showPerson(shell, id);
      printResult(shell, isJson(command), view, () => renderPerson(shell, view));
    });
  person
    .command('list')
    .description('people with their processes')
    .addOption(
      new Option('--employment <state>', 'people in this state only').choices([
        'unknown',
        'joining',
        'employed',
        'left',
      ]),
    )
    .option('--limit <n>', 'at most so many', parseCount, 100)
    .option('--offset <n>', 'leave out so many first', parseOffset, 0)
    .addHelpText('after', '\nExample: npx muster person list --employment joining')
    .action(async (filter: { employment?: string; limit: number; offset: number }, command: Command) => {
      const people = await withInventory(shell, (inventory) => inventory.listPeople(filter));
      printResult(shell, isJson(command), people, () => renderPeople(shell, people));
    });
  addLinks(person, shell);
  addRestore(person, shell);
  person
    .command('retry')
    .argument('<id>', "HR's id of the person", parsePersonId)
    .description(
      'compare the access with the policy again, and mend what is missing; what is blocked looks again at once',
    )
    .addHelpText('after', '\nExample: npx muster person retry e-1042')
    .action(async (id: string, _options: unknown, command: Command) => {
      const submitted = await withMuster(shell, ({ muster }) => muster.retry(id));
      printResult(
        shell,
        isJson(command),
        submitted,
        () => `Event ${submitted.eventId} is recorded; the process is ${submitted.workflowId}.`,
      );
    });
}

async function showPerson(shell: Shell, id: string): Promise<PersonView> {
  const history = await withInventory(shell, (inventory) => inventory.personHistory(id));
  if (history === undefined) {
    throw new FailedError(`No person ${id} is known: \`npx muster person list\` shows all; a joiner event adds one`);
  }
  const status = await askProcess(shell, id);
  return { ...history, ...(status === undefined ? {} : { status }) };
}

/** The inventory answers without an engine; then only the live part is missing, and a message says so. */
async function askProcess(shell: Shell, id: string): Promise<PersonStatus | undefined> {
  const { temporal } = await readShellConfig(shell);
  if (temporal.connection === undefined) {
    printMessage(shell, 'No engine runs here (`npm start`): this is what the inventory remembers.');
    return undefined;
  }
  try {
    return await withMuster(shell, ({ muster }) => muster.status(id));
  } catch (error) {
    printMessage(
      shell,
      `The open process could not be asked, this is what the inventory remembers: ${explainFailure(error)}`,
    );
    return undefined;
  }
}

function renderPerson(
  shell: Shell,
  { person, account, held: seen, nhis, events, grants, approvals, evidence, status }: PersonView,
): string {
  // The record is written when a process ends; until then the newest event says who this is.
  const attributes = person.attributes ?? events.findLast(({ event }) => event.person !== undefined)?.event.person;
  const held = status?.account ?? account;
  const facts: [string, string | undefined][] = [
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
    ['blocked', status?.blocked && `${status.blocked.reason}: ${status.blocked.advice}`],
    ['account', held && `${held.id} (${held.status})`],
  ];
  const parts = [
    renderTable(
      shell,
      ['person', person.personId],
      facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    section(
      shell,
      'Access',
      ['kind', 'name', 'since', 'until', 'reason'],
      grants.map((g) => [g.kind, g.name, g.since, g.until, g.reason]),
    ),
    section(
      shell,
      'Seen in Datadog (each permission of a role: --json)',
      ['kind', 'name', 'first seen', 'until', 'permissions'],
      seen.map(({ kind, name, since, until, permissions }) => [
        kind,
        name,
        since,
        until,
        permissions?.length.toString(),
      ]),
    ),
    section(
      shell,
      'Answers for',
      ['kind', 'name', 'id', 'last used'],
      nhis.map(({ kind, name, id, lastUsedAt }) => [kind, name, id, lastUsedAt]),
    ),
    section(
      shell,
      'Approvals',
      ['id', 'access', 'state', 'deadline'],
      approvals.map((a) => [a.approvalId, subjectOf(a), a.state, a.deadline]),
    ),
    section(
      shell,
      'Events',
      ['event', 'kind', 'effective', 'outcome', 'detail'],
      events.map(({ event, outcome }) => [
        event.eventId,
        event.kind,
        event.effectiveAt,
        outcome?.kind ?? 'waiting',
        outcome?.detail,
      ]),
    ),
    section(
      shell,
      'Evidence',
      ['at', 'actor', 'action', 'event'],
      evidence.map(({ at, actor, action, eventId }) => [at, actor, action, eventId]),
    ),
    section(shell, 'Steps of the open process', ['at', 'step'], status?.steps.map(({ at, text }) => [at, text]) ?? []),
    section(
      shell,
      'Not counted',
      ['at', 'what', 'why'],
      status?.refused.map(({ at, what, why }) => [at, what, why]) ?? [],
    ),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function section(
  shell: Shell,
  title: string,
  head: readonly string[],
  rows: readonly (readonly (string | undefined)[])[],
) {
  return rows.length === 0 ? '' : `${title}\n${renderTable(shell, head, rows)}`;
}

function renderPeople(shell: Shell, people: readonly PersonRow[]): string {
  if (people.length === 0) return 'Nobody is known yet: a joiner event adds a person.';
  return renderTable(
    shell,
    ['person', 'e-mail', 'employment', 'account', 'process', 'phase', 'waiting for'],
    people.map((one) => [
      one.personId,
      one.attributes?.email,
      one.employment,
      one.accountStatus,
      one.process,
      one.phase,
      one.waitingFor,
    ]),
  );
}
