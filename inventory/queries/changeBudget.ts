import type { Selectable } from 'kysely';
import {
  budgetWindows,
  peopleLimit,
  type Admittance,
  type ChangeBudget,
  type ExceededLimit,
} from '../../domain/access/changeBudget.ts';
import { batchOfRepair } from '../../domain/findings/repairs.ts';
import { jsonTexts } from '../database/jsonRows.ts';
import { locked } from '../database/locks.ts';
import type { Db, Schema } from '../database/schema.ts';
import { toFlag } from '../database/stored.ts';
import { canonicalJson, parseJson } from '../port/json.ts';
import type { HeldChoice, HeldRemoval, Release, Removal } from '../port/changeBudget.ts';
import type { QuarantineRow } from '../port/repairs.ts';
import { findQuarantine } from './repairs.ts';

type Row = Selectable<Schema['removals']>;

/**
 * Counts the person against the budget, or holds the removal. The same event again gets the same result. One lock for the
 * budget: sixty that come at once are counted one after the other.
 */
export const admitRemoval = locked(
  'changeBudget',
  async (db: Db, removal: Removal, budget: ChangeBudget): Promise<Admittance> => {
    const known = await findRemoval(db, removal);
    if (known !== undefined && known.state !== 'observed') return toAdmittance(known);
    const batch = await allowedBatch(db, removal);
    const above = batch === undefined ? await exceededBy(db, removal, budget, 'real') : undefined;
    await writeRemoval(db, removal, { state: above === undefined ? 'admitted' : 'held', above, batch });
    return toAdmitted(above);
  },
);

/** What the result would be. */
export async function previewRemoval(db: Db, removal: Removal, budget: ChangeBudget): Promise<Admittance> {
  return toAdmitted(await exceededBy(db, removal, budget, 'real'));
}

/** What it would be for a policy that observes, where removals that were only said count. Nothing is held, or counts later. */
export const observeRemoval = locked(
  'changeBudget',
  async (db: Db, removal: Removal, budget: ChangeBudget): Promise<Admittance> => {
    const known = await findRemoval(db, removal);
    if (known !== undefined) return toAdmitted(parseJson(known.above));
    const above = await exceededBy(db, removal, budget, 'withObserved');
    await writeRemoval(db, removal, { state: 'observed', above });
    return toAdmitted(above);
  },
);

/** Whether what the event takes away from this person was admitted, by the budget or by an operator. */
export async function isAdmitted(
  db: Db,
  { eventId, personId }: { readonly eventId: string; readonly personId: string },
): Promise<boolean> {
  const row = await findRemoval(db, { eventId });
  return row?.state === 'admitted' && row.personId === personId;
}

/** People of whom an operator has said last that they lose nothing: until something else is asked, it stays so. */
export async function sparedPeople(db: Db): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('removals as rejected')
    .select('personId')
    .where('state', '=', 'rejected')
    .where('kind', '!=', 'leaver')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('removals as later')
            .select('later.eventId')
            .whereRef('later.personId', '=', 'rejected.personId')
            .whereRef('later.askedAt', '>', 'rejected.askedAt')
            .where('later.state', '!=', 'observed'),
        ),
      ),
    )
    .execute();
  return new Set(rows.map(({ personId }) => personId));
}

/** The first limit that this person would exceed: other people who have lost something in its time, in the same share. */
async function exceededBy(
  db: Db,
  removal: Removal,
  { perSource, ...inAll }: ChangeBudget,
  which: 'real' | 'withObserved',
): Promise<ExceededLimit | undefined> {
  const active = await activePeople(db);
  const { source } = removal;
  const scopes = [{ limits: inAll }, ...(perSource === undefined ? [] : [{ limits: perSource, source }])];
  for (const { limits, ...scope } of scopes) {
    for (const within of ['hour', 'day'] as const) {
      const limit = peopleLimit(limits[within], active);
      const others = await othersWithin(db, removal, { windowMs: budgetWindows[within], which, ...scope });
      if (others >= limit) return { limit, within, ...scope };
    }
  }
  return undefined;
}

/** How many more people may lose something now by this source before the next one is held. */
export async function roomInBudget(
  db: Db,
  { source, at }: Pick<Removal, 'source' | 'at'>,
  { perSource, ...inAll }: ChangeBudget,
): Promise<number> {
  const active = await activePeople(db);
  const nobody = { at, personId: '', urgent: false };
  const scopes = [{ limits: inAll }, ...(perSource === undefined ? [] : [{ limits: perSource, source }])];
  const rooms = scopes.flatMap(({ limits, ...scope }) =>
    (['hour', 'day'] as const).map(async (within) => {
      const used = await othersWithin(db, nobody, { windowMs: budgetWindows[within], which: 'real', ...scope });
      return peopleLimit(limits[within], active) - used;
    }),
  );
  return Math.max(0, Math.min(...(await Promise.all(rooms))));
}

