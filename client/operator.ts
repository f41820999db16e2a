import { createHash, randomUUID } from 'node:crypto';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Datadog } from '../datadog/types.ts';
import type { HeldLeaver, Release } from '../inventory/port/leavers.ts';
import type { Inventory } from '../inventory/port/inventory.ts';
import { personWorkflowId, recheckSignal } from '../domain/contracts.ts';
import type { Entitlement } from '../domain/model.ts';
import { FailedError, RefusedError, UsageError } from '../domain/errors.ts';
import { recordDecision, type Operator, type Why } from '../auth/operator.ts';

/** What an operator puts right by hand. Each leaves evidence with who did it, and wakes the process that waits for it. */

export interface Hands extends Operator {
  readonly client: Client;
  readonly inventory: Inventory;
}

/** Binds the account to the person, whatever its e-mail. Refused where it is somebody else's, or no person's. */
export async function linkAccount(
  hands: Hands,
  api: Pick<Datadog, 'getAccount'>,
  { personId, accountId, ...why }: { readonly personId: string; readonly accountId: string } & Why,
): Promise<{ readonly personId: string; readonly accountId: string }> {
  const { client, inventory } = hands;
  const account = await api.getAccount(accountId);
  if (account === undefined) throw new RefusedError(`There is no account ${accountId} in Datadog: nothing is changed`);
  if (account.isServiceAccount) throw new RefusedError(`Account ${accountId} is a service account: nothing is changed`);
  const held = (await inventory.findPerson(personId))?.accountId;
  // What they had would be nobody's, and outlive their leave.
  if (held !== undefined && held !== accountId && (await api.getAccount(held)) !== undefined) {
    throw new RefusedError(
      `Person ${personId} has account ${held}: nothing is changed. If that is wrong: npx muster person unlink ${personId}`,
    );
  }
  const at = new Date().toISOString();
  await inventory.decide(async (hand) => {
    const before = (await hand.findPerson(personId))?.accountId;
    const { conflict } = await hand.linkAccount(personId, account, at);
    if (conflict !== undefined) {
      throw new RefusedError(
        `Account ${accountId} is bound to person ${conflict}: nothing is changed. If that is wrong: npx muster person unlink ${conflict}`,
      );
    }
    await recordDecision(hand, hands, {
      personId,
      eventId: `link:${randomUUID()}`,
      step: 'link',
      at,
      action: 'link account',
      ...why,
      before: { accountId: before ?? null },
      after: { accountId },
    });
  });
  await wake(client, personId);
  return { personId, accountId };
}

export async function unlinkAccount(
  hands: Hands,
  personId: string,
  why: Why = {},
): Promise<{ readonly personId: string; readonly accountId: string }> {
  const { client, inventory } = hands;
  const accountId = await inventory.decide(async (hand) => {
    const bound = (await hand.findPerson(personId))?.accountId;
    if (bound === undefined) throw new FailedError(`Person ${personId} has no account bound to them`);
    await hand.unlinkAccount(personId);
    await recordDecision(hand, hands, {
      personId,
      eventId: `unlink:${randomUUID()}`,
      step: 'unlink',
      action: 'unlink account',
      ...why,
      before: { accountId: bound },
      after: { accountId: null },
    });
    return bound;
  });
  await wake(client, personId);
  return { personId, accountId };
}

export interface HeldBatch {
  /** Of exactly these leavers: one more or less is another batch. */
  readonly batch: string;
  readonly leavers: readonly HeldLeaver[];
}

export async function heldBatch(inventory: Pick<Inventory, 'listHeld'>): Promise<HeldBatch> {
  const leavers = await inventory.listHeld();
  return { batch: batchOf(leavers.map(({ eventId }) => eventId)), leavers };
}

export interface ReleaseRequest {
  readonly which: { readonly personId: string } | { readonly batch: string };
  readonly verdict: Release['verdict'];
  readonly reason?: string;
}

/** Lets held leavers go, or rejects them. A batch that has changed since it was shown is refused. */
export async function releaseLeavers(
  hands: Hands,
  { which, verdict, reason }: ReleaseRequest,
): Promise<readonly HeldLeaver[]> {
  const { client, inventory, actor } = hands;
  const held = await heldBatch(inventory);
  if ('batch' in which && which.batch !== held.batch) {
    throw new RefusedError(
      `The batch has changed since it was shown: it is ${held.batch} now, with ${held.leavers.length} leavers. See \`npx muster leaver held\``,
    );
  }
  const at = new Date().toISOString();
  const chosen = 'batch' in which ? { eventIds: held.leavers.map(({ eventId }) => eventId) } : which;
  const because = reason === undefined ? {} : { reason };
  const released = await inventory.decide(async (hand) => {
    const { released: leavers, hasChanged } = await hand.releaseHeld(chosen, { actor, verdict, at, ...because });
    if (hasChanged) throw new RefusedError('The batch has changed just now. See `npx muster leaver held`');
    for (const { personId, eventId, askedAt } of leavers) {
      await recordDecision(hand, hands, {
        personId,
        eventId,
        step: verdict,
        at,
        action: `${verdict} held leaver`,
        ...because,
        before: { heldSince: askedAt },
        after: { verdict, ...('batch' in which ? { batch: which.batch } : {}) },
      });
    }
    return leavers;
  });
  if (released.length === 0) {
    const who = 'personId' in which ? `No leaver of ${which.personId}` : 'No leaver';
    throw new UsageError(`${who} is held: \`npx muster leaver held\` shows those that are`);
  }
  for (const { personId } of released) await wake(client, personId);
  return released;
}

const batchOf = (eventIds: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(eventIds.toSorted())).digest('hex').slice(0, 16);

/** Has a process that waits for a hand look again at once. */
export async function wake(client: Client, personId: string): Promise<void> {
  try {
    await client.workflow.getHandle(personWorkflowId(personId)).signal(recheckSignal);
  } catch (error) {
    // Nobody waits: the next process sees it.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** The name of the policy may mean the role or team that bears it now. */
export async function acceptName(
  hands: Omit<Hands, 'client'>,
  entitlement: Entitlement,
  why: Why = {},
): Promise<{ readonly before: string }> {
  const { kind, name } = entitlement;
  return hands.inventory.decide(async (hand) => {
    const before = await hand.forgetEntitlementId(entitlement);
    if (before === undefined) throw new UsageError(`No ${kind} "${name}" is on record: nothing has to be accepted`);
    await recordDecision(hand, hands, {
      personId: `policy/${kind}`,
      eventId: `accept:${randomUUID()}`,
      step: 'accept',
      action: `accept ${kind}`,
      ...why,
      before: { name, id: before },
      after: { name, id: null },
    });
    return { before };
  });
}
