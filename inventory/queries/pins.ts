import type { Selectable } from 'kysely';
import { matchesPattern } from '../../domain/access/adoption.ts';
import {
  accountHolders,
  namingOf,
  type Holder,
  type Pin,
  type PinUse,
  type PolicyName,
  type PolicyNaming,
} from '../../domain/pins.ts';
import { foldCase } from '../../domain/text.ts';
import { locked } from '../database/locks.ts';
import type { Db, Schema } from '../database/schema.ts';
import { withoutNulls } from '../database/stored.ts';
import { parseJson } from '../port/json.ts';
import { appendEvidence } from './evidence.ts';

interface Pinning {
  readonly policyHash: string;
  readonly at: string;
}

export async function listPins(db: Db, use?: PinUse): Promise<readonly Pin[]> {
  let query = db.selectFrom('pins').selectAll().orderBy('use').orderBy('name');
  if (use !== undefined) query = query.where('use', '=', use);
  return (await query.execute()).map(toPin);
}

/** Ids of the accounts that a pattern of the policy set apart. */
export async function listIgnoredAccounts(db: Db): Promise<readonly string[]> {
  const rows = await db.selectFrom('ignoredAccounts').select('accountId').distinct().orderBy('accountId').execute();
  return rows.map(({ accountId }) => accountId);
}

/**
 * Pins each name that means one person or one account and is not pinned yet, with its link of evidence, and notes that the
 * policy uses the others. A new name that several have is not even noted: the policy is to be refused.
 */
export const pinNames = locked(
  'pins',
  async (db: Db, names: readonly PolicyName[], pinning: Pinning): Promise<readonly PolicyNaming[]> => {
    const namings: PolicyNaming[] = [];
    for (const one of names) namings.push(await pinOne(db, one, pinning));
    return namings;
  },
);

async function pinOne(db: Db, one: PolicyName, { policyHash, at }: Pinning): Promise<PolicyNaming> {
  const { use, name } = one;
  const pin = await findPin(db, one);
  const holders = use === 'ignored' || pin?.id !== undefined ? [] : await holdersOf(db, one);
  const naming = namingOf(pin, holders);
  if (pin === undefined && naming.kind !== 'several') {
    await db.insertInto('pins').values({ use, name, id: null, since: at, policyHash }).execute();
    if (use === 'ignored') await ignoreMatching(db, name, at);
  }
  if (naming.kind === 'found') {
    await db
      .updateTable('pins')
      .set({ id: naming.id, since: at, policyHash })
      .where('use', '=', use)
      .where('name', '=', name)
      .execute();
    const pinned = { actor: 'policy', action: `pin ${use}`, policyHash, after: { name, id: naming.id } };
    await appendEvidence(db, { personId: `policy/${use}`, eventId: `pin:${policyHash}`, step: name, at, ...pinned });
  }
  return { ...one, isNew: pin === undefined, naming };
}

/** An operator's word on whom a name means, in place of what it meant. */
export const setPin = locked('pins', async (db: Db, pin: Pin): Promise<{ readonly before: Pin | undefined }> => {
  const { use, name, id = null, since, policyHash } = pin;
  const before = await findPin(db, pin);
  await db
    .insertInto('pins')
    .values({ use, name, id, since, policyHash })
    .onConflict((conflict) => conflict.columns(['use', 'name']).doUpdateSet({ id, since, policyHash }))
    .execute();
  return { before };
});

/** The accounts that match now are set apart by this pattern: all of them, and no other. Returns how many. */
export const pinMatching = locked('pins', async (db: Db, pattern: string, at: string): Promise<number> => {
  await db.deleteFrom('ignoredAccounts').where('pattern', '=', pattern).execute();
  return ignoreMatching(db, pattern, at);
});

async function ignoreMatching(db: Db, pattern: string, since: string): Promise<number> {
  const accounts = await db.selectFrom('accounts').select(['accountId', 'email']).where('goneAt', 'is', null).execute();
  const matching = accounts.filter(({ email }) => matchesPattern(pattern, email));
  for (const { accountId } of matching) {
    await db.insertInto('ignoredAccounts').values({ pattern, accountId, since }).execute();
  }
  return matching.length;
}

export async function findPin(db: Db, { use, name }: Pick<Pin, 'use' | 'name'>): Promise<Pin | undefined> {
  const row = await db
    .selectFrom('pins')
    .selectAll()
    .where('use', '=', use)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && toPin(row);
}

/** The people, or accounts, that have this e-mail now. Somebody who has left is no approver. */
export async function holdersOf(db: Db, { use, name }: Pick<Pin, 'use' | 'name'>): Promise<readonly Holder[]> {
  const email = foldCase(name);
  if (use !== 'approver') {
    const rows = await db
      .selectFrom('accounts')
      .select('account')
      .where('email', '=', email)
      .where('goneAt', 'is', null)
      .orderBy('accountId')
      .execute();
    return accountHolders(
      rows.map(({ account }) => parseJson(account)),
      email,
    );
  }
  const rows = await db
    .selectFrom('people')
    .leftJoin('previousEmails', 'previousEmails.personId', 'people.personId')
    .select(['people.personId', ({ fn }) => fn.count('previousEmails.email').as('previous')])
    .where('people.email', '=', email)
    .where('people.employment', '!=', 'left')
    .groupBy('people.personId')
    .orderBy('people.personId')
    .execute();
  return rows.map(({ personId, previous }) => ({ id: personId, isFirst: Number(previous) === 0 }));
}

const toPin = (row: Selectable<Schema['pins']>): Pin => withoutNulls(row);
