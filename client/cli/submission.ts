import { randomUUID } from 'node:crypto';
import { Option, type Command } from 'commander';
import { formatDuration, minuteMs } from '../../domain/durations.ts';
import { UsageError } from '../../domain/errors.ts';
import type { Operator } from '../../auth/operator.ts';
import type { HrEvent, Outcome } from '../../domain/model.ts';
import type { EventDraft } from '../operations/drafts.ts';
import type { SubmittedEvent } from '../operations/muster.ts';
import { isJson, type AddCommands } from './command.ts';
import type { EventInput, EventOptions } from './eventInput.ts';
import { addHeldLeavers } from './held.ts';
import { addActor, operatorOf } from './operator.ts';
import { loadShellPolicy, withMuster, type Opened } from './open.ts';
import { printMessage, printResult } from './output.ts';
import { parseAttribute, parseDurationOption, parseEmail, parsePersonId, parseText, parseTimeZone } from './parse.ts';
import type { Shell } from './shell.ts';
import { renderTable } from './table.ts';
import { waitUntilInterrupted } from './waiting.ts';

interface SubmitOptions extends EventOptions {
  readonly wait?: boolean;
  readonly timeout?: number;
  readonly dryRun?: boolean;
  readonly rescind?: boolean;
}

const examples = {
  joiner: '--person-id e-1042 --email ada@example.com --name "Ada Example" --department Engineering --wait',
  mover: '--person-id e-1042 --department SRE --title "Site Reliability Engineer" --effective 2026-02-01',
  leaver: '--person-id e-1042 --immediate --reason "contract ended" --wait',
} as const;

/** An outcome other than the requested one. */
const isShort = (outcome: Outcome): boolean =>
  !['completed', 'nothingToDo', 'observed', 'duplicate'].includes(outcome.kind);

export const addJoiner: AddCommands = (joiner, shell, setExitCode) => {
  addOptions(joiner, 'joiner').action(submitWith(shell, setExitCode, 'joiner'));
};

export const addMover: AddCommands = (mover, shell, setExitCode) => {
  addOptions(mover, 'mover').action(submitWith(shell, setExitCode, 'mover'));
};

export const addLeaver: AddCommands = (leaver, shell, setExitCode) => {
  const rescind = new Option(
    '--rescind',
    'the leave is withdrawn: before it was applied the person stays, after it they return',
  );
  addOptions(leaver, 'leaver')
    .option('--immediate', 'at once, whatever the effective date says')
    .addOption(rescind.conflicts(['immediate', 'dryRun']))
    // `release` and `held` have options of their own, some by the same name.
    .enablePositionalOptions()
    .action(submitWith(shell, setExitCode, 'leaver'));
  addHeldLeavers(leaver, shell);
};

const days = {
  joiner: 'now, a day (from its first minute in their time zone), or an instant',
  mover: 'now, a day (from its first minute in their time zone), or an instant',
  leaver: 'now, the last working day (to its last minute in their time zone), or an instant',
} as const;

function addOptions(command: Command, kind: keyof typeof examples): Command {
  return addActor(command)
    .option('--person-id <id>', "HR's id of the person", parsePersonId)
    .option('--email <address>', 'e-mail address, which is the Datadog account', parseEmail)
    .option('--name <name>', 'full name', parseText(255))
    .option('--title <title>', 'job title', parseText(255))
    .option('--department <name>', 'department, for policy rules', parseText(255))
    .option('--manager <id>', "the manager's e-mail or person id", parseText(255))
    .option('--time-zone <zone>', 'IANA time zone, in which days begin', parseTimeZone)
    .option('--attribute <name=value>', 'further attribute for policy rules; may be given again', parseAttribute)
    .option('--effective <when>', days[kind], 'now')
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
}

