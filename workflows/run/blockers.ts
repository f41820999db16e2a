import { CancellationScope, sleep } from '@temporalio/workflow';
import type { MissingPermission } from '../../domain/failures.ts';
import { blockerPoll, permissionPoll, records } from '../proxies.ts';
import { refuseToGoOn } from './cancellation.ts';
import { conflictOf, failureIn, missingPermissionOf } from './failures.ts';
import type { Mailbox } from './mailbox.ts';
import type { Process } from './process.ts';
import { alongside, waitFor } from './waits.ts';

/** Why a process does not go on, and what a person does about it. */
export interface Blocker {
  readonly reason: string;
  readonly advice: string;
}

/** The reasons why the process is blocked: it waits, and says so, until a person has fixed them. */
export class Blockers {
  readonly #process: Readonly<Process>;
  readonly #mailbox: Readonly<Mailbox>;
  /** Each with how many parts of the process wait for it. */
  readonly #waits = new Map<string, Blocker & { readonly count: number }>();
  #rechecks = 0;

  constructor(process: Readonly<Process>, mailbox: Readonly<Mailbox>) {
    this.#process = process;
    this.#mailbox = mailbox;
  }

  get first(): Blocker | undefined {
    const [blocker] = this.#waits.values();
    return blocker && { reason: blocker.reason, advice: blocker.advice };
  }

  /** In minutes. Access that should have ended waits for less. */
  get #longestPause(): number {
    return this.#process.type === 'offboarding' ? 4 : 15;
  }

  /** Somebody says that something was put right. */
  recheck(): void {
    this.#rechecks += 1;
  }

  /**
   * Calls Datadog. Where the key may not do it, or the account is not surely the person's, the process is blocked: it says
   * what is wrong, waits until that is put right, and calls again. One object that Datadog refuses ends a part of a process
   * (`isPart`), and blocks what is no part.
   */
  async allowed<T>(call: () => Promise<T>, { isPart = false } = {}): Promise<T> {
    for (let refusals = 0; ; refusals += 1) {
      try {
        return await call();
      } catch (error) {
        refuseToGoOn();
        const missing = missingPermissionOf(error);
        const conflict = conflictOf(error);
        if (missing !== undefined) await this.#waitForPermission(missing, refusals);
        else if (conflict !== undefined) await this.#waitForCorrelation(conflict, refusals);
        else if (!isPart && failureIn(error)?.type === 'ObjectRefused') await this.#waitForObject(error, refusals);
        else throw error;
      }
    }
  }

  async #waitForPermission(missing: MissingPermission, refusals: number): Promise<void> {
    // A probe cannot see everything a write needs: after it said yes in vain, the next try waits longer.
    const pauses = refusals === 0 ? 0 : 2 ** refusals;
    const blocker = { reason: missing.permission, advice: adviceFor(missing) };
    await this.#waitWithPauses(blocker, pauses, (isTold) => permissionPoll.awaitPermission(missing, isTold));
  }

  /** Nothing tells when that ends but to try again. */
  async #waitForObject(error: unknown, refusals: number): Promise<void> {
    const reason = failureIn(error)?.message ?? '';
    const advice = `see in Datadog what is special about it; it is tried again after a while, and at once with \`npx muster person retry ${this.#process.personId}\``;
    await this.#waitWithPauses({ reason, advice }, 2 ** refusals, async () => undefined);
  }

  /** What was in conflict may look clear at once, and be refused again: each try waits longer. */
  async #waitForCorrelation(conflict: { reason: string; advice?: string }, refusals: number): Promise<void> {
    const { personId, type } = this.#process;
    const isLeaving = type === 'offboarding';
    const {
      reason,
      advice = `decide whose account it is with \`npx muster person link ${personId} --account UUID\` or \`npx muster person unlink ID\``,
    } = conflict;
    await this.#waitWithPauses({ reason, advice }, 2 ** refusals, () =>
      this.allowed(() => blockerPoll.awaitCorrelation({ personId, eventId: this.#mailbox.event.eventId, isLeaving })),
    );
  }

  /** Asks after so many minutes, within bounds, and at once where somebody says that it was put right. */
  async #waitWithPauses(blocker: Blocker, minutes: number, ask: (isTold: boolean) => Promise<void>): Promise<void> {
    let isTold = false;
    await this.waitUntilResolved('blocked', blocker, async () => {
      const isAskedAtOnce = isTold;
      isTold = true;
      if (minutes > 0 && !isAskedAtOnce) {
        await sleep(Math.min(this.#longestPause, minutes) * 60_000, { summary: 'the next try of what was refused' });
      }
      await ask(isAskedAtOnce);
    });
  }

  /**
   * Stops until a person has put something right. `poll` is an activity that fails until then; it is called again at once
   * when somebody says so by the `recheck` signal.
   */
  async waitUntilResolved<T>(phase: 'blocked' | 'held', blocker: Blocker, poll: () => Promise<T>): Promise<T> {
    return this.#stop(phase, blocker, async () => {
      for (;;) {
        const seen = this.#rechecks;
        const found: { readonly value: T }[] = [];
        await alongside(
          async () => found.push({ value: await poll() }),
          () => waitFor(() => found.length > 0 || this.#rechecks !== seen),
        );
        // One that ended at the same moment counts.
        const [first] = found;
        if (first !== undefined) return first.value;
      }
    });
  }

  /** Shows why nothing goes on, tells the operator, and goes back to the phase before once it does. */
  async #stop<T>(phase: 'blocked' | 'held', blocker: Blocker, until: () => Promise<T>): Promise<T> {
    const before = this.#process.stage;
    const { reason, advice } = blocker;
    const isFirst = this.#waits.size === 0;
    this.#count(blocker, 1);
    try {
      if (isFirst) {
        await this.#process.enter(phase, advice);
        const { personId } = this.#process;
        await records.notify({ kind: 'processBlocked', personId, details: { reason, advice } });
      }
      return await until();
    } finally {
      this.#count(blocker, -1);
      const isLast = this.#waits.size === 0 && !CancellationScope.current().consideredCancelled;
      if (isLast && before.phase !== 'blocked' && before.phase !== 'held') {
        await this.#process.enter(before.phase, before.waitingFor, before.until);
      }
    }
  }

  #count(blocker: Blocker, change: 1 | -1): void {
    const count = (this.#waits.get(blocker.reason)?.count ?? 0) + change;
    if (count > 0) this.#waits.set(blocker.reason, { ...blocker, count });
    else this.#waits.delete(blocker.reason);
  }
}

function adviceFor({ permission }: MissingPermission): string {
  return permission === 'validKeys'
    ? 'Datadog refuses the keys: put valid ones in place (keys from files are read again; a key from the plain environment needs a worker restart, which loses nothing), then see `npx muster doctor`'
    : `the application key lacks ${permission}: add the scope to the key and the permission to its owner's role in Datadog, then see \`npx muster doctor\``;
}
