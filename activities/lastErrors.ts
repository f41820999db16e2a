import { activityInfo, log } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { personIdOf } from '../domain/ids.ts';
import { waitingFailures } from '../domain/failures.ts';
import type { Phase, ProcessType } from '../domain/model.ts';
import { withoutAddresses } from '../domain/text.ts';
import type { Inventory } from '../inventory/port/inventory.ts';
import { attemptedAt } from './person/word.ts';

type Kept = Pick<Inventory, 'recordTrouble' | 'clearTrouble' | 'waitingEvents'>;
type Run = (...args: unknown[]) => Promise<unknown>;

/**
 * The same activities, which put the last error of what is being retried on record for whoever asks about the person: otherwise
 * Temporal alone knows it. What goes well costs nothing.
 */
export function keepLastErrors<Activities extends object>(inventory: Kept, activities: Activities): Activities {
  const keeping = (name: string, run: Run): Run =>
    async function kept(...args) {
      const { isLocal, workflowExecution, attempt } = activityInfo();
      const personId = isLocal ? undefined : personIdOf(workflowExecution?.workflowId ?? '');
      if (personId === undefined) return run(...args);
      const wasInTrouble = attempt > 1;
      try {
        const result = await run(...args);
        if (wasInTrouble) await quietly(inventory.clearTrouble(personId));
        return result;
      } catch (error) {
        if (isRetried(error)) await quietly(note(inventory, { personId, name, error }));
        else if (wasInTrouble) await quietly(inventory.clearTrouble(personId));
        throw error;
      }
    };
  const all = Object.entries(activities as Record<string, Run>).map(([name, run]) => [name, keeping(name, run)]);
  return Object.fromEntries(all) as Activities;
}

interface Trouble {
  readonly personId: string;
  /** The activity's. */
  readonly name: string;
  readonly error: unknown;
}

async function note(inventory: Kept, { personId, name, error }: Trouble): Promise<void> {
  // Where nothing waits nobody is at work: no end of a process would take it back.
  const [waiting] = await inventory.waitingEvents({ personId, limit: 1 });
  if (waiting === undefined) return;
  const message = error instanceof Error ? error.message : String(error);
  const lastError = withoutAddresses(message).slice(0, longest);
  const process = activityInfo().workflowType as ProcessType;
  await inventory.recordTrouble({ personId, process, phase: phaseOf(process, name), lastError, at: attemptedAt() });
}

/** The short phases of a process are on record only once it stays in them. */
function phaseOf(process: ProcessType, activity: string): Phase | undefined {
  if (process !== 'onboarding') return undefined;
  return ['grant', 'revoke', 'readHoldings'].includes(activity) ? 'changing' : undefined;
}

const longest = 400;

/** Nobody retries a cancellation, a result, or what waits by failing. */
function isRetried(error: unknown): boolean {
  if (error instanceof CancelledFailure) return false;
  if (!(error instanceof ApplicationFailure)) return true;
  return error.nonRetryable !== true && !Object.hasOwn(waitingFailures, error.type ?? '');
}

/** A record that is out of reach is no reason to fail. */
async function quietly(writing: Promise<void>): Promise<void> {
  await writing.catch((error: unknown) =>
    log.warn('the last error could not be put on record', { error: String(error) }),
  );
}
