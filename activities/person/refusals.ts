import { log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { hourMs } from '../../domain/durations.ts';
import type { Because } from '../../domain/evidence.ts';
import { notOwed } from '../../domain/failures.ts';
import { foundRefused, isStillShown } from '../../domain/findings/refusedWrites.ts';
import { withoutAddresses } from '../../domain/text.ts';
import type { Inventory, RecordTransaction } from '../../inventory/port/inventory.ts';
import type { Refusal } from './owed.ts';
import { wholePage } from '../../inventory/port/findings.ts';

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
  trx: Pick<RecordTransaction, 'findPerson' | 'countEvidence' | 'appendEvidence'>,
  { because: { personId, eventId }, step, action, why, isExplained, at }: RefusedWrite,
): Promise<void> {
  // Of people who are made up there would be no end.
  if (isExplained || (await trx.findPerson(personId)) === undefined) return;
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

/** The end of the part that asked for it. */
export async function failAsNotOwed(inventory: Showing, refused: RefusedWrite): Promise<never> {
  await showRefused(inventory, refused);
  const { action, why } = refused;
  throw ApplicationFailure.nonRetryable(`${action} is not owed by the record: ${withoutAddresses(why)}`, notOwed);
}

/** What no write to Datadog follows from. */
export async function refuseAsNotOwed(
  inventory: Showing & Pick<Inventory, 'inTransaction'>,
  refused: RefusedWrite,
): Promise<never> {
  await inventory.inTransaction((trx) => recordRefused(trx, refused));
  return failAsNotOwed(inventory, refused);
}

type Showing = Pick<Inventory, 'findPerson' | 'writeFindings'>;

/** A critical finding unless it is explained by what has just come. */
export async function showRefused(
  inventory: Showing,
  { because: { personId, eventId }, action, why, isExplained, at }: RefusedWrite,
): Promise<void> {
  log.warn('what the record does not owe was refused', { personId, eventId, action, why, isExplained });
  if (!isExplained && (await inventory.findPerson(personId)) !== undefined) {
    const shown = {
      personId,
      eventId: eventId.slice(0, longest),
      action,
      why: why.slice(0, 2 * longest),
      at,
      isExplained,
    };
    await inventory.writeFindings(wholePage({ foundAt: 'write', only: personId, found: foundRefused(shown), at }));
  }
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
    await inventory.writeFindings(wholePage({ foundAt: 'write', only: personId, found: [], at }));
  }
}
