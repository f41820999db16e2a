import { randomUUID } from 'node:crypto';
import { ownDisabling } from '../../activities/person/accessBefore.ts';
import type { AccessBefore } from '../../inventory/port/changeBudget.ts';
import type { HrEvent, Outcome } from '../../domain/model.ts';
import { FailedError, NotFoundError, RefusedError } from '../../domain/errors.ts';
import type { Muster, SubmittedEvent } from './muster.ts';
import { tellPerson } from './startPerson.ts';
import { recordDecision, type Why } from '../../auth/operator.ts';
import type { OperatorContext } from './wake.ts';

/** What an operator can undo: an event that was not applied yet, or the end of a person's access. */

interface UndoContext extends OperatorContext {
  readonly muster: Pick<Muster, 'submitEvent' | 'status'>;
}

interface CancelledEvent {
  readonly eventId: string;
  readonly personId: string;
  readonly outcome: Outcome;
}

const answerWithinMs = 15_000;
const pollEveryMs = 200;

/** Withdraws an event that waits, so that it is never applied. Refused once its process has begun. */
export async function cancelEvent(
  context: UndoContext,
  { eventId, reason }: { readonly eventId: string; readonly reason?: string },
): Promise<CancelledEvent> {
  const { inventory, client, actor } = context;
  const known = await inventory.findEvent(eventId);
  if (known === undefined)
    throw new NotFoundError(`No event ${eventId} is known: \`npx muster events list\` shows them`);
  const { event, appliedAt, outcome } = known;
  if (appliedAt !== undefined) {
    throw new RefusedError(`Event ${eventId} was taken already (${outcome?.kind ?? 'applied'}): nothing is changed`);
  }
  const at = new Date().toISOString();
  const refusedBefore = (await refusalsOf(context, event)).length;
  await inventory.inTransaction(async (trx) => {
    await trx.withdrawEvent(event.personId, eventId, { actor, reason, at });
    await recordDecision(trx, context, {
      personId: event.personId,
      eventId,
      step: `cancel:${randomUUID()}`,
      at,
      action: 'ask to cancel event',
      reason,
      before: { kind: event.kind, effectiveAt: event.effectiveAt, outcome: null },
      after: { outcome: 'cancelled' },
    });
  });
  // Where no process is open, one is started, and withdraws it before its turn.
  await client.withDeadline(Date.now() + answerWithinMs, () => tellPerson(client, event, 'cancelEvent'));
  return { eventId, personId: event.personId, outcome: await answerOf(context, event, refusedBefore) };
}

async function answerOf(context: UndoContext, event: HrEvent, refusedBefore: number): Promise<Outcome> {
  const { eventId } = event;
  for (const until = Date.now() + answerWithinMs; Date.now() < until;) {
    const outcome = (await context.inventory.findEvent(eventId))?.outcome;
    if (outcome?.kind === 'cancelled') return outcome;
    if (outcome !== undefined) throw new RefusedError(`Event ${eventId} has just been taken: ${outcome.kind}`);
    const refusals = await refusalsOf(context, event);
    const why = refusals.length > refusedBefore ? refusals.at(-1)?.why : undefined;
    if (why === undefined) {
      await new Promise((resolve) => setTimeout(resolve, pollEveryMs));
      continue;
    }
    await context.inventory.withdrawEvent(event.personId, eventId, undefined);
    throw new RefusedError(`Event ${eventId} is not cancelled: ${why}`);
  }
  throw new FailedError(
    `The process of ${event.personId} has not answered within ${answerWithinMs / 1_000} s: it will. See \`npx muster events list --person ${event.personId}\``,
  );
}

async function refusalsOf({ muster }: UndoContext, { personId, eventId }: HrEvent) {
  const status = await muster.status(personId).catch(ignoreSilence);
  return status?.refused.filter(({ what }) => what === `cancel ${eventId}`) ?? [];
}

/** Without a worker the inventory still has the outcome. */
function ignoreSilence(error: unknown): undefined {
  if (!(error instanceof FailedError)) throw error;
}

interface Restoration extends SubmittedEvent, Pick<AccessBefore, 'accountId'> {
  readonly roles: readonly string[];
  readonly teams: readonly string[];
}

/** Restores the account that Muster disabled, with exactly the access it had. Refused where Muster did not disable it. */
export async function restorePerson(context: UndoContext, personId: string, why: Why = {}): Promise<Restoration> {
  const { inventory, actor } = context;
  const history = await inventory.personHistory(personId);
  if (history === undefined)
    throw new NotFoundError(`No person ${personId} is known: \`npx muster person list\` shows all`);
  const { employment, phase } = history.person;
  // Joining without a process: a rehire or a restore that failed.
  if (employment === 'employed' || employment === 'unknown' || (employment === 'joining' && phase !== undefined)) {
    throw new RefusedError(`Person ${personId} has not left (${employment}): nothing is changed`);
  }
  const before = await ownDisabling(inventory, personId);
  if (before === undefined) {
    throw new RefusedError(
      `Muster has not disabled an account of ${personId}: nothing is recorded, and nothing is changed. Enable it in Datadog if that is right`,
    );
  }
  if (history.person.accountId !== before.accountId) {
    throw new RefusedError(
      `Account ${before.accountId}, which Muster disabled, is not theirs any more: nothing is changed`,
    );
  }
  const at = new Date().toISOString();
  const eventId = `restore:${randomUUID()}`;
  const access = {
    roles: namesOf(before.access.roles),
    teams: namesOf(before.access.teams.filter(({ isManaged }) => !isManaged)),
  };
  await recordDecision(inventory, context, {
    personId,
    eventId,
    step: 'restore',
    at,
    action: 'ask to restore access',
    ...why,
    before: { employment: history.person.employment, disabledAt: before.at },
    after: { accountId: before.accountId, ...access },
  });
  const submitted = await context.muster.submitEvent({
    eventId,
    kind: 'leaverRescinded',
    personId,
    occurredAt: at,
    effectiveAt: at,
    source: 'cli',
    restore: true,
    reason: `restored by ${actor}${why.reason === undefined ? '' : `: ${why.reason}`}`.slice(0, 1_000),
  });
  return { ...submitted, accountId: before.accountId, ...access };
}

const namesOf = (of: readonly { readonly name: string }[]): readonly string[] => of.map(({ name }) => name);
