import type { Selectable } from 'kysely';
import { disableLimit, type Admittance, type ChangeBudget } from '../../domain/access/changeBudget.ts';
import { jsonTexts } from '../database/jsonRows.ts';
import { locked } from '../database/locks.ts';
import type { Db, Schema } from '../database/schema.ts';
import type { HeldLeaver, Leaver, Release } from '../port/changeBudget.ts';
import { canonicalJson } from '../port/json.ts';

/**
 * Counts the leaver against the budget, or holds it. The same event again gets the same result. One lock for the budget:
 * sixty that come at once are counted one after the other.
 */
export const admitDisable = locked(
  'changeBudget',
  async (db: Db, leaver: Leaver, budget: ChangeBudget): Promise<Admittance> => {
    const limit = await limitOf(db, budget);
    const known = await findDisable(db, leaver);
    if (known !== undefined && known.state !== 'observed') return toAdmittance(known, limit);
    const isAdmitted = (await admittedWithin(db, leaver, budget, 'real')) < limit;
    await writeDisable(db, leaver, { state: isAdmitted ? 'admitted' : 'held', isAdmitted });
    return admittance(isAdmitted, limit);
  },
);

/** What the result would be. */
export async function previewDisable(db: Db, leaver: Leaver, budget: ChangeBudget): Promise<Admittance> {
  const limit = await limitOf(db, budget);
  const isAdmitted = (await admittedWithin(db, leaver, budget, 'real')) < limit;
  return admittance(isAdmitted, limit);
}

/** What it would be for a policy that observes, where leavers that were only said count. Nothing is held, or counts later. */
export const observeDisable = locked(
  'changeBudget',
  async (db: Db, leaver: Leaver, budget: ChangeBudget): Promise<Admittance> => {
    const limit = await limitOf(db, budget);
    const known = await findDisable(db, leaver);
    const isAdmitted =
      known === undefined
        ? (await admittedWithin(db, leaver, budget, 'withObserved')) < limit
        : known.admittedAt !== null;
    if (known === undefined) await writeDisable(db, leaver, { state: 'observed', isAdmitted });
    return admittance(isAdmitted, limit);
  },
);

const admittance = (isAdmitted: boolean, limit: number): Admittance =>
  isAdmitted ? { state: 'admitted' } : { state: 'held', limit };

async function limitOf(db: Db, budget: ChangeBudget): Promise<number> {
  const { active } = await db
    .selectFrom('people')
    .select(({ fn }) => fn.countAll<number | string>().as('active'))
    .where('accountId', 'is not', null)
    .where('employment', '!=', 'left')
    .executeTakeFirstOrThrow();
  return disableLimit(budget, Number(active));
}

async function admittedWithin(
  db: Db,
  { at }: Leaver,
  { windowMs }: ChangeBudget,
  which: 'real' | 'withObserved',
): Promise<number> {
  const since = new Date(Date.parse(at) - windowMs).toISOString();
  const query = db
    .selectFrom('disables')
    .select(({ fn }) => fn.countAll<number | string>().as('recent'))
    .where('admittedAt', '>', since);
  const counted = which === 'real' ? query.where('state', '!=', 'observed') : query;
  return Number((await counted.executeTakeFirstOrThrow()).recent);
}

const findDisable = (db: Db, { eventId }: Leaver) =>
  db.selectFrom('disables').selectAll().where('eventId', '=', eventId).executeTakeFirst();

async function writeDisable(
  db: Db,
  { eventId, personId, at }: Leaver,
  { state, isAdmitted }: { state: 'admitted' | 'held' | 'observed'; isAdmitted: boolean },
): Promise<void> {
  const row = { personId, state, askedAt: at, admittedAt: isAdmitted ? at : null, actor: null, reason: null };
  await db
    .insertInto('disables')
    .values({ eventId, ...row })
    .onConflict((conflict) => conflict.column('eventId').doUpdateSet(row))
    .execute();
}

function toAdmittance({ state, actor, reason }: Selectable<Schema['disables']>, limit: number): Admittance {
  if (state === 'held') return { state, limit };
  return state === 'rejected' ? { state, actor: actor ?? '', reason: reason ?? undefined } : { state: 'admitted' };
}

/** Oldest first. One whose process ended meanwhile (a rescinded leave) waits for nothing any more. */
export async function listHeld(db: Db): Promise<readonly HeldLeaver[]> {
  return db
    .selectFrom('disables')
    .innerJoin('intake', 'intake.eventId', 'disables.eventId')
    .select(['disables.eventId', 'disables.personId', 'disables.askedAt'])
    .where('disables.state', '=', 'held')
    .where('intake.appliedAt', 'is', null)
    .orderBy('disables.askedAt')
    .orderBy('disables.eventId')
    .execute();
}

/** Lets held leavers go, or rejects them: one person's, or all, of which `eventIds` must be exactly all that are held. */
export const releaseHeld = locked(
  'changeBudget',
  async (
    db: Db,
    which: { readonly personId: string } | { readonly eventIds: readonly string[] },
    { actor, reason, verdict, at }: Release,
  ): Promise<{ readonly released: readonly HeldLeaver[]; readonly hasChanged: boolean }> => {
    const held = await listHeld(db);
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
    const releasing = db.updateTable('disables').where('eventId', 'in', jsonTexts(db, ids));
    await releasing.set({ ...after, actor, reason: reason ?? null }).execute();
    return { released, hasChanged: false };
  },
);
