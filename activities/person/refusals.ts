import { log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { hourMs } from '../../domain/durations.ts';
import type { Because } from '../../domain/evidence.ts';
import { notOwed } from '../../domain/failures.ts';
import { foundRefused, isStillShown } from '../../domain/findings/refusedWrites.ts';
import { withoutAddresses } from '../../domain/text.ts';
import type { Inventory, RecordTransaction } from '../../inventory/port/inventory.ts';
import type { Refusal } from './owed.ts';

/** A refused write, as evidence and the finding name it. */
export interface RefusedWrite extends Refusal {
  readonly because: Because;
  readonly step: string;
  /** Such as `assign role`. */
  readonly action: string;
  readonly at: string;
}

const stepPrefix = 'refuse:';
/** More a person and hour say nothing new, and whoever calls may call for ever. */
const mostLinks = 20;
/** The caller's texts may be of any length. */
const longest = 200;

/** One link an hour for one write of one event. Who asked for it nobody knows. */
export async function recordRefused(
  trx: Pick<RecordTransaction, 'countEvidence' | 'appendEvidence'>,
  { because: { personId, eventId }, step, action, why, isExplained, at }: RefusedWrite,
): Promise<void> {
  if (isExplained) return;
  const since = new Date(Date.parse(at) - hourMs).toISOString();
  if ((await trx.countEvidence({ personId, stepPrefix, since })) >= mostLinks) return;
  await trx.appendEvidence({
    personId,
    eventId: eventId.slice(0, longest),
    step: `${stepPrefix}${step.slice(0, longest)}:${at.slice(0, 13)}`,
    at,
    actor: 'unknown',
    action: 'refuse write',
    reason: why.slice(0, 2 * longest),
    after: { action },
  });
}

/** The end of the part that asked for it, and a critical finding unless it is explained by what has just come. */
export async function failAsNotOwed(
  inventory: Pick<Inventory, 'findPerson' | 'writeFindings'>,
  { because: { personId, eventId }, action, why, isExplained, at }: RefusedWrite,
): Promise<never> {
  log.warn('a write was refused that the record does not owe', { personId, eventId, action, why, isExplained });
  // Nobody's name is a subject that a caller could make up at will.
  if (!isExplained && (await inventory.findPerson(personId)) !== undefined) {
    const shown = {
      personId,
      eventId: eventId.slice(0, longest),
      action,
      why: why.slice(0, 2 * longest),
      at,
      isExplained,
    };
    const page = {
      foundAt: 'write',
      after: '',
      only: personId,
      frozenScopes: new Set<string>(),
      states: {},
      at,
    } as const;
    await inventory.writeFindings({ ...page, found: foundRefused(shown) });
  }
  throw ApplicationFailure.nonRetryable(`${action} is not owed by the record: ${withoutAddresses(why)}`, notOwed);
}

/** Findings about refused writes close a week after the last one. */
export async function closeOldRefusals(
  inventory: Pick<Inventory, 'listFindings' | 'writeFindings'>,
  nowMs: number,
): Promise<void> {
  const at = new Date(nowMs).toISOString();
  const rows = await inventory.listFindings({ kind: 'writeNotOwed', limit: 1_000, offset: 0 }, at);
  for (const { personId, closedAt, evidence } of rows) {
    if (personId === undefined || closedAt !== undefined || isStillShown(evidence['hour'], nowMs)) continue;
    const page = {
      foundAt: 'write',
      after: '',
      only: personId,
      frozenScopes: new Set<string>(),
      states: {},
      at,
    } as const;
    await inventory.writeFindings({ ...page, found: [] });
  }
}
