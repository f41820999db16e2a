import { randomUUID } from 'node:crypto';
import { Option, type Command } from 'commander';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { IntakeRow } from '../../inventory/port/people.ts';
import type { HrEvent, Outcome } from '../../domain/model.ts';
import { isJson } from './command.ts';
import { addHeldLeavers } from './heldLeavers.ts';
import { planEvent, renderPlan } from './dryRun.ts';
import { readEvent, readEventFile, settleEvent, type EventInput, type EventOptions } from './eventInput.ts';
import { loadShellPolicy, withInventory, withMuster } from './open.ts';
import { printMessage, printResult } from './output.ts';
import {
  parseAttribute,
  parseCount,
  parseDurationOption,
  parseEmail,
  parsePersonId,
  parseText,
  parseTimeZone,
} from './parse.ts';
import { addListOptions, printList, type List } from './rows.ts';
import type { Shell } from './shell.ts';
import { renderTable } from './table.ts';
import { addCancel } from './undo.ts';
import { UsageError } from '../../domain/errors.ts';

interface SubmitOptions extends EventOptions {
  readonly wait?: boolean;
  readonly timeout?: number;
  readonly dryRun?: boolean;
  readonly rescind?: boolean;
}

const summaries = {
  joiner: 'give a person Datadog access: account, invitation, then roles and teams',
  mover: "change a person's data, and their access with it; what is not named stays as it is",
  leaver: "end a person's Datadog access: disable the account, remove roles and teams",
} as const;

const examples = {
  joiner: '--person-id e-1042 --email ada@example.com --name "Ada Example" --department Engineering --wait',
  mover: '--person-id e-1042 --department SRE --title "Site Reliability Engineer" --effective 2026-02-01',
  leaver: '--person-id e-1042 --immediate --reason "contract ended" --wait',
} as const;

/** An outcome that is not what was asked for. */
const isShort = (outcome: Outcome): boolean =>
  !['completed', 'nothingToDo', 'observed', 'duplicate'].includes(outcome.kind);

export function addEvents(program: Command, shell: Shell, setExitCode: (code: number) => void): void {
  for (const kind of ['joiner', 'mover', 'leaver'] as const) addSubmission(program, shell, setExitCode, kind);
  const events = program.command('events').description('HR events that were received');
  addCancel(events, shell);
  addListOptions(events.command('list'))
    .description('events that wait their turn; of one person all events, with their outcome')
    .option('--person <id>', 'all events of this person', parsePersonId)
    .option('--limit <n>', 'at most so many waiting events', parseCount, 100)
    .addHelpText('after', '\nExample: npx muster events list --person e-1042')
    .action(async ({ person, limit }: { person?: string; limit: number }, command: Command) => {
      const rows = await withInventory(shell, (inventory) => listEvents(inventory, person, limit));
      printList(shell, command, rows, eventList);
    });
}

const eventList: List<IntakeRow> = {
  columns: {
    event: ({ event }) => event.eventId,
    kind: ({ event }) => event.kind,
    person: ({ event }) => event.personId,
    effectiveAt: ({ event }) => event.effectiveAt,
    receivedAt: ({ receivedAt }) => receivedAt,
    outcome: ({ outcome }) => outcome?.kind ?? 'waiting',
    detail: ({ outcome }) => outcome?.detail,
    source: ({ event }) => event.source,
    reason: ({ event }) => event.reason,
  },
  shown: ['event', 'kind', 'person', 'effectiveAt', 'outcome', 'detail'],
  none: 'No event waits.',
};

async function listEvents(inventory: Inventory, personId: string | undefined, limit: number) {
  if (personId === undefined) return inventory.waitingEvents({ limit });
  const history = await inventory.personHistory(personId);
  return history?.events ?? inventory.waitingEvents({ personId, limit });
}

