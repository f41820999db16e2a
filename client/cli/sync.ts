import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import type { SyncProgress, SyncSummary } from '../../domain/contracts.ts';
import { accessSyncScheduleId, lightSyncScheduleId, rosterScheduleId } from '../../domain/ids.ts';
import { formatDuration } from '../../domain/durations.ts';
import { FailedError } from '../../domain/errors.ts';
import { recordDecision } from '../../auth/operator.ts';
import type { OperatorContext } from '../operations/wake.ts';
import { isJson } from './command.ts';
import { describeUnseen } from './kinds.ts';
import { loadShellPolicy, withEngine, withInventory, withMuster } from './open.ts';
import { addActor, addOperator, whyOf, withOperator, type OperatorOptions } from './operator.ts';
import { printMessage, printResult } from './output.ts';
import { renderTable } from './table.ts';
import { parseDurationOption, parseText } from './parse.ts';
import { addQuarantine, renderQuarantine } from './quarantine.ts';
import { addListOptions, printList, type List } from './rows.ts';
import type { Shell } from './shell.ts';
import type { SyncRunRow } from '../../inventory/port/syncRuns.ts';
import { oddRowsOf, renderOddRows } from './oddRows.ts';
import { describeProgress } from './syncProgress.ts';
import { waitUntilInterrupted } from './waiting.ts';

const noSchedule = 'There is no schedule of the sync yet: create it with `npx muster schedule apply`';

export function addSync(sync: Command, shell: Shell, setExitCode: (code: number) => void): void {
  addRun(sync, shell, setExitCode);
  addQuarantine(sync, shell);
  addStatus(sync, shell);
  for (const word of ['pause', 'resume'] as const) {
    addActor(sync.command(word))
      .description(word === 'pause' ? 'let no sync start by itself' : 'let the sync start by itself again')
      .option('--reason <text>', 'kept with the schedule and as evidence', parseText(1_000), `${word}d by an operator`)
      .addHelpText('after', `\nExample: npx muster sync ${word} --reason "Datadog maintenance"`)
      .action(async ({ reason }: { reason: string }, command: Command) => {
        const schedule = await withOperator(shell, command, async (context) => {
          const { client } = context;
          await requireSchedule(client);
          await noteSchedule(context, { action: `${word} sync`, reason });
          const { pauseSync, resumeSync } = await import('../operations/schedule.ts');
          await (word === 'pause' ? pauseSync : resumeSync)(client, reason);
          return requireSchedule(client);
        });
        printResult(shell, isJson(command), schedule, () => `The sync is ${schedule.isPaused ? 'paused' : 'on'}.`);
      });
  }
}

function addStatus(sync: Command, shell: Shell): void {
  addListOptions(sync.command('status'))
    .description('when the sync runs next, and its last runs')
    .addHelpText('after', '\nExample: npx muster sync status')
    .action(async (_options: unknown, command: Command) => {
      const status = await withMuster(shell, async ({ client, inventory }) => ({
        schedule: await requireSchedule(client),
        runs: await inventory.listSyncRuns(10),
        quarantines: await inventory.listQuarantines(10),
      }));
      const { isPaused, note, nextAt } = status.schedule;
      const when = isPaused ? `paused${note ? `: ${note}` : ''}` : 'on';
      const next = nextAt === undefined || isPaused ? '' : `, next at ${nextAt}`;
      const held = status.quarantines.find(({ state }) => state === 'open');
      printList(shell, command, status.runs, runList, {
        json: status,
        above: `The sync is ${when}${next}.`,
        below: [oddRowsOf(shell, status.runs), held && renderQuarantine(shell, held)]
          .filter((text) => text !== undefined)
          .join('\n\n'),
      });
    });
}

const runList: List<SyncRunRow> = {
  columns: {
    startedAt: (run) => run.startedAt,
    finishedAt: (run) => run.finishedAt,
    depth: (run) => run.depth,
    complete: (run) => run.summary?.complete,
    users: (run) => run.summary?.users,
    changed: (run) => run.summary?.changed,
    findings: (run) => run.summary?.findings,
    odd: (run) => run.summary?.odd.count,
    reason: (run) => run.reason,
    run: (run) => run.runId,
  },
  shown: ['startedAt', 'finishedAt', 'depth', 'complete', 'users', 'changed', 'findings', 'odd', 'reason'],
  spare: ['users', 'reason', 'changed', 'findings', 'odd'],
  none: 'It has not run yet.',
};

