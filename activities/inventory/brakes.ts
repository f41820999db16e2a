import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import { isWithinBudget } from '../../workflows/core/changeBudget.ts';
import type { BrakeInventory, DisableKey, DisableRow, HeldBatch, HeldDecision } from './brakeTypes.ts';
import { present } from './json.ts';
import type { Db, Schema } from './schema.ts';

/** One lock over all of it: a budget that is counted twice at once is no budget. */
export const brakesLock = 'brakes';

export async function admitDisable(
  db: Db,
  { personId, eventId, accountId, at, budget }: Parameters<BrakeInventory['admitDisable']>[0],
): Promise<DisableRow> {
  const known = await findDisable(db, { personId, eventId });
  if (known !== undefined) return known;
  const since = new Date(Date.parse(at) - budget.withinMs).toISOString();
  const recent = await db.selectFrom('disables').select('admittedAt').where('admittedAt', '>=', since).execute();
  const use = {
    activePeople: await countActivePeople(db),
    disabledAt: recent.flatMap(({ admittedAt }) => (admittedAt === null ? [] : [Date.parse(admittedAt)])),
    now: Date.parse(at),
  };
  const isAdmitted = isWithinBudget(budget, use);
  const row = {
    personId,
    eventId,
    accountId,
    state: isAdmitted ? ('admitted' as const) : ('held' as const),
    askedAt: at,
  };
  await db
    .insertInto('disables')
    .values({ ...row, admittedAt: isAdmitted ? at : null })
    .execute();
  return { ...row, ...(isAdmitted ? { admittedAt: at } : {}) };
}

/** People with an account that is Active; an account that no sync has seen yet is one too. */
async function countActivePeople(db: Db): Promise<number> {
  const { people } = await db
    .selectFrom('people')
    .innerJoin('accounts', 'accounts.accountId', 'people.accountId')
    .where('accounts.status', '=', 'active')
    .where('accounts.goneAt', 'is', null)
    .select(({ fn }) => fn.countAll().as('people'))
    .executeTakeFirstOrThrow();
  return Number(people);
}

export async function findDisable(db: Db, { personId, eventId }: DisableKey): Promise<DisableRow | undefined> {
  const row = await db
    .selectFrom('disables')
    .selectAll()
    .where('personId', '=', personId)
    .where('eventId', '=', eventId)
    .executeTakeFirst();
  return row && toDisableRow(row);
}

export async function disabledSince(db: Db, since: string): Promise<readonly string[]> {
  const rows = await db.selectFrom('disables').select('accountId').where('admittedAt', '>=', since).execute();
  return rows.map(({ accountId }) => accountId);
}

/** An event that has ended otherwise (a rescinded leave, a process cancelled by hand) is held no longer. */
export async function heldLeavers(db: Db): Promise<HeldBatch> {
  const rows = await db
    .selectFrom('disables')
    .innerJoin('intake', 'intake.eventId', 'disables.eventId')
    .selectAll('disables')
    .where('disables.state', '=', 'held')
    .where('intake.appliedAt', 'is', null)
    .orderBy('disables.personId')
    .orderBy('disables.eventId')
    .execute();
  const leavers = rows.map(toDisableRow);
  const members = leavers.map(({ personId, eventId }) => [personId, eventId]);
  return { batch: createHash('sha256').update(JSON.stringify(members)).digest('hex').slice(0, 12), leavers };
}

export async function decideBatch(
  db: Db,
  batch: string,
  decision: HeldDecision,
): ReturnType<BrakeInventory['decideBatch']> {
  const held = await heldLeavers(db);
  if (held.batch !== batch) return { changed: held };
  const leavers: DisableRow[] = [];
  for (const leaver of held.leavers) leavers.push(await decide(db, leaver, decision));
  return { leavers };
}

export async function decideHeld(db: Db, personId: string, decision: HeldDecision): Promise<DisableRow | undefined> {
  const leaver = (await heldLeavers(db)).leavers.find((one) => one.personId === personId);
  return leaver && decide(db, leaver, decision);
}

async function decide(db: Db, leaver: DisableRow, { verdict, actor, reason, at }: HeldDecision): Promise<DisableRow> {
  const after = {
    state: verdict === 'release' ? ('released' as const) : ('rejected' as const),
    decidedAt: at,
    actor,
    reason,
    ...(verdict === 'release' ? { admittedAt: at } : {}),
  };
  await db
    .updateTable('disables')
    .set(after)
    .where('personId', '=', leaver.personId)
    .where('eventId', '=', leaver.eventId)
    .execute();
  return { ...leaver, ...after };
}

/** A lease that has run out belongs to whoever asks first. */
export async function takeLease(
  db: Db,
  { name, holder, at, until }: Parameters<BrakeInventory['takeLease']>[0],
): Promise<boolean> {
  const held = await db.selectFrom('leases').selectAll().where('name', '=', name).executeTakeFirst();
  if (held !== undefined && held.holder !== holder && held.until > at) return false;
  await db
    .insertInto('leases')
    .values({ name, holder, until })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ holder, until }))
    .execute();
  return true;
}

export async function endLease(db: Db, name: string, holder: string): Promise<void> {
  await db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute();
}

function toDisableRow(row: Selectable<Schema['disables']>): DisableRow {
  return {
    personId: row.personId,
    eventId: row.eventId,
    accountId: row.accountId,
    state: row.state,
    askedAt: row.askedAt,
    ...present('admittedAt', row.admittedAt),
    ...present('decidedAt', row.decidedAt),
    ...present('actor', row.actor),
    ...present('reason', row.reason),
  };
}
