import { catalogEntry } from '../../domain/findings/catalog.ts';
import type { Found } from '../../domain/findings/found.ts';
import { judgePolicies } from '../../domain/findings/policies.ts';
import { judgeSchedules, type ScheduleState } from '../../domain/findings/schedules.ts';
import { judgeWorkers } from '../../domain/findings/workers.ts';
import { accessSyncScheduleId, personIdOf } from '../../domain/ids.ts';
import { aliveSince } from '../../domain/instances.ts';
import type { Pollers } from '../../domain/workers.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { InventoryMark } from '../../inventory/port/identity.ts';
import { lastRuns } from '../../policy/cron.ts';

/** What Temporal is asked for, and keeps. Made in `workers/` from a client. */
export interface EngineWatch {
  /** The inventory that this namespace belongs to; undefined where no worker has started yet. */
  knownInventory(): Promise<InventoryMark | undefined>;
  noteInventory(mark: InventoryMark): Promise<void>;
  /** Open runs whose workflow task has failed again and again, at most so many. */
  failingRuns(limit: number): Promise<readonly FailingRun[]>;
  /** The schedules of the sync. */
  schedules(): Promise<readonly ScheduleState[]>;
  /** Who asks for each kind of work. */
  pollers(): Promise<readonly Pollers[]>;
  /** Ids of the people with an open run, as the list of runs has it: a little late. */
  openPeople(): Promise<ReadonlySet<string>>;
}

export interface FailingRun {
  readonly workflowId: string;
  readonly startedAt: string;
  /** Such as `cause=WorkflowTaskFailedCauseNonDeterministicError`. */
  readonly problems: readonly string[];
}

export interface AskedEngine {
  readonly engine: Pick<EngineWatch, 'knownInventory' | 'failingRuns' | 'schedules' | 'pollers'>;
  readonly inventory: Pick<Inventory, 'differenceFrom' | 'readMark' | 'listInstances' | 'lastSyncEnd'>;
  readonly policy: Pick<Policy, 'sync'>;
}

const mostRuns = 100;

/**
 * Everything that Temporal and the running processes show to be wrong: runs that fail, a sync that does not run or end,
 * another inventory, policies that are refused or differ.
 */
export async function findInEngine({ engine, inventory, policy }: AskedEngine, now: number): Promise<readonly Found[]> {
  const known = await engine.knownInventory();
  const difference = known && (await inventory.differenceFrom(known));
  const { cron, timeZone, lightEveryMs } = policy.sync;
  const [last, lastButOne] = lastRuns(cron, timeZone, new Date(now), 2);
  const ended = await inventory.lastSyncEnd();
  const fullEveryMs = last === undefined || lastButOne === undefined ? 0 : last.getTime() - lastButOne.getTime();
  return [
    ...(known === undefined || difference === undefined ? [] : [strangeInventory(known, await inventory.readMark())]),
    ...(await engine.failingRuns(mostRuns)).map(failingRun),
    ...judgeSchedules(
      (await engine.schedules()).map((one) => withEnd(one, ended)),
      { lightEveryMs, fullEveryMs },
      now,
    ),
    ...judgeWorkers(await engine.pollers(), now),
    ...judgePolicies(await inventory.listInstances(aliveSince(now)), now),
  ];
}

/** Temporal forgets runs sooner than a full sync comes again; the record does not. */
const withEnd = (schedule: ScheduleState, ended: string | undefined): ScheduleState =>
  schedule.scheduleId === accessSyncScheduleId ? { ...schedule, finishedAt: ended } : schedule;

function strangeInventory(known: InventoryMark, here: InventoryMark): Found {
  return {
    ...foundInEngine('strangeInventory', here.inventoryId),
    evidence: { here: here.inventoryId, hereUpTo: here.seq, known: known.inventoryId, knownUpTo: known.seq },
  };
}

function failingRun({ workflowId, startedAt, problems }: FailingRun): Found {
  return {
    ...foundInEngine('runFailing', workflowId),
    personId: personIdOf(workflowId),
    evidence: { workflowId, runStartedAt: startedAt, problems },
  };
}

const foundInEngine = (kind: Found['kind'], subject: string) => ({
  kind,
  subject,
  scope: subject,
  name: subject,
  severity: catalogEntry(kind).severity,
});