function submitWith(shell: Shell, setExitCode: (code: number) => void, kind: keyof typeof examples) {
  return async (given: SubmitOptions, command: Command): Promise<void> => {
    const options = { ...given };
    if (command.getOptionValueSource('effective') === 'default') delete (options as { effective?: string }).effective;
    if (options.timeout !== undefined && !options.wait) {
      throw new UsageError('--timeout says how long to wait: give --wait with it');
    }
    const { readEvent, readEventFile } = await import('./eventInput.ts');
    const file = options.file === undefined ? {} : await readEventFile(options.file, shell.cwd);
    const input = readEvent(options.rescind ? 'leaverRescinded' : kind, options, file, {
      now: new Date(),
      newId: randomUUID,
    });
    if (options.dryRun) {
      const { inWords, planEvent, renderPlan } = await import('./dryRun.ts');
      const plan = await planEvent(shell, input);
      printResult(shell, isJson(command), inWords(plan), () => renderPlan(shell, plan));
      return;
    }
    await withMuster(shell, async (opened) => {
      const submitted = await submit(opened, input, operatorOf(command));
      if (options.wait) {
        const outcome = await waitForOutcome(shell, opened, submitted, options.timeout ?? 5 * minuteMs);
        printOutcome(shell, isJson(command), submitted, outcome);
        if (outcome === undefined || isShort(outcome)) setExitCode(1);
        return;
      }
      const { eventId, workflowId, event } = submitted;
      printResult(shell, isJson(command), { workflowId, eventId }, () =>
        [
          `${event.kind} event ${eventId} is recorded; the process is ${workflowId}.`,
          `Follow it with: npx muster person show ${event.personId}`,
        ].join('\n'),
      );
    });
  };
}

interface Submitted extends SubmittedEvent {
  readonly event: EventDraft;
}

async function submit({ muster, inventory, config }: Opened, input: EventInput, by: Operator): Promise<Submitted> {
  const { settleEvent } = await import('./eventInput.ts');
  const event = await settleEvent(inventory, input, () => loadShellPolicy(config));
  return { ...(await muster.submitEvent(event, { by })), event };
}

async function waitForOutcome(
  shell: Shell,
  { muster }: Opened,
  { eventId, workflowId, event: { kind, personId } }: Submitted,
  timeoutMs: number,
): Promise<Outcome | undefined> {
  const wait = {
    what: `the outcome of the ${kind} of ${personId}, at most ${formatDuration(timeoutMs)}`,
    goesOn: `event ${eventId} is recorded, and ${workflowId} goes on. See \`npx muster person show ${personId}\``,
  };
  const onProgress = (text: string) => printMessage(shell, text);
  const outcome = await waitUntilInterrupted(shell, wait, (signal) =>
    muster.waitForOutcome(eventId, { timeoutMs, onProgress, signal }),
  );
  if (outcome !== undefined) return outcome;
  printMessage(
    shell,
    `error: event ${eventId} has no outcome after ${formatDuration(timeoutMs)}; it goes on, nothing is lost. ` +
      `See \`npx muster person show ${personId}\`, or give a longer --timeout`,
  );
  return undefined;
}

function printOutcome(shell: Shell, isJsonWanted: boolean, submitted: Submitted, outcome: Outcome | undefined): void {
  const { eventId, workflowId, event } = submitted;
  printResult(shell, isJsonWanted, { workflowId, eventId, outcome }, () =>
    outcome === undefined ? `${workflowId}: no outcome yet` : renderOutcome(shell, event, outcome),
  );
}

function renderOutcome(shell: Shell, event: Pick<HrEvent, 'kind' | 'personId'>, outcome: Outcome): string {
  const detail = outcome.detail === undefined ? '' : `: ${outcome.detail}`;
  const head = `${event.kind} of ${event.personId}: ${outcome.kind}${detail}`;
  if (outcome.parts.length === 0) return head;
  const rows = outcome.parts.map((part) => [part.part, part.result, part.detail]);
  return `${head}\n${renderTable(shell, ['part', 'result', 'detail'], rows)}`;
}
