import { personIdPattern } from '../../domain/ids.ts';
import { foldCase, isSameText } from '../../domain/text.ts';
import { jsonTexts } from '../database/jsonRows.ts';
import { locked } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import type { AliasRow, SourceIdentity } from '../port/sources.ts';
import { ensurePerson, findPeopleByEmail } from './people.ts';

/** A source without ids: the person is known by the first e-mail it sent for them. */
const keyOf = ({ externalId, email }: SourceIdentity): string => externalId ?? `email:${foldCase(email ?? '')}`;

/** The alias that this identity has; nothing is written. */
export async function findAlias(db: Db, identity: SourceIdentity): Promise<AliasRow | undefined> {
  return db
    .selectFrom('aliases')
    .selectAll()
    .where('source', '=', identity.source)
    .where('externalId', '=', keyOf(identity))
    .executeTakeFirst();
}

/** The same of many of one source, in order. */
export async function findAliases(
  db: Db,
  source: string,
  identities: readonly SourceIdentity[],
): Promise<readonly (AliasRow | undefined)[]> {
  const keys = identities.map(keyOf);
  const rows = await db
    .selectFrom('aliases')
    .selectAll()
    .where('source', '=', source)
    .where('externalId', 'in', jsonTexts(db, keys))
    .execute();
  const byKey = new Map(rows.map((row) => [row.externalId, row]));
  return keys.map((key) => byKey.get(key));
}

/**
 * The alias that this identity has, else a new one: of the person with this id whom no source has named, else of the one
 * with this e-mail whom this source does not know yet, else of a new person (whose id is the external id where it can be a
 * personId and is free, else `newId`). One lock for all: two sources may name the same person at the same moment.
 */
export const bindAlias = locked(
  'aliases',
  async (
    db: Db,
    identity: SourceIdentity,
    { newId, at }: { readonly newId: string; readonly at: string },
  ): Promise<AliasRow> => {
    const known = await findAlias(db, identity);
    if (known !== undefined) return known;
    const personId =
      (await personOfSameId(db, identity)) ??
      (await personOfOtherSource(db, identity)) ??
      (await newPersonId(db, identity, newId));
    await ensurePerson(db, personId);
    const row = { source: identity.source, externalId: keyOf(identity), personId, boundAt: at };
    await db.insertInto('aliases').values(row).execute();
    return row;
  },
);

/** A person known by this id whom no source has named yet, even when their e-mail is a colleague's by now. */
async function personOfSameId(db: Db, { externalId }: SourceIdentity): Promise<string | undefined> {
  if (externalId === undefined) return undefined;
  const row = await db
    .selectFrom('people')
    .leftJoin('aliases', 'aliases.personId', 'people.personId')
    .select('people.personId')
    .where('people.personId', '=', externalId)
    .where('aliases.source', 'is', null)
    .executeTakeFirst();
  return row?.personId;
}

/**
 * Matches by the current e-mail alone, and only where it is one person's: a colleague may have had the address before. Two ids of
 * one source are two people.
 */
async function personOfOtherSource(db: Db, { source, email }: SourceIdentity): Promise<string | undefined> {
  if (email === undefined) return undefined;
  const holders = (await findPeopleByEmail(db, email)).filter(
    ({ attributes }) => attributes !== undefined && isSameText(attributes.email, email),
  );
  const [holder] = holders;
  if (holder === undefined || holders.length > 1) return undefined;
  const own = await db
    .selectFrom('aliases')
    .select('externalId')
    .where('personId', '=', holder.personId)
    .where('source', '=', source)
    .executeTakeFirst();
  return own === undefined ? holder.personId : undefined;
}

/** The source's own id where it can be one; one that another source uses is somebody else's. */
async function newPersonId(db: Db, { externalId }: SourceIdentity, newId: string): Promise<string> {
  if (externalId === undefined || !personIdPattern.test(externalId)) return newId;
  const taken = await db.selectFrom('aliases').select('source').where('personId', '=', externalId).executeTakeFirst();
  return taken === undefined ? externalId : newId;
}

export async function listAliases(
  db: Db,
  { source, limit, offset }: { source?: string; limit: number; offset: number },
): Promise<readonly AliasRow[]> {
  let query = db.selectFrom('aliases').selectAll();
  if (source !== undefined) query = query.where('source', '=', source);
  return query.orderBy('source').orderBy('externalId').limit(limit).offset(offset).execute();
}

/** The sources that have named this person. */
export async function sourcesNaming(db: Db, personId: string): Promise<readonly string[]> {
  const rows = await db.selectFrom('aliases').select('source').distinct().where('personId', '=', personId).execute();
  return rows.map(({ source }) => source);
}
