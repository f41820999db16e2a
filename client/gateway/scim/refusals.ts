import { hourMs } from '../../../domain/durations.ts';
import { TooMuchError, UsageError } from '../../../domain/errors.ts';
import type { RecordTransaction } from '../../../inventory/port/inventory.ts';
import type { RefusalRow, RefusedItem } from '../../../inventory/port/refusals.ts';
import type { ScimRow } from '../../../inventory/port/scim.ts';
import { scimRefOf, scimRequestRefOf } from '../../intake/scimRetry.ts';
import { closeCorrected } from '../../operations/refusals.ts';
import type { GatewayContext } from '../context.ts';
import { ScimError } from './errors.ts';
import { maxGroupBytes, maxGroups } from './limits.ts';
import { hasWrongEmail, leftOutGroups, type UserFacts } from './userFacts.ts';
import type { JsonObject } from './values.ts';

/**
 * What of a user on record cannot be taken, after the request was answered: refusals that stay until the user is pushed without the
 * fault. The same contents pushed again are the same refusal.
 */

/** Who is imported anew comes in any order, and some providers name managers in a later round. */
const managersComeWithinMs = hourMs;
export const managersComeSince = (now: Date): string => new Date(now.getTime() - managersComeWithinMs).toISOString();
const unknownManager = 'manager: nobody is known by this id or e-mail';

type Gap = Pick<RefusedItem, 'kind' | 'reason'> & { readonly payload: Readonly<Record<string, unknown>> };

interface Known {
  readonly resource: JsonObject;
  readonly groups: readonly string[];
  /** Whether the manager whom the user names is somebody, or may come. */
  readonly isManaged: boolean;
}

/** What is not taken of a user as they are now. */
export function gapsOf(row: ScimRow, facts: UserFacts, { resource, groups, isManaged }: Known): readonly Gap[] {
  const { userName, emails } = resource;
  const gaps: Gap[] = [];
  const isNobody = facts.isActive && facts.person === undefined;
  if (isNobody || (!facts.isActive && row.personId !== undefined && hasWrongEmail(resource))) {
    const reason = isNobody
      ? 'emails: none of them is an address, and nobody joins before there is one'
      : 'emails: what is given is no address, and the one from before stays';
    gaps.push({ kind: isNobody ? 'joiner' : 'mover', reason, payload: { userName, emails } });
  }
  if (facts.isActive && !isManaged) {
    gaps.push({ kind: 'mover', reason: unknownManager, payload: { userName, manager: row.manager } });
  }
  const leftOut = facts.isActive ? leftOutGroups(groups) : [];
  if (leftOut.length > 0) {
    const most = `${maxGroups} groups, with names of ${maxGroupBytes} bytes together`;
    const reason = `groups: a person has at most ${most}, and ${leftOut.length} more are left out`;
    gaps.push({ kind: 'mover', reason, payload: { userName, groups: leftOut } });
  }
  return gaps;
}

/** Whether the manager, who is nobody, may still be pushed; not where that was refused before. */
export async function isManagerAwaited(trx: RecordTransaction, row: ScimRow, at: string): Promise<boolean> {
  if (row.lastModifiedAt <= managersComeSince(new Date(at))) return false;
  const open = await openAt(trx, row.source, scimRefOf(row.id));
  return [...open.values()].every(({ reason }) => reason !== unknownManager);
}

/** The gap of a user of whom nothing is taken for this error; undefined where the user is not to blame for it. */
export function gapBy(error: unknown, { said, resource }: ScimRow): Gap | undefined {
  const isTooLarge = error instanceof TooMuchError && error.bound === 'statement';
  if (!isTooLarge && !(error instanceof UsageError || error instanceof ScimError)) return undefined;
  // Their last day may be in what is not taken.
  const kind = resource.includes('leaveDate') ? undefined : said === undefined ? 'joiner' : 'mover';
  return { kind, reason: error.message, payload: { resource: JSON.parse(resource) as unknown } };
}

/** Puts on record what is not taken of a user, and closes what is by now. Returns what nobody has seen before. */
export async function noteGaps(
  trx: RecordTransaction,
  row: ScimRow,
  { gaps, at }: { readonly gaps: readonly Gap[]; readonly at: string },
): Promise<readonly RefusedItem[]> {
  const { source, id } = row;
  const ref = scimRefOf(id);
  const before = await openAt(trx, source, ref);
  if (gaps.length === 0 && before.size === 0) return [];
  const items = gaps.map((gap) => itemOf(row, { ...gap, ref }));
  const ids = await trx.refuseItems(items, at);
  const rest = [...before.values()].filter(({ refusalId }) => !ids.includes(refusalId));
  await closeCorrected(trx, rest, { at, why: 'the user on record can be taken without it' });
  const after = await openAt(trx, source, ref);
  return items.filter((_, index) => after.has(ids[index] ?? '') && !before.has(ids[index] ?? ''));
}

/** The same of a single request that was taken in part: the deactivation in it. */
export async function noteFaults(
  trx: RecordTransaction,
  row: ScimRow,
  { faults, body, at }: { readonly faults: readonly ScimError[]; readonly body: unknown; readonly at: string },
): Promise<readonly RefusedItem[]> {
  if (faults.length === 0) return [];
  const reason = `${[...new Set(faults.map(({ message }) => message))].join('; ')}: only that they leave is taken`;
  const gap = { kind: 'mover', reason, payload: { request: body }, ref: scimRequestRefOf(row.id) } as const;
  const item = itemOf(row, gap);
  await trx.refuseItems([item], at);
  return [item];
}

/** Of a user who was pushed whole, or is gone: what their requests said beside does not count any more. */
export async function closeFaults(
  trx: RecordTransaction,
  { source, id }: ScimRow,
  about: { readonly at: string; readonly why: string },
): Promise<void> {
  const open = await openAt(trx, source, scimRequestRefOf(id));
  await closeCorrected(trx, [...open.values()], about);
}

/** What is on the list there, by the refusals' ids. */
async function openAt(trx: RecordTransaction, source: string, ref: string): Promise<ReadonlyMap<string, RefusalRow>> {
  const open = await trx.listRefusals({ state: 'open', source, way: 'scim', ref, limit: 100, offset: 0 });
  return new Map(open.map((one) => [one.refusalId, one]));
}

const itemOf = (
  { source, id, externalId, personId }: ScimRow,
  { payload, ...gap }: Gap & { readonly ref: string },
): RefusedItem => ({
  source,
  way: 'scim',
  externalId: externalId ?? id,
  personId,
  ...gap,
  payload: { id, ...payload },
});

/** Counts and logs what was refused on record, without what it was. */
export function reportRefused(
  { metrics, log }: Pick<GatewayContext, 'metrics' | 'log'>,
  refused: readonly RefusedItem[],
): void {
  for (const { source, ref, reason, kind = 'unknown' } of refused) {
    metrics.refusedItems.inc({ source, kind });
    log('something of a SCIM user was refused', { source, ref, reason });
  }
}
