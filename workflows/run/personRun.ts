import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { refuseToGoOn } from './cancellation.ts';
import {
  searchAttributes,
  type ApprovalView,
  type EventCancellation,
  type PersonRunInput,
  type PersonStatus,
  type Refusal,
} from '../../domain/contracts.ts';
import { describeStatus } from './describe.ts';
import { correlationConflict, type MissingPermission } from '../../domain/failures.ts';
import { foldAttributes, isHire, type DroppedEvent } from '../../domain/mailbox.ts';
import type {
  Account,
  CountedDecision,
  Entitlement,
  HrEvent,
  Outcome,
  PartResult,
  PersonAttributes,
  PersonRecord,
  Phase,
  ProcessTimes,
  ProcessType,
} from '../../domain/model.ts';
import type { Activation } from '../../domain/policy/rules.ts';
import { blockerPoll, permissionPoll, records } from '../proxies.ts';
import { alongside, waitFor } from './waits.ts';

/**
 * Phases in which a process stays for long: these are worth a search attribute, which costs about an activity. The short
 * change at the end of an onboarding is not.
 */
const lasts = (type: ProcessType, phase: Phase): boolean =>
  phase === 'changing' ? type !== 'onboarding' : phase !== 'preparing';
const keptRefusals = 50;

/** Why a process does not go on, and what a person does about it. */
export interface Blocker {
  readonly reason: string;
  readonly advice: string;
}

/** The state of one run, and what its story may do with it. */
export class PersonRun {
  readonly personId: string;
  readonly type: ProcessType;
  /** Known from the first admission on. */
  record: PersonRecord;
  times: ProcessTimes | undefined;
  acceptClaimed = false;
  activation: Activation = 'invitation';
  mode: 'observe' | 'enforce' = 'enforce';
  /** Whose story is being told. */
  event: HrEvent | undefined;
  /** Waits in the mailbox for its day, and is the next. */
  scheduled: HrEvent | undefined;
  /** The person's attributes as they will be once the event is applied. */
  attributes: PersonAttributes | undefined;
  account: Account | undefined;
  desired: readonly Entitlement[] = [];
  approvals: ApprovalView[] = [];
  /** The e-mail that HR gives, of an account whose e-mail somebody must allow to change. */
  emailToAllow: string | undefined;
  parts: PartResult[] = [];
  /** Received, not yet looked up in the inventory. */
  incoming: HrEvent[];
  /** Say an id only, and HR is asked for the record: until it has answered they have not arrived. */
  fetching: readonly HrEvent[] = [];
  waiting: HrEvent[] = [];
  /** Events that ended without a process of their own. */
  ended: { event: HrEvent; outcome: Outcome }[] = [];
  /** Withdrawals of events, not yet carried out. */
  cancellations: readonly EventCancellation[] = [];
  decisions: CountedDecision[];
  /** Decisions that count already and are not yet on record. */
  unrecorded = 0;
  refused: Refusal[];
  activated = new Set<string>();
  /** How often somebody said that something was put right. */
  rechecks = 0;
  /** Waits for a person before anything was taken away: newer facts may still replace the event. */
  isReplaceable = false;
  preemptedBy: HrEvent | undefined;
  /** By somebody in the Temporal UI. */
  isCancelled = false;
  isAdmitting = false;
  #phase: Phase = 'preparing';
  #hasEntered = false;
  #waitingFor: string | undefined;
  #until: number | undefined;
  #blockers = new Map<string, Blocker & { readonly count: number }>();
  #steps: { at: string; text: string }[] = [];
  #outcome: Outcome | undefined;

  constructor(type: ProcessType, input: PersonRunInput) {
    this.personId = input.personId;
    this.type = type;
    this.record = { personId: input.personId, previousEmails: [], employment: 'unknown', lines: {} };
    this.incoming = [...(input.events ?? [])];
    // Anybody who reaches Temporal can start a run with decisions of their own making.
    const carried = workflowInfo().continuedFromExecutionRunId === undefined ? undefined : input.carried;
    this.decisions = [...(carried?.decisions ?? [])];
    this.refused = [...(carried?.refused ?? [])];
  }

  /** Everything by which the person is known: nobody decides about their own access under another address. */
  get identities(): readonly string[] {
    const said = this.waiting.map(({ person }) => person?.email);
    const emails = [
      this.attributes?.email,
      this.record.attributes?.email,
      ...this.record.previousEmails,
      ...said,
      this.account?.email,
      // It keeps the first e-mail for ever.
      this.account?.handle,
    ];
    return [this.personId, ...emails.filter((email) => email !== undefined)];
  }

