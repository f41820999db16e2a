import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { PersonStatus, Refusal } from '../../domain/contracts.ts';
import type { Because } from '../../domain/evidence.ts';
import { carriedIn } from '../../domain/guards.ts';
import type { MailboxEvent, ProcessType } from '../../domain/model.ts';
import { Approvals } from './approvals.ts';
import { Blockers } from './blockers.ts';
import { describeStatus } from './describe.ts';
import { RunLength } from './length.ts';
import { Mailbox } from './mailbox.ts';
import { Process, type Ending } from './process.ts';

/** One run of a person. Each of its parts is changed by its own methods only. */
export interface PersonRun {
  readonly process: Readonly<Process>;
  readonly mailbox: Readonly<Mailbox>;
  readonly approvals: Readonly<Approvals>;
  readonly blockers: Blockers;
  readonly length: Readonly<RunLength>;
}

/** What a step needs of a run. */
export type Uses<Part extends keyof PersonRun> = Pick<PersonRun, Part>;

/** The procedure of a process for the mailbox's current event. */
export type Procedure = (run: PersonRun) => Promise<Ending>;

export function openRun(type: ProcessType, personId: string, input: unknown): PersonRun {
  // Anybody who reaches Temporal can start a run with an argument of their own making.
  const isFollowing = workflowInfo().continuedFromExecutionRunId !== undefined;
  const { refused = [] } = (isFollowing ? carriedIn(input) : {}) as { readonly refused?: readonly Refusal[] };
  const process = new Process(personId, type, refused, () => setCurrentDetails(describeStatus(statusOf(run))));
  const mailbox = new Mailbox(process);
  const blockers = new Blockers(process, mailbox);
  const approvals = new Approvals(process, mailbox);
  const run: PersonRun = { process, mailbox, approvals, blockers, length: new RunLength() };
  return run;
}

/** Why something is written now: the event whose process runs, which a newer one may have replaced, or an approval. */
export const becauseOf = ({ process, mailbox }: Uses<'process' | 'mailbox'>, approvalId?: string): Because => ({
  personId: process.personId,
  eventId: mailbox.event.eventId,
  ...(approvalId === undefined ? {} : { approvalId }),
});

/** What decides, before Datadog is asked, whether there is anything to do. */
export const knownOf = ({ process, mailbox }: Uses<'process' | 'mailbox'>) => ({
  process: process.type,
  employment: mailbox.person.employment,
  isKnown: mailbox.person.isKnown || mailbox.event.isTelling === true,
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

function briefly({ eventId, kind, occurredAt, effectiveAt, source }: MailboxEvent) {
  return { eventId, kind, occurredAt, effectiveAt, source };
}