function addSubmission(
  program: Command,
  shell: Shell,
  setExitCode: (code: number) => void,
  kind: keyof typeof summaries,
): void {
  const command = program
    .command(kind)
    .description(summaries[kind])
    .option('--person-id <id>', "HR's id of the person", parsePersonId)
    .option('--email <address>', 'e-mail address, which is the Datadog account', parseEmail)
    .option('--name <name>', 'full name', parseText(255))
    .option('--title <title>', 'job title', parseText(255))
    .option('--department <name>', 'department, for policy rules', parseText(255))
    .option('--manager <id>', "the manager's e-mail or person id", parseText(255))
    .option('--time-zone <zone>', 'IANA time zone, in which days begin', parseTimeZone)
    .option('--attribute <name=value>', 'further attribute for policy rules; may be given again', parseAttribute)
    .option(
      '--effective <when>',
      kind === 'leaver'
        ? 'now, the last working day (to its last minute in their time zone), or an instant'
        : 'now, a day (from its first minute in their time zone), or an instant',
      'now',
    )
    .option('--reason <text>', 'kept as evidence', parseText(1_000))
    .option(
      '--event-id <id>',
      'the same id again changes nothing; a new one is made where none is given',
      parseText(200),
    )
    .option('--file <path>', 'event as JSON (- is stdin); other options win over its fields')
    .option('--wait', 'wait for the outcome of this event')
    .option('--timeout <duration>', 'wait at most this long, such as 90s or 10m (5m)', parseDurationOption)
    .addOption(new Option('--dry-run', 'print what it would do, and start nothing').conflicts('wait'))
    .addHelpText('after', `\nExample: npx muster ${kind} ${examples[kind]}`);
  if (kind === 'leaver') {
    const rescind = new Option(
      '--rescind',
      'the leave is withdrawn: before it was applied the person stays, after it they return',
    );
    command
      .option('--immediate', 'at once, whatever the effective date says')
      .addOption(rescind.conflicts(['immediate', 'dryRun']));
    // `release` and `held` have options of their own, some by the same name.
    addHeldLeavers(command.enablePositionalOptions(), shell);
  }
  command.action(async (given: SubmitOptions, self: Command) => {
    const options = { ...given };
    if (self.getOptionValueSource('effective') === 'default') delete (options as { effective?: string }).effective;
    if (options.timeout !== undefined && !options.wait) {
      throw new UsageError('--timeout says how long to wait: give --wait with it');
    }
    const file = options.file === undefined ? {} : await readEventFile(options.file, shell.cwd);
    const input = readEvent(options.rescind ? 'leaverRescinded' : kind, options, file, {
      now: new Date(),
      newId: randomUUID,
    });
    if (options.dryRun) {
      const plan = await planEvent(shell, input);
      printResult(shell, isJson(self), plan, () => renderPlan(shell, plan));
      return;
    }
    await submit(shell, setExitCode, input, { ...options, json: isJson(self) });
  });
}

async function submit(
  shell: Shell,
  setExitCode: (code: number) => void,
  input: EventInput,
  options: { readonly wait?: boolean; readonly timeout?: number; readonly json: boolean },
): Promise<void> {
  await withMuster(shell, async ({ muster, inventory, config }) => {
    const defaultTimeZone = async () => (await loadShellPolicy(config)).defaultTimeZone;
    const event = await settleEvent(inventory, input, defaultTimeZone);
    const submitted = await muster.submitEvent(event);
    if (!options.wait) {
      printResult(shell, options.json, submitted, () =>
        [
          `${event.kind} event ${submitted.eventId} is recorded; the process is ${submitted.workflowId}.`,
          `Follow it with: npx muster person show ${event.personId}`,
        ].join('\n'),
      );
      return;
    }
    const timeoutMs = options.timeout ?? 5 * 60_000;
    const onProgress = (text: string) => printMessage(shell, text);
    const outcome = await muster.waitForOutcome(submitted.eventId, { timeoutMs, onProgress });
    printResult(shell, options.json, { ...submitted, ...(outcome === undefined ? {} : { outcome }) }, () =>
      outcome === undefined ? `${submitted.workflowId}: no outcome yet` : renderOutcome(shell, event, outcome),
    );
    if (outcome === undefined) {
      printMessage(
        shell,
        `error: event ${submitted.eventId} has no outcome after ${timeoutMs / 1_000} s; it goes on, nothing is lost. ` +
          `See \`npx muster person show ${event.personId}\`, or give a longer --timeout`,
      );
    }
    if (outcome === undefined || isShort(outcome)) setExitCode(1);
  });
}

function renderOutcome(shell: Shell, event: Pick<HrEvent, 'kind' | 'personId'>, outcome: Outcome): string {
  const detail = outcome.detail === undefined ? '' : `: ${outcome.detail}`;
  const head = `${event.kind} of ${event.personId}: ${outcome.kind}${detail}`;
  if (outcome.parts.length === 0) return head;
  const rows = outcome.parts.map((part) => [part.part, part.result, part.detail]);
  return `${head}\n${renderTable(shell, ['part', 'result', 'detail'], rows)}`;
}
