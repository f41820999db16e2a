import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Attestor } from '../../auth/attestation.ts';
import { optionalCapabilities } from '../../datadog/types.ts';
import type { TokenRow } from '../../inventory/port/tokens.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import {
  hrEventSignal,
  personWorkflowId,
  statusQuery,
  type DecisionReceipt,
  type PersonStatus,
} from '../../domain/contracts.ts';
import { processOf } from '../../domain/mailbox.ts';
import type { Decision, HrEvent, Outcome } from '../../domain/model.ts';
import { submitDecision } from './decide.ts';
import { checkedEvent, completeEvent, type EventDraft } from './drafts.ts';
import { FailedError, NotFoundError, UsageError } from '../../domain/errors.ts';
import { personStartOptions } from './startPerson.ts';
import { wake } from './wake.ts';
import type { IntakeRow } from '../../inventory/port/people.ts';

interface MusterDependencies {
  readonly client: Client;
  readonly inventory: Inventory;
  /** Signs what people decide who were authenticated by a token. */
  readonly attestor?: Pick<Attestor, 'sign'>;
  readonly now?: () => Date;
}

export interface SubmittedEvent {
  readonly workflowId: string;
  readonly eventId: string;
}

interface WaitOptions {
  readonly timeoutMs: number;
  /** In words, whenever it changes: such as `onboarding: waitingForAcceptance, for the person to accept`. */
  readonly onProgress?: (text: string) => void;
  /** Ends the wait early: it rejects then. */
  readonly signal?: AbortSignal;
}

export type Muster = ReturnType<typeof createMuster>;

const pollEveryMs = 250;

/** Everything that a person or a program asks of Muster, in the words of the trade. */
export function createMuster({ client, inventory, attestor, now = () => new Date() }: MusterDependencies) {
  return {
    /**
     * Remembers the event and hands it to the person's process, which is started where none is open. The same eventId
     * again changes nothing. A mover's missing fields are taken from what is known of the person, unless it is their
     * whole record. Throws `UsageError`
     * where the event is malformed, or its eventId belongs to another event.
     */
    async submitEvent(
      draft: EventDraft,
      { timeoutMs = 10_000, isWhole = false }: { readonly timeoutMs?: number; readonly isWhole?: boolean } = {},
    ): Promise<SubmittedEvent> {
      const event = checkedEvent(isWhole ? draft : await completeEvent(inventory, draft));
      const workflowId = personWorkflowId(event.personId);
      const known = await inventory.findEvent(event.eventId);
      if (known !== undefined) rejectOtherEvent(known, event);
      const submitted = { workflowId, eventId: event.eventId };
      if (known?.appliedAt !== undefined) return submitted;
      await inventory.receiveEvent(event, now().toISOString());
      const start = () =>
        client.workflow.signalWithStart(processOf(event), {
          ...personStartOptions(event.personId, event.kind),
          args: [{ personId: event.personId }],
          signal: hrEventSignal,
          signalArgs: [known?.event ?? event],
        });
      await client.withDeadline(Date.now() + timeoutMs, start);
      return submitted;
    },

    /** Waits for the outcome of this event; undefined where there is none after `timeoutMs`. */
    async waitForOutcome(
      eventId: string,
      { timeoutMs, onProgress, signal }: WaitOptions,
    ): Promise<Outcome | undefined> {
      const until = Date.now() + timeoutMs;
      let said = '';
      for (let round = 0; ; round += 1) {
        const row = await inventory.findEvent(eventId);
        if (row?.outcome !== undefined) return row.outcome;
        if (onProgress !== undefined && row !== undefined && round % 4 === 0) {
          const text = await describeProgress(inventory, row.event.personId);
          if (text !== said && text !== '') onProgress(text);
          said = text;
        }
        const leftMs = until - Date.now();
        if (leftMs <= 0) return undefined;
        await pause(Math.min(pollEveryMs, leftMs), undefined, { signal });
      }
    },

    /** What the person's open process says of itself; undefined where none is open. Needs a running worker. */
    async status(personId: string, timeoutMs = 3_000): Promise<PersonStatus | undefined> {
      const handle = client.workflow.getHandle(personWorkflowId(personId));
      try {
        const { status } = await handle.describe();
        if (status.name !== 'RUNNING') return undefined;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      }
      const deadline = Date.now() + timeoutMs;
      try {
        return await client.withDeadline(deadline, () => handle.query(statusQuery));
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        if (Date.now() >= deadline) throw new FailedError(`no worker answered within ${timeoutMs / 1_000} s`);
        throw error;
      }
    },

    /**
     * Approves, rejects or reassigns. `by` is the token that proved the actor; without one the actor is only claimed.
     * Tries again for 10 seconds while the person's process is between two runs; after that the decision counts as not
     * recorded. Throws `RefusedError` where the actor may not decide, or nobody waits for it.
     */
    decide(
      decision: Omit<Decision, 'decisionId' | 'attestation'> & { readonly decisionId?: string },
      by?: TokenRow,
    ): Promise<DecisionReceipt> {
      const identified = { ...decision, decisionId: decision.decisionId ?? randomUUID() };
      const means = { client, inventory, ...(attestor === undefined ? {} : { attestor }) };
      return submitDecision(means, identified, by === undefined ? {} : { by });
    },

    /** Asks for the person's access to be compared with the policy and mended. */
    async retry(personId: string, reason = 'asked for by hand'): Promise<SubmittedEvent> {
      if ((await inventory.personHistory(personId)) === undefined) {
        throw new NotFoundError(
          `No person ${personId} is known: \`npx muster person list\` shows all; a joiner event adds one`,
        );
      }
      // Whoever asks may just have mended the key.
      await inventory.forgetRefusals(optionalCapabilities);
      const at = now().toISOString();
      const asked = { eventId: randomUUID(), kind: 'reconcile', source: 'cli', reason } as const;
      const submitted = await this.submitEvent({ ...asked, personId, occurredAt: at, effectiveAt: at });
      await wake(client, personId);
      return submitted;
    },
  };
}

function rejectOtherEvent({ event: known }: IntakeRow, event: HrEvent): void {
  if (known.personId === event.personId && known.kind === event.kind) return;
  throw new UsageError(
    `eventId ${event.eventId} is taken by a ${known.kind} event of person ${known.personId}: give this event another id`,
  );
}

async function describeProgress(inventory: Inventory, personId: string): Promise<string> {
  const person = (await inventory.personHistory(personId))?.person;
  if (person?.phase === undefined) return '';
  const waiting = person.waitingFor === undefined ? '' : `, waiting for ${person.waitingFor}`;
  const until = person.until === undefined ? '' : ` until ${person.until}`;
  return `${person.process ?? 'process'}: ${person.phase}${waiting}${until}`;
}