  /** What decides, before Datadog is asked, whether there is anything to do. */
  get known() {
    return { process: this.type, employment: this.record.employment, person: this.attributes };
  }

  get processTimes(): ProcessTimes {
    if (this.times === undefined) throw new Error('no event was admitted yet');
    return this.times;
  }

  /** Enters a phase; where it lasts, the search attribute and the inventory learn of it. `until` in milliseconds. */
  async enter(phase: Phase, waitingFor?: string, until?: number): Promise<void> {
    this.#phase = phase;
    this.#waitingFor = waitingFor;
    this.#until = until;
    this.show();
    const attribute = workflowInfo().typedSearchAttributes.get(searchAttributes.phase);
    // A run that follows another one has inherited the other's phase.
    const isInherited = !this.#hasEntered && attribute !== undefined;
    this.#hasEntered = true;
    if (attribute !== phase && (isInherited || lasts(this.type, phase))) {
      upsertSearchAttributes([
        { key: searchAttributes.personId, value: this.personId },
        { key: searchAttributes.phase, value: phase },
      ]);
    }
    if (!lasts(this.type, phase) || phase === 'done') return;
    await records.recordProgress({
      personId: this.personId,
      process: this.type,
      phase,
      ...(waitingFor === undefined ? {} : { waitingFor }),
      ...(until === undefined ? {} : { until: isoOf(until) }),
      at: isoOf(Date.now()),
    });
  }

  /** One line of the run's own account of itself. */
  note(text: string): void {
    this.#steps.push({ at: isoOf(Date.now()), text });
    this.show();
  }

  finishPart(
    part: string,
    result: PartResult['result'],
    detail?: string,
    more: Pick<PartResult, 'permission' | 'isExcess'> = {},
  ): void {
    this.parts.push({ part, result, detail, ...more });
    this.note(`${part}: ${result}${detail === undefined ? '' : ` (${detail})`}`);
  }

  refuse(what: string, why: string): void {
    this.refused = [...this.refused, { at: isoOf(Date.now()), what, why }].slice(-keptRefusals);
    this.show();
  }

  drop(dropped: readonly DroppedEvent[]): void {
    for (const { event, kind, why } of dropped) {
      this.refuse(`${event.kind} ${event.eventId}`, `${kind}: ${why}`);
      if (isHire(event) && kind !== 'duplicate')
        this.record = { ...this.record, ...foldAttributes(this.record, event) };
      if (kind !== 'duplicate') this.ended.push({ event, outcome: { kind, detail: why, parts: [] } });
    }
  }

  /**
   * Calls Datadog. Where the key may not do it, the process is blocked: it says what is missing, waits until the key is
   * mended, and calls again.
   */
  async allowed<T>(call: () => Promise<T>): Promise<T> {
    for (let refusals = 0; ; refusals += 1) {
      try {
        return await call();
      } catch (error) {
        refuseToGoOn();
        const missing = missingPermissionOf(error);
        if (missing !== undefined) {
          await this.#waitForPermission(missing, refusals);
          continue;
        }
        const conflict = conflictOf(error);
        if (conflict === undefined) throw error;
        const advice = `decide whose account it is with \`npx muster person link ${this.personId} --account UUID\` or \`npx muster person unlink ID\``;
        await this.waitUntilResolved('blocked', { reason: conflict, advice }, () =>
          this.allowed(() => blockerPoll.awaitCorrelation(this.personId, this.attributes?.email)),
        );
      }
    }
  }

