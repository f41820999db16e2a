import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { personWorkflowId, statusQuery, type PersonStatus } from '../../domain/contracts.ts';
import { FailedError } from '../../domain/errors.ts';
import type { Outcome } from '../../domain/model.ts';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Called whenever the text changes, such as `onboarding: waitingForAcceptance, waiting for the person to accept`. */
  readonly onProgress?: (text: string) => void;
  /** Ends the wait early: it rejects then. */
  readonly signal?: AbortSignal;
}

const pollEveryMs = 250;
const describeEvery = 4;

/** The outcome of this event; undefined where there is none after `timeoutMs`. */
export async function waitForOutcome(
  inventory: Inventory,
  eventId: string,
  { timeoutMs, onProgress, signal }: WaitOptions,
): Promise<Outcome | undefined> {
  const until = Date.now() + timeoutMs;
  let said = '';
  for (let round = 0; ; round += 1) {
    const row = await inventory.findEvent(eventId);
    if (row?.outcome !== undefined) return row.outcome;
    if (onProgress !== undefined && row !== undefined && round % describeEvery === 0) {
      const text = await describeProgress(inventory, row.event.personId);
      if (text !== said && text !== '') onProgress(text);
      said = text;
    }
    const leftMs = until - Date.now();
    if (leftMs <= 0) return undefined;
    await pause(Math.min(pollEveryMs, leftMs), undefined, { signal });
  }
}

async function describeProgress(inventory: Inventory, personId: string): Promise<string> {
  const person = (await inventory.personHistory(personId))?.person;
  if (person?.phase === undefined) return '';
  const waiting = person.waitingFor === undefined ? '' : `, waiting for ${person.waitingFor}`;
  const until = person.until === undefined ? '' : ` until ${person.until}`;
  return `${person.process ?? 'process'}: ${person.phase}${waiting}${until}`;
}

/** An answer takes milliseconds. A run that was just left to the next one answers after a replay; the next one does at once. */
const askAgainAfterMs = 1_000;

/** What the person's open process says of itself; undefined where none is open. Needs a running worker. */
export async function queryStatus(
  client: Client,
  personId: string,
  timeoutMs = 3_000,
): Promise<PersonStatus | undefined> {
  const handle = client.workflow.getHandle(personWorkflowId(personId));
  try {
    const { status } = await handle.describe();
    if (status.name !== 'RUNNING') return undefined;
    for (let leftMs = timeoutMs; leftMs > 0; leftMs -= askAgainAfterMs) {
      const deadline = Date.now() + Math.min(leftMs, askAgainAfterMs);
      try {
        return await client.withDeadline(deadline, () => handle.query(statusQuery));
      } catch (error) {
        if (Date.now() < deadline) throw error;
      }
    }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
  throw new FailedError(`no worker answered within ${timeoutMs / 1_000} s`);
}