function addRun(sync: Command, shell: Shell, setExitCode: (code: number) => void): void {
  sync
    .command('run')
    .description('read everything now, wait for it, print the summary')
    .option('--timeout <duration>', 'wait at most this long, such as 90s or 10m', parseDurationOption, 30 * 60_000)
    .addHelpText('after', '\nExample: npx muster sync run --json')
    .action(async ({ timeout }: { timeout: number }, command: Command) => {
      const summary = await withEngine(shell, async ({ client }) => {
        await requireSchedule(client);
        return syncWithin(shell, client, timeout);
      });
      printResult(shell, isJson(command), summary, () => renderSummary(shell, summary));
      const { last } = await withInventory(shell, (inventory) => inventory.standingKinds());
      for (const text of describeUnseen(last)) printMessage(shell, text);
      if (summary.complete) return;
      printMessage(shell, 'error: not everything was read');
      setExitCode(1);
    });
}

export function addSchedule(schedule: Command, shell: Shell): void {
  addOperator(schedule.command('apply'))
    .description("create or update the sync's schedules as the policy says")
    .addHelpText('after', '\nExample: npx muster schedule apply')
    .action(async (options: OperatorOptions, command: Command) => {
      const applied = await withOperator(shell, command, async (context, { config, client }) => {
        const policy = await loadShellPolicy(config);
        const { applySchedules } = await import('../operations/schedule.ts');
        const { cron, timeZone, lightEveryMs } = policy.sync;
        await noteSchedule(context, {
          action: 'apply schedules',
          after: { cron, timeZone, lightEveryMs },
          ...whyOf(options),
        });
        await applySchedules(client, policy);
        return policy;
      });
      const { cron, timeZone, lightEveryMs } = applied.sync;
      const { folder, cron: rosterCron } = applied.roster;
      const lines = {
        [accessSyncScheduleId]: `everything, by cron ${cron} (${timeZone})`,
        [lightSyncScheduleId]: `who has accepted, every ${lightEveryMs / 1_000} s`,
        ...(folder === undefined
          ? {}
          : { [rosterScheduleId]: `rosters in ${folder}, by cron ${rosterCron} (${timeZone})` }),
      };
      printResult(shell, isJson(command), { schedules: Object.keys(lines), ...applied.sync }, () =>
        Object.entries(lines)
          .map(([id, what]) => `${id}: ${what}`)
          .join('\n'),
      );
    });
}

async function noteSchedule(
  context: OperatorContext,
  done: { readonly action: string; readonly reason?: string; readonly after?: unknown },
): Promise<void> {
  const eventId = `schedule:${randomUUID()}`;
  await recordDecision(context.inventory, context, { personId: 'sync/schedule', eventId, step: 'schedule', ...done });
}

async function requireSchedule(client: Client) {
  const { describeSync } = await import('../operations/schedule.ts');
  const schedule = await describeSync(client);
  if (schedule === undefined) throw new FailedError(noSchedule);
  return schedule;
}

/** A signal ends the requests too: an open long poll would keep the command from ending. */
async function syncWithin(shell: Shell, client: Client, timeoutMs: number): Promise<SyncSummary> {
  const { syncNow } = await import('../operations/schedule.ts');
  const within = formatDuration(timeoutMs);
  const where = 'it goes on where a worker runs (`npx muster doctor`); see `npx muster sync status`';
  const onProgress = (progress: SyncProgress) => printMessage(shell, describeProgress(progress, Date.now()));
  const timeout = AbortSignal.timeout(timeoutMs);
  const wait = { what: `the sync to read all of Datadog, at most ${within}`, goesOn: where };
  try {
    return await waitUntilInterrupted(shell, wait, (interrupted) => {
      const signal = AbortSignal.any([interrupted, timeout]);
      setMaxListeners(0, signal);
      return client.withAbortSignal(signal, () => syncNow(client, onProgress));
    });
  } catch (error) {
    if (!timeout.aborted) throw error;
    throw new FailedError(`The sync did not end within ${within}: ${where}, or give a longer --timeout`);
  }
}

function renderSummary(shell: Shell, { odd, ...counts }: SyncSummary): string {
  const table = renderTable(shell, ['what', 'count'], Object.entries({ ...counts, odd: odd.count }));
  return [table, ...(odd.count === 0 ? [] : [renderOddRows(shell, odd)])].join('\n\n');
}
