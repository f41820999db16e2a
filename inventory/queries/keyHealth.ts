import type { PartResult } from '../../domain/model.ts';
import { locked } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import type { KeyHealth, OwedPart } from '../port/keyHealth.ts';

/** What the key may do, asked once for everybody: nobody asks Datadog again before `nextProbeAt`. */

const minuteMs = 60_000;

/** 1, 2, 4, 8, then 15 minutes. */
const probeBackOffMs = (probes: number): number => Math.min(15, 2 ** probes) * minuteMs;

/**
 * Datadog has just refused a call for want of this permission. The first to be refused may ask at once whether that is
 * still so; others join those who wait.
 */
export const reportRefusal = locked('keyHealth', async (db: Db, permission: string, at: string): Promise<void> => {
  const known = await findHealth(db, permission);
  if (known?.answer === 'no') return;
  await writeHealth(db, { permission, answer: 'no', checkedAt: at, nextProbeAt: at, probes: 0 });
});

/**
 * Whether the caller is the one to ask Datadog now; nobody else is until the back-off has passed, unless somebody has just
 * put it right (`isAskedAtOnce`).
 */
export const claimProbe = locked(
  'keyHealth',
  async (
    db: Db,
    permission: string,
    at: string,
    isAskedAtOnce = false,
  ): Promise<{ isClaimed: boolean; health: KeyHealth }> => {
    const known = await findHealth(db, permission);
    const health = known ?? { permission, answer: 'unknown', checkedAt: at, nextProbeAt: at, probes: 0 };
    if (health.answer === 'yes' || (health.nextProbeAt > at && !isAskedAtOnce)) return { isClaimed: false, health };
    const nextProbeAt = new Date(Date.parse(at) + probeBackOffMs(health.probes)).toISOString();
    const claimed = { ...health, nextProbeAt, probes: health.probes + 1 };
    await writeHealth(db, claimed);
    return { isClaimed: true, health: claimed };
  },
);

export const recordProbe = locked(
  'keyHealth',
  async (db: Db, permission: string, answer: KeyHealth['answer'], at: string): Promise<void> => {
    const known = await findHealth(db, permission);
    if (known !== undefined && known.checkedAt > at) return;
    // When a refusal was last seen is told; a sync that finds what was known writes nothing.
    if (known?.answer === answer && answer !== 'no') return;
    const { nextProbeAt = at, probes = 0 } = answer === 'no' ? (known ?? {}) : {};
    await writeHealth(db, { permission, answer, checkedAt: at, nextProbeAt, probes });
  },
);

export const listKeyHealth = (db: Db): Promise<readonly KeyHealth[]> =>
  db.selectFrom('keyHealth').selectAll().orderBy('permission').execute();

/** Somebody says that they have put it right: nothing is known of these any more. */
export const forgetRefusals = locked('keyHealth', async (db: Db, permissions: readonly string[]): Promise<void> => {
  await db.deleteFrom('keyHealth').where('permission', 'in', permissions).where('answer', '=', 'no').execute();
});

/** Parts of people's processes that were skipped for want of a permission. */
export const listOwedParts = (db: Db): Promise<readonly OwedPart[]> =>
  db.selectFrom('owedParts').selectAll().orderBy('permission').orderBy('personId').execute();

/** What the person's last process skipped replaces what earlier ones did. */
export async function writeOwedParts(
  db: Db,
  personId: string,
  parts: readonly PartResult[],
  since: string,
): Promise<void> {
  await db.deleteFrom('owedParts').where('personId', '=', personId).execute();
  const owed = new Map(parts.flatMap(({ part, permission }) => (permission === undefined ? [] : [[permission, part]])));
  if (owed.size === 0) return;
  const rows = [...owed].map(([permission, part]) => ({ personId, permission, part, since }));
  await db.insertInto('owedParts').values(rows).execute();
}

const findHealth = (db: Db, permission: string): Promise<KeyHealth | undefined> =>
  db.selectFrom('keyHealth').selectAll().where('permission', '=', permission).executeTakeFirst();

async function writeHealth(db: Db, { permission, ...row }: KeyHealth): Promise<void> {
  await db
    .insertInto('keyHealth')
    .values({ permission, ...row })
    .onConflict((conflict) => conflict.column('permission').doUpdateSet(row))
    .execute();
}
