import { leavesDue } from '../../../activities/sync/leaves.ts';
import { dayMs, hourMs, minuteMs } from '../../../domain/durations.ts';
import type { Severity } from '../../../domain/findings/kinds.ts';
import { judgeLeaves } from '../../../domain/findings/leaves.ts';
import { aliveSince, type Instance } from '../../../domain/instances.ts';
import type { Phase } from '../../../domain/model.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { syncKinds, type SyncKind } from '../../../domain/sync/kinds.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';

/** How long approvals have waited: each up to the one after. */
export const approvalBands = ['hour', 'day', 'threeDays', 'week', 'longer'] as const;
export type ApprovalBand = (typeof approvalBands)[number];
const bandEnds = [hourMs, dayMs, 3 * dayMs, 7 * dayMs] as const;

type Counts<Name extends string> = Readonly<Record<Name, number>>;

/** What the record says of now: counts and ages in seconds, nothing about anybody. */
export interface Figures {
  readonly people: Counts<Phase>;
  /** Leavers who are due and whose access has not ended; `late` are those among them that an alarm is about. */
  readonly leavers: Counts<'due' | 'late'>;
  /** People with an event that no process has taken up for a minute. */
  readonly untold: number;
  readonly approvals: Counts<ApprovalBand>;
  readonly oldestApproval: number;
  readonly refusals: Counts<'leaver' | 'other'>;
  /** Since the last full sync ended; NaN where none has. */
  readonly syncAge: number;
  /** 1 where the last full sync read all of the kind, else 0. */
  readonly isKindComplete: Counts<SyncKind>;
  /** Since all of the kind was read; NaN where it never was. */
  readonly kindAge: Counts<SyncKind>;
  readonly findings: Counts<Severity>;
  /** Processes that have reported lately. */
  readonly processes: Counts<Instance['kind']>;
}

type Read = Pick<
  Inventory,
  | 'approvalAges'
  | 'countFindings'
  | 'countPhases'
  | 'lastSyncEnd'
  | 'listInstances'
  | 'openLeaves'
  | 'openRefusals'
  | 'peopleNotTakenUp'
  | 'standingKinds'
>;

const mostPeople = 1_000;

/** A few queries, each of rows that are few. */
export async function readFigures(
  inventory: Read,
  policy: Pick<Policy, 'times' | 'identity' | 'sources'>,
  now: number,
): Promise<Figures> {
  const at = new Date(now).toISOString();
  const ago = (ms: number): string => new Date(now - ms).toISOString();
  const age = (time: string | undefined): number =>
    time === undefined ? Number.NaN : Math.max(0, Math.round((now - Date.parse(time)) / 1_000));
  const [people, leavers, untold, approvals, refusals, ended, kinds, findings, instances] = await Promise.all([
    inventory.countPhases(),
    countLeavers(inventory, policy, now),
    inventory.peopleNotTakenUp({ receivedBefore: ago(minuteMs), limit: mostPeople }),
    inventory.approvalAges(bandEnds.map(ago)),
    inventory.openRefusals(),
    inventory.lastSyncEnd(),
    inventory.standingKinds(),
    inventory.countFindings(at),
    inventory.listInstances(aliveSince(now)),
  ]);
  const running = (wanted: Instance['kind']): number => instances.filter(({ kind }) => kind === wanted).length;
  return {
    people,
    leavers,
    untold: untold.length,
    approvals: record(approvalBands, (_band, index) => approvals.counts[index] ?? 0),
    oldestApproval: approvals.oldest === undefined ? 0 : age(approvals.oldest),
    refusals: {
      leaver: refusals.reduce((sum, { leaving }) => sum + leaving, 0),
      other: refusals.reduce((sum, { others }) => sum + others, 0),
    },
    syncAge: age(ended),
    isKindComplete: record(syncKinds, (kind) => (kinds.last[kind]?.state === 'complete' ? 1 : 0)),
    kindAge: record(syncKinds, (kind) => age(kinds.completeAt[kind])),
    findings,
    processes: { worker: running('worker'), gateway: running('gateway') },
  };
}

async function countLeavers(
  inventory: Pick<Inventory, 'openLeaves'>,
  policy: Pick<Policy, 'times' | 'identity' | 'sources'>,
  now: number,
): Promise<Figures['leavers']> {
  const asked = leavesDue(policy, now);
  const leaves = await inventory.openLeaves({ ...asked, dueBefore: asked.at });
  const late = leaves.filter(({ outcome, dueAt }) => outcome !== undefined || dueAt <= asked.dueBefore);
  return { due: judgeLeaves(leaves, now).found.length, late: judgeLeaves(late, now).found.length };
}

const record = <Name extends string>(
  names: readonly Name[],
  valueOf: (name: Name, index: number) => number,
): Counts<Name> => Object.fromEntries(names.map((name, index) => [name, valueOf(name, index)])) as Counts<Name>;