async function activePeople(db: Db): Promise<number> {
  const { active } = await db
    .selectFrom('people')
    .select(({ fn }) => fn.countAll<number | string>().as('active'))
    .where('accountId', 'is not', null)
    .where('employment', '!=', 'left')
    .executeTakeFirstOrThrow();
  return Number(active);
}

async function othersWithin(
  db: Db,
  { at, personId, urgent }: Pick<Removal, 'at' | 'personId' | 'urgent'>,
  {
    windowMs,
    which,
    source,
  }: { readonly windowMs: number; readonly which: 'real' | 'withObserved'; readonly source?: string },
): Promise<number> {
  const since = new Date(Date.parse(at) - windowMs).toISOString();
  let query = db
    .selectFrom('removals')
    .select(({ fn }) => fn.count<number | string>('personId').distinct().as('others'))
    .where('admittedAt', '>', since)
    .where('urgent', '=', toFlag(urgent))
    .where('personId', '!=', personId);
  if (source !== undefined) query = query.where('source', '=', source);
  if (which === 'real') query = query.where('state', '!=', 'observed');
  return Number((await query.executeTakeFirstOrThrow()).others);
}

/** The batch of repairs that an operator has allowed, of which this is one. */
async function allowedBatch(db: Db, { eventId, personId, kind }: Removal) {
  const batchId = kind === 'repair' ? batchOfRepair(eventId, personId) : undefined;
  const batch = batchId === undefined ? undefined : await findQuarantine(db, batchId);
  const isOfIt = batch?.people.some((one) => one.personId === personId) === true;
  return batch?.state === 'allowed' && isOfIt ? batch : undefined;
}

const findRemoval = (db: Db, { eventId }: Pick<Removal, 'eventId'>) =>
  db.selectFrom('removals').selectAll().where('eventId', '=', eventId).executeTakeFirst();

async function writeRemoval(
  db: Db,
  { eventId, personId, source, kind, urgent, at }: Removal,
  {
    state,
    above,
    batch,
  }: Pick<Row, 'state'> & { readonly above: ExceededLimit | undefined; readonly batch?: QuarantineRow },
): Promise<void> {
  const row = {
    ...{ personId, source, kind, urgent: toFlag(urgent), state, askedAt: at },
    admittedAt: above === undefined ? at : null,
    above: above === undefined ? null : canonicalJson(above),
    actor: batch?.decidedBy ?? null,
    reason: batch?.reason ?? null,
  };
  await db
    .insertInto('removals')
    .values({ eventId, ...row })
    .onConflict((conflict) => conflict.column('eventId').doUpdateSet(row))
    .execute();
}

const toAdmitted = (above: ExceededLimit | undefined): Admittance =>
  above === undefined ? { state: 'admitted' } : { state: 'held', above };

function toAdmittance({ state, above, actor, reason }: Row): Admittance {
  if (state === 'rejected') return { state, actor: actor ?? '', reason: reason ?? undefined };
  return toAdmitted(state === 'held' ? parseJson(above) : undefined);
}

/** Oldest first. One whose process ended meanwhile (a rescinded leave) waits for nothing any more. */
export async function listHeld(db: Db, { kind }: Pick<HeldChoice, 'kind'> = {}): Promise<readonly HeldRemoval[]> {
  const query = db
    .selectFrom('removals')
    .innerJoin('intake', 'intake.eventId', 'removals.eventId')
    .selectAll('removals')
    .where('removals.state', '=', 'held')
    .where('intake.appliedAt', 'is', null)
    .orderBy('removals.askedAt')
    .orderBy('removals.eventId');
  const rows = await (kind === undefined ? query : query.where('removals.kind', '=', kind)).execute();
  return rows.flatMap(({ above, ...row }) => {
    const exceeded = parseJson(above);
    if (exceeded === undefined) return [];
    const { eventId, personId, source, urgent, askedAt } = row;
    return [{ eventId, personId, source, kind: row.kind, urgent: urgent === 1, askedAt, above: exceeded }];
  });
}

/** Releases what is held, or rejects it. */
export const releaseHeld = locked(
  'changeBudget',
  async (
    db: Db,
    which: HeldChoice,
    { actor, reason, verdict, at }: Release,
  ): Promise<{ readonly released: readonly HeldRemoval[]; readonly hasChanged: boolean }> => {
    const held = await listHeld(db, which);
    const isOne = 'personId' in which;
    const released = isOne ? held.filter(({ personId }) => personId === which.personId) : held;
    const ids = released.map(({ eventId }) => eventId);
    if (!isOne && canonicalJson(ids.toSorted()) !== canonicalJson(which.eventIds.toSorted())) {
      return { released: [], hasChanged: true };
    }
    const after =
      verdict === 'release'
        ? ({ state: 'admitted', admittedAt: at } as const)
        : ({ state: 'rejected', admittedAt: null } as const);
    const releasing = db.updateTable('removals').where('eventId', 'in', jsonTexts(db, ids));
    await releasing.set({ ...after, actor, reason: reason ?? null }).execute();
    return { released, hasChanged: false };
  },
);
