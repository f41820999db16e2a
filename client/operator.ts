import { createHash, randomUUID } from 'node:crypto';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Datadog } from '../activities/datadog/types.ts';
import type { HeldLeaver, Release } from '../activities/inventory/brakeTypes.ts';
import type { Inventory } from '../activities/inventory/types.ts';
import { UsageError } from '../workers/usageError.ts';
import { personWorkflowId, recheckSignal } from '../workflows/core/contracts.ts';
import type { Entitlement } from '../workflows/core/model.ts';
import { FailedError, RefusedError } from './errors.ts';

/** What an operator puts right by hand. Each leaves evidence with who did it, and wakes the process that waits for it. */

export interface Hands {
  readonly client: Client;
  readonly inventory: Inventory;
  /** Who acts, as evidence names them. */
  readonly actor: string;
}

/** Binds the account to the person, whatever its e-mail. Refused where it is somebody else's, or no person's. */
export async function linkAccount(
  { client, inventory, actor }: Hands,
  api: Pick<Datadog, 'getAccount'>,
  { personId, accountId }: { readonly personId: string; readonly accountId: string },
): Promise<{ readonly personId: string; readonly accountId: string }> {
  const account = await api.getAccount(accountId);
  if (account === undefined) throw new RefusedError(`There is no account ${accountId} in Datadog: nothing is changed`);
  if (account.isServiceAccount) throw new RefusedError(`Account ${accountId} is a service account: nothing is changed`);
  const at = new Date().toISOString();
  const before = (await inventory.findPerson(personId))?.accountId;
  const { conflict } = await inventory.linkAccount(personId, account, at);
  if (conflict !== undefined) {
    throw new RefusedError(
      `Account ${accountId} is bound to person ${conflict}: nothing is changed. If that is wrong: npx muster person unlink ${conflict}`,
    );
  }
  await inventory.appendEvidence({
    personId,
    eventId: `link:${randomUUID()}`,
    step: 'link',
    at,
    actor,
    action: 'link account',
    before: before === undefined ? undefined : { accountId: before },
    after: { accountId },
  });
  await wake(client, personId);
  return { personId, accountId };
}

export async function unlinkAccount(
  { client, inventory, actor }: Hands,
  personId: string,
): Promise<{ readonly personId: string; readonly accountId: string }> {
  const accountId = (await inventory.findPerson(personId))?.accountId;
  if (accountId === undefined) throw new FailedError(`Person ${personId} has no account bound to them`);
  await inventory.unlinkAccount(personId);
  await inventory.appendEvidence({
    personId,
    eventId: `unlink:${randomUUID()}`,
    step: 'unlink',
    at: new Date().toISOString(),
    actor,
    action: 'unlink account',
    before: { accountId },
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
  { client, inventory, actor }: Hands,
  { which, verdict, reason }: ReleaseRequest,
): Promise<readonly HeldLeaver[]> {
  const held = await heldBatch(inventory);
  if ('batch' in which && which.batch !== held.batch) {
    throw new RefusedError(
      `The batch has changed since it was shown: it is ${held.batch} now, with ${held.leavers.length} leavers. See \`npx muster leaver held\``,
    );
  }
  const at = new Date().toISOString();
  const chosen = 'batch' in which ? { eventIds: held.leavers.map(({ eventId }) => eventId) } : which;
  const { released, hasChanged } = await inventory.releaseHeld(chosen, {
    actor,
    verdict,
    at,
    ...(reason === undefined ? {} : { reason }),
  });
  if (hasChanged) throw new RefusedError('The batch has changed just now. See `npx muster leaver held`');
  if (released.length === 0) {
    const who = 'personId' in which ? `No leaver of ${which.personId}` : 'No leaver';
    throw new UsageError(`${who} is held: \`npx muster leaver held\` shows those that are`);
  }
  for (const { personId, eventId } of released) {
    await inventory.appendEvidence({
      personId,
      eventId,
      step: verdict,
      at,
      actor,
      action: `${verdict} held leaver`,
      ...(reason === undefined ? {} : { reason }),
    });
    await wake(client, personId);
  }
  return released;
}

const batchOf = (eventIds: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(eventIds.toSorted())).digest('hex').slice(0, 16);

async function wake(client: Client, personId: string): Promise<void> {
  try {
    await client.workflow.getHandle(personWorkflowId(personId)).signal(recheckSignal);
  } catch (error) {
    // Nobody waits: the next process sees it.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** The name of the policy may mean the role or team that bears it now. */
export async function acceptName(
  { inventory, actor }: Pick<Hands, 'inventory' | 'actor'>,
  entitlement: Entitlement,
): Promise<{ readonly before: string }> {
  const before = await inventory.forgetEntitlementId(entitlement);
  const { kind, name } = entitlement;
  if (before === undefined) throw new UsageError(`No ${kind} "${name}" is on record: nothing has to be accepted`);
  await inventory.appendEvidence({
    personId: `policy/${kind}`,
    eventId: `accept:${randomUUID()}`,
    step: 'accept',
    at: new Date().toISOString(),
    actor,
    action: `accept ${kind}`,
    before: { name, id: before },
  });
  return { before };
}
