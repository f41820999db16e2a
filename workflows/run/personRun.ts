import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { PersonRunInput, PersonStatus } from '../../domain/contracts.ts';
import type { HrEvent, ProcessType } from '../../domain/model.ts';
import { Approvals } from './approvals.ts';
import { Blockers } from './blockers.ts';
import { describeStatus } from './describe.ts';
import { Mailbox } from './mailbox.ts';
import { Process, type Ending } from './process.ts';

/** One run of a person. Each of its parts is changed by its own methods only. */
export interface PersonRun {
  readonly process: Readonly<Process>;
  readonly mailbox: Readonly<Mailbox>;
  readonly approvals: Readonly<Approvals>;
  readonly blockers: Blockers;
}

/** What a step needs of a run. */
export type Uses<Part extends keyof PersonRun> = Pick<PersonRun, Part>;

/** The procedure of a process for the mailbox's current event. */
export type Procedure = (run: PersonRun) => Promise<Ending>;

export function openRun(type: ProcessType, { personId, events = [], carried }: PersonRunInput): PersonRun {
  // Anybody who reaches Temporal can start a run with decisions of their own making.
  const isFollowing = workflowInfo().continuedFromExecutionRunId !== undefined;
  const { decisions = [], refused = [] } = (isFollowing ? carried : undefined) ?? {};
  const process = new Process(personId, type, refused, () => setCurrentDetails(describeStatus(statusOf(run))));
  const mailbox = new Mailbox(process, events);
  const blockers = new Blockers(process, mailbox);
  const approvals = new Approvals(process, mailbox, decisions);
  const run: PersonRun = { process, mailbox, approvals, blockers };
  return run;
}

/** What decides, before Datadog is asked, whether there is anything to do. */
export const knownOf = ({ process, mailbox }: Uses<'process' | 'mailbox'>) => ({
  process: process.type,
  employment: mailbox.record.employment,
  person: mailbox.attributes,
});

export function statusOf({ process, mailbox, approvals, blockers }: PersonRun): PersonStatus {
  const event = mailbox.current ?? mailbox.next;
  return {
    ...process.progress(),
    event: event && briefly(event),
    blocked: blockers.first,
    approvals: approvals.all,
    mailbox: mailbox.contents.map(briefly),
  };
}

function briefly({ eventId, kind, occurredAt, effectiveAt, source }: HrEvent) {
  return { eventId, kind, occurredAt, effectiveAt, source };
}
