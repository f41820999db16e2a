import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { EarlyEnd } from '../../domain/access/earlyEnd.ts';
import { searchAttributes, type PersonStatus, type Refusal } from '../../domain/contracts.ts';
import type {
  Employment,
  Entitlement,
  MailboxEvent,
  Outcome,
  PartResult,
  Phase,
  ProcessType,
  SeenAccount,
} from '../../domain/model.ts';
import { records } from '../proxies.ts';

/** How a procedure ended: for the event, and for the person. */
export interface Ending {
  readonly outcome: Outcome;
  readonly employment: Employment;
}

/** A process that changes nothing. */
export const ended = (end: EarlyEnd | undefined, employment: Employment, parts: Outcome['parts'] = []): Ending => ({
  outcome: { kind: end?.kind === 'failed' ? 'failed' : 'nothingToDo', detail: end?.detail, parts },
  employment,
});

/** Where a process stands; `until` in milliseconds. */
export interface Stage {
  readonly phase: Phase;
  readonly waitingFor?: string;
  readonly until?: number;
}

type Progress = Omit<PersonStatus, 'event' | 'blocked' | 'approvals' | 'mailbox'>;

/**
 * Phases in which a process stays for long: these are worth a search attribute, which costs about an activity. The short
 * change at the end of an onboarding is not.
 */
const lasts = (type: ProcessType, phase: Phase): boolean =>
  phase === 'changing' ? type !== 'onboarding' : phase !== 'preparing';
const keptRefusals = 50;

/** How far one process has come, and its account of itself. */
export class Process {
  readonly personId: string;
  readonly type: ProcessType;
  /** For readers of the status in the Temporal UI. */
  readonly show: () => void;
  stage: Stage = { phase: 'preparing' };
  parts: readonly PartResult[] = [];
  /** Signals and decisions that did not count. */
  refused: readonly Refusal[];
  account: SeenAccount | undefined;
  /** Accounts that somebody says are active: a claim, to be read back. */
  readonly reportedActive = new Set<string>();
  /** Waits for a person before anything was removed: newer facts may still replace the event. */
  isReplaceable = false;
  preemptedBy: MailboxEvent | undefined;
  /** In the Temporal UI. */
  isCancelled = false;
  /** The next run takes the event up again: this one has become long. */
  isLeft = false;
  #hasEntered = false;
  #steps: PersonStatus['steps'] = [];
  #desired: readonly Entitlement[] = [];
  #outcome: Outcome | undefined;

  constructor(personId: string, type: ProcessType, refused: readonly Refusal[], show: () => void) {
    this.personId = personId;
    this.type = type;
    this.refused = refused;
    this.show = show;
  }

  /** Enters a phase; where it lasts, the search attribute and the inventory learn of it. */
  async enter(phase: Phase, waitingFor?: string, until?: number): Promise<void> {
    const before = this.stage;
    if (this.#hasEntered && before.phase === phase && before.waitingFor === waitingFor && before.until === until)
      return;
    this.stage = { phase, waitingFor, until };
    this.show();
    // Nobody is to see it blocked that is no longer.
    const isUnblocked = before.phase === 'blocked' || before.phase === 'held';
    const attribute = workflowInfo().typedSearchAttributes.get(searchAttributes.phase);
    // A run that follows another one has inherited the other's phase.
    const isInherited = !this.#hasEntered && attribute !== undefined;
    this.#hasEntered = true;
    if (attribute !== phase && (isInherited || isUnblocked || lasts(this.type, phase))) {
      const isNamed = workflowInfo().typedSearchAttributes.get(searchAttributes.personId) !== undefined;
      upsertSearchAttributes([
        // A run that somebody started by hand has none.
        ...(isNamed ? [] : [{ key: searchAttributes.personId, value: this.personId }]),
        { key: searchAttributes.phase, value: phase },
      ]);
    }
    if ((!lasts(this.type, phase) && !isUnblocked) || phase === 'done') return;
    await records.recordProgress({
      personId: this.personId,
      process: this.type,
      phase,
      waitingFor,
      until: until === undefined ? undefined : isoOf(until),
      at: isoOf(Date.now()),
    });
  }

  /** One line of the process's account of itself. */
  note(text: string): void {
    this.#steps = [...this.#steps, { at: isoOf(Date.now()), text }];
    this.show();
  }

  finishPart(part: string, result: PartResult['result'], more: Omit<PartResult, 'part' | 'result'> = {}): void {
    this.parts = [...this.parts, { part, result, ...more }];
    this.note(`${part}: ${result}${more.detail === undefined ? '' : ` (${more.detail})`}`);
  }

  /** These parts are tried once more: where they are not done, only how they end then counts. */
  reopenParts(isTriedAgain: (part: string) => boolean): void {
    this.parts = this.parts.filter(({ part, result }) => result === 'done' || !isTriedAgain(part));
  }

  refuse(what: string, why: string): void {
    this.refused = [...this.refused, { at: isoOf(Date.now()), what, why }].slice(-keptRefusals);
    this.show();
  }

  useAccount(account: SeenAccount): void {
    this.account = account;
  }

  /** The access the person should have, for readers of the status. */
  want(entitlements: readonly Entitlement[]): void {
    this.#desired = entitlements;
  }

  /** Nothing is removed yet: a withdrawn leave, or one with another date, may still replace this one. */
  async whileReplaceable<T>(wait: () => Promise<T>): Promise<T> {
    this.isReplaceable = true;
    try {
      return await wait();
    } finally {
      this.isReplaceable = false;
    }
  }

  cancel(): void {
    this.isCancelled = true;
  }

  leaveToNextRun(): void {
    this.isLeft = true;
  }

  preempt(event: MailboxEvent): void {
    this.preemptedBy = event;
    this.note(`${event.kind} ${event.eventId} ends this process`);
  }

  conclude(outcome: Outcome): void {
    this.#outcome = outcome;
    this.note(`outcome: ${outcome.kind}${outcome.detail === undefined ? '' : `, ${outcome.detail}`}`);
  }

  /**
   * The sum of the parts. Rejected or expired requests are decided, and steps that the key may not do are done later
   * without anybody: both count as complete. Failed parts do not.
   */
  outcome(): Outcome {
    const parts = this.parts;
    const open = parts.filter(
      ({ result, isExcess, permission }) =>
        result === 'failed' || (result === 'notDone' && permission === undefined && isExcess !== true),
    );
    if (open.length > 0) {
      const words = open.map(({ part, detail }) => (detail === undefined ? part : `${part} (${detail})`));
      return { kind: 'partiallyCompleted', detail: `not done: ${words.join('; ')}`, parts };
    }
    const missing = parts.flatMap(({ part, permission }) =>
      permission === undefined ? [] : [`${part} until the application key has ${permission}`],
    );
    return { kind: 'completed', detail: missing.length === 0 ? undefined : `skipped: ${missing.join('; ')}`, parts };
  }

  progress(): Progress {
    const { phase, waitingFor, until } = this.stage;
    return {
      personId: this.personId,
      process: this.type,
      phase,
      waitingFor,
      until: until === undefined ? undefined : isoOf(until),
      account: this.account && { id: this.account.id, status: this.account.status },
      desired: this.#desired,
      parts: this.parts,
      refused: this.refused,
      steps: this.#steps,
      outcome: this.#outcome,
    };
  }
}

export const isoOf = (ms: number): string => new Date(ms).toISOString();
