import { randomUUID } from 'node:crypto';
import { ScheduleAlreadyRunning, ScheduleNotFoundError, type Client } from '@temporalio/client';
import { recordDecision, type Why } from '../../auth/operator.ts';
import { FailedError, RefusedError } from '../../domain/errors.ts';
import { accessSyncType, knownInventoryScheduleId, taskQueues } from '../../domain/ids.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { InventoryMark, MarkDifference } from '../../inventory/port/identity.ts';
import type { OperatorContext } from './wake.ts';

/**
 * One namespace belongs to one inventory. The note of a schedule that never runs says which: it is kept for ever, is there without a
 * worker, and everybody can read it in the Temporal UI.
 */
export async function knownInventory(client: Client): Promise<InventoryMark | undefined> {
  try {
    const { state } = await handleOf(client).describe();
    const mark = parseNote(state.note ?? '');
    if (mark !== undefined) return mark;
    throw new RefusedError(
      `the note of the schedule ${knownInventoryScheduleId} does not say which inventory it is about any more: ${acceptAdvice}`,
    );
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** Notes how far the inventory goes. */
export async function noteInventory(client: Client, mark: InventoryMark): Promise<void> {
  try {
    await handleOf(client).pause(noteOf(mark));
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    await client.schedule.create({
      scheduleId: knownInventoryScheduleId,
      spec: {},
      action: { type: 'startWorkflow', workflowType: accessSyncType, taskQueue: taskQueues.muster, args: [] },
      state: { paused: true, note: noteOf(mark) },
    });
  }
}

/**
 * For a process that starts: throws a `RefusedError` on an inventory that is not the one that this namespace knows, or an older copy of
 * it. A namespace that knows none gets to know this one.
 */
export async function requireKnownInventory(
  client: Client,
  inventory: Pick<Inventory, 'readMark' | 'differenceFrom'>,
): Promise<void> {
  const known = await knownInventory(client);
  if (known === undefined) {
    try {
      return await noteInventory(client, await inventory.readMark());
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      return requireKnownInventory(client, inventory);
    }
  }
  const difference = await inventory.differenceFrom(known);
  if (difference === undefined) return;
  const { namespace } = client.options;
  throw new RefusedError(describeDifference(namespace, { difference, known, here: await inventory.readMark() }));
}

interface Difference {
  readonly difference: MarkDifference;
  readonly known: InventoryMark;
  readonly here: InventoryMark;
}

const acceptAdvice =
  'bring back the inventory that was in use; where it is lost, `npx muster inventory accept --reason TEXT` takes this one instead';

function describeDifference(namespace: string, { difference, known, here }: Difference): string {
  const words = {
    another: `is inventory ${here.inventoryId}, and the namespace ${namespace} knows inventory ${known.inventoryId}`,
    older: `is an older copy: its evidence ends with link ${here.seq}, and the namespace ${namespace} has noted link ${known.seq}`,
    parted: `is a copy that went on by itself: its link ${known.seq} is another one than the namespace ${namespace} has noted`,
  };
  return `this ${words[difference]}. Nothing is started, since it does not know what has happened: ${acceptAdvice}`;
}

/** The namespace belongs to this inventory from now on, whatever it knew: an operator says so. */
export async function acceptInventory(
  context: OperatorContext,
  why: Why = {},
): Promise<{ readonly before: InventoryMark | undefined; readonly after: InventoryMark }> {
  const { client, inventory } = context;
  const before = await knownInventory(client).catch((error: unknown) => {
    if (error instanceof RefusedError) return undefined;
    throw error;
  });
  if (before !== undefined && (await inventory.differenceFrom(before)) === undefined) {
    throw new FailedError(`The namespace ${client.options.namespace} knows this inventory: nothing has to be accepted`);
  }
  const { inventoryId, seq } = await inventory.readMark();
  await inventory.inTransaction((trx) =>
    recordDecision(trx, context, {
      personId: 'inventory',
      eventId: `accept:${randomUUID()}`,
      step: 'accept',
      action: 'accept inventory',
      ...why,
      before: before ?? null,
      after: { inventoryId, seq },
    }),
  );
  const after = await inventory.readMark();
  await noteInventory(client, after);
  return { before, after };
}

const handleOf = (client: Client) => client.schedule.getHandle(knownInventoryScheduleId);

const noteOf = ({ inventoryId, seq, hash }: InventoryMark): string =>
  `inventory ${inventoryId}, evidence up to link ${seq} ${hash}`;

function parseNote(note: string): InventoryMark | undefined {
  const [, inventoryId, seq, hash] = /^inventory ([0-9a-f-]{36}), evidence up to link (\d+) (\S+)$/.exec(note) ?? [];
  if (inventoryId === undefined || hash === undefined) return undefined;
  return { inventoryId, seq: Number(seq), hash };
}