  async #waitForPermission(missing: MissingPermission, refusals: number): Promise<void> {
    let isTold = false;
    await this.waitUntilResolved('blocked', { reason: missing.permission, advice: adviceFor(missing) }, async () => {
      const isAskedAtOnce = isTold;
      isTold = true;
      // A probe cannot see everything a write needs: after it said yes in vain, the next try waits longer.
      if (refusals > 0 && !isAskedAtOnce) {
        await sleep(Math.min(15, 2 ** refusals) * 60_000, { summary: 'the next try of what was refused' });
      }
      await (isAskedAtOnce ? permissionPoll.awaitPermission(missing, true) : permissionPoll.awaitPermission(missing));
    });
  }

  /**
   * Stops until a person has put something right. `look` is an activity that fails until then; it is asked again at once
   * when somebody says so by the `recheck` signal.
   */
  async waitUntilResolved<T>(phase: 'blocked' | 'held', blocker: Blocker, look: () => Promise<T>): Promise<T> {
    return this.#stop(phase, blocker, async () => {
      for (;;) {
        const seen = this.rechecks;
        const found: { readonly value: T }[] = [];
        await alongside(
          async () => found.push({ value: await look() }),
          () => waitFor(() => found.length > 0 || this.rechecks !== seen),
        );
        // One that ended at the same moment counts.
        const [first] = found;
        if (first !== undefined) return first.value;
      }
    });
  }

  /** Shows why nothing goes on, tells the operator, and goes back to the phase before once it does. */
  async #stop<T>(phase: 'blocked' | 'held', blocker: Blocker, until: () => Promise<T>): Promise<T> {
    const [before, waitingFor, untilMs] = [this.#phase, this.#waitingFor, this.#until];
    const isFirst = this.#blockers.size === 0;
    this.#blockers.set(blocker.reason, { ...blocker, count: (this.#blockers.get(blocker.reason)?.count ?? 0) + 1 });
    try {
      if (isFirst) {
        await this.enter(phase, blocker.advice);
        const { reason, advice } = blocker;
        await records.notify({ kind: 'processBlocked', personId: this.personId, to: [], details: { reason, advice } });
      }
      return await until();
    } finally {
      const left = (this.#blockers.get(blocker.reason)?.count ?? 1) - 1;
      if (left > 0) this.#blockers.set(blocker.reason, { ...blocker, count: left });
      else this.#blockers.delete(blocker.reason);
      const isLast = this.#blockers.size === 0 && !CancellationScope.current().consideredCancelled;
      if (isLast && before !== 'blocked' && before !== 'held') await this.enter(before, waitingFor, untilMs);
    }
  }

  show(): void {
    setCurrentDetails(describeStatus(this.status()));
  }

  status(): PersonStatus {
    const [blocker] = this.#blockers.values();
    const event = this.event ?? this.scheduled;
    return {
      personId: this.personId,
      process: this.type,
      phase: this.#phase,
      ...(event === undefined ? {} : { event: briefly(event) }),
      ...(this.#waitingFor === undefined ? {} : { waitingFor: this.#waitingFor }),
      ...(this.#until === undefined ? {} : { until: isoOf(this.#until) }),
      ...(blocker === undefined ? {} : { blocked: { reason: blocker.reason, advice: blocker.advice } }),
      ...(this.account === undefined ? {} : { account: { id: this.account.id, status: this.account.status } }),
      desired: this.desired,
      approvals: this.approvals,
      parts: this.parts,
      mailbox: [...this.waiting, ...this.incoming, ...this.fetching].map(briefly),
      refused: this.refused,
      steps: this.#steps,
      ...(this.#outcome === undefined ? {} : { outcome: this.#outcome }),
    };
  }

  conclude(outcome: Outcome): void {
    this.#outcome = outcome;
    this.note(`outcome: ${outcome.kind}${outcome.detail === undefined ? '' : `, ${outcome.detail}`}`);
  }
}

export const cancelled: Outcome = { kind: 'cancelled', detail: 'the process was cancelled by hand', parts: [] };

export function wordsOf(error: ActivityFailure): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** What the activity itself failed with; undefined where it ended in another way. */
export const failureIn = (error: unknown): ApplicationFailure | undefined =>
  error instanceof ActivityFailure && error.cause instanceof ApplicationFailure ? error.cause : undefined;

export function missingPermissionOf(error: unknown): MissingPermission | undefined {
  const failure = failureIn(error);
  if (failure?.type !== 'NotAuthorized') return undefined;
  const [details] = (failure.details ?? []) as MissingPermission[];
  return details ?? { permission: 'validKeys', operation: 'unknown' };
}

/** In words what is not safely this person's; undefined where the error is another one. */
function conflictOf(error: unknown): string | undefined {
  const failure = failureIn(error);
  return failure?.type === correlationConflict ? failure.message : undefined;
}

function adviceFor({ permission }: MissingPermission): string {
  return permission === 'validKeys'
    ? 'Datadog refuses the keys: put valid ones in place (keys from files are read again; a key from the plain environment needs a worker restart, which loses nothing), then see `npx muster doctor`'
    : `the application key lacks ${permission}: add the scope to the key and the permission to its owner's role in Datadog, then see \`npx muster doctor\``;
}

export const isoOf = (ms: number): string => new Date(ms).toISOString();

function briefly({ eventId, kind, occurredAt, effectiveAt, source }: HrEvent) {
  return { eventId, kind, occurredAt, effectiveAt, source };
}
