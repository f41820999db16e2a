import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Attestor } from '../../auth/attestation.ts';
import { recordDecision, type Operator, type Why } from '../../auth/operator.ts';
import { optionalCapabilities } from '../../datadog/types.ts';
import type { TokenRow } from '../../inventory/port/tokens.ts';
import type { Inventory, RecordTransaction } from '../../inventory/port/inventory.ts';
import { personWorkflowId, type DecisionReceipt } from '../../domain/contracts.ts';
import { NotFoundError } from '../../domain/errors.ts';
import type { HrEvent } from '../../domain/model.ts';
import { submitDecision } from './decide.ts';
import { checkedEvent, refuseFuture, rejectOtherEvent, requireNamed, type EventDraft } from './drafts.ts';
import { queryStatus, waitForOutcome, type WaitOptions } from './progress.ts';
import { tellPerson } from './startPerson.ts';
import { submitEvents } from './submitMany.ts';
import { isTemporalFailure } from './temporal.ts';
import { wake } from './wake.ts';
import type { Decision } from '../../domain/decision.ts';

interface MusterDependencies {
  readonly client: Client;
  readonly inventory: Inventory;
  /** Signs the decisions of people who were authenticated by a token. */
  readonly attestor?: Pick<Attestor, 'sign'>;
  /** The clock that senders' facts are held against. */
  readonly now?: () => Date;
}

export interface SubmittedEvent {
  readonly workflowId: string;
  readonly eventId: string;
  /** Temporal could not be told: the sync does it. */
  readonly isDelayed?: true;
}

/** A Temporal that is slow is told all the same. */
const tellWithinMs = 10_000;

interface SubmitOptions {
  /** How long the caller waits for Temporal to be told. */
  readonly timeoutMs?: number;
  /** The operator who gave it, whom its evidence names: its source only says that it came by the command line. */
  readonly by?: Operator;
}

interface RetryOptions extends Why, Pick<SubmitOptions, 'by'> {}

export type Muster = ReturnType<typeof createMuster>;

/** Everything that a person or a program asks of Muster, in the words of the trade. */
export function createMuster({ client, inventory, attestor, now = () => new Date() }: MusterDependencies) {
  const submit = (draft: EventDraft, options?: SubmitOptions) =>
    submitEvent({ client, inventory, now }, draft, options);
  return {
    submitEvent: submit,
    /** Tells the person's process of an event that is on record already. False where Temporal could not be told: the sync does it. */
    tell: (event: EventNoted) => isTold(client, event),
    submitEvents: (drafts: readonly EventDraft[], options: { readonly timeoutMs: number }) =>
      submitEvents({ client, inventory, now }, drafts, options),
    waitForOutcome: (eventId: string, options: WaitOptions) => waitForOutcome(inventory, eventId, options),
    status: (personId: string, timeoutMs?: number) => queryStatus(client, personId, timeoutMs),

    /**
     * Approves, rejects or reassigns. `by` is the token that proved the actor; without one the actor is only claimed.
     * Tries again for 10 seconds while the person's process is between two runs; after that the decision counts as not
     * recorded. Throws `RefusedError` where the actor may not decide, or no process waits for the decision.
     */
    decide(
      decision: Omit<Decision, 'decisionId' | 'attestation'> & { readonly decisionId?: string },
      by?: TokenRow,
    ): Promise<DecisionReceipt> {
      const identified = { ...decision, decisionId: decision.decisionId ?? randomUUID() };
      return submitDecision({ client, inventory, attestor }, identified, { by });
    },

    /** Asks for the person's access to be compared with the policy and mended. */
    async retry(
      personId: string,
      { reason = 'requested by an operator', by }: RetryOptions = {},
    ): Promise<SubmittedEvent> {
      if ((await inventory.personHistory(personId)) === undefined) {
        throw new NotFoundError(
          `No person ${personId} is known: \`npx muster person list\` shows all; a joiner event adds one`,
        );
      }
      // The key may just have been mended.
      await inventory.forgetRefusals(optionalCapabilities);
      const at = new Date().toISOString();
      const asked = { eventId: randomUUID(), kind: 'reconcile', source: 'cli', reason } as const;
      const submitted = await submit({ ...asked, personId, occurredAt: at, effectiveAt: at }, { by });
      await wake(client, personId);
      return submitted;
    },
  };
}

/**
 * Puts the event on record, and tells the person's process, which is started where none is open. It is taken once it is on record:
 * where Temporal is not there, the sync tells the process later. The same eventId again changes nothing. Throws `UsageError`
 * where the event is malformed, or its eventId belongs to another event.
 */
async function submitEvent(
  { client, inventory, now }: Required<Pick<MusterDependencies, 'client' | 'inventory' | 'now'>>,
  draft: EventDraft,
  { timeoutMs = 10_000, by }: SubmitOptions = {},
): Promise<SubmittedEvent> {
  const event = checkedEvent(draft);
  refuseFuture(event, now());
  await requireNamed(inventory, event);
  const { eventId, personId } = event;
  const known = await inventory.findEvent(eventId);
  if (known !== undefined) rejectOtherEvent(known, event);
  const submitted = { workflowId: personWorkflowId(personId), eventId };
  if (known?.appliedAt !== undefined) return submitted;
  const at = new Date().toISOString();
  if (by === undefined) await inventory.receiveEvent(event, at);
  else {
    await inventory.inTransaction(async (trx) => {
      await trx.receiveEvent(event, at);
      await noteSubmission(trx, by, event);
    });
  }
  const told = isTold(client, event);
  // It goes on telling: the sender does not wait for it.
  const late = new AbortController();
  const waited = delay(timeoutMs, false, { signal: late.signal, ref: false }).catch(() => false);
  try {
    return (await Promise.race([told, waited])) ? submitted : { ...submitted, isDelayed: true };
  } finally {
    late.abort();
  }
}

type EventNoted = Pick<HrEvent, 'eventId' | 'personId' | 'kind'>;

function isTold(client: Client, event: EventNoted): Promise<boolean> {
  return client
    .withDeadline(Date.now() + tellWithinMs, () => tellPerson(client, event))
    .then(
      () => true,
      (error: unknown) => {
        if (!isTemporalFailure(error)) throw error;
        return false;
      },
    );
}

async function noteSubmission(
  trx: Pick<RecordTransaction, 'appendEvidence'>,
  by: Operator,
  { personId, eventId, kind, reason, effectiveAt }: HrEvent,
): Promise<void> {
  const after = { kind, effectiveAt };
  await recordDecision(trx, by, { personId, eventId, step: 'submit', action: `submit ${kind}`, reason, after });
}
