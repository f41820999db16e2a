import { foldCase } from '../../domain/text.ts';
import type { Employment, HrEvent, Outcome } from '../../domain/model.ts';
import { personLock, underLock } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import { canonicalJson } from '../port/json.ts';
import type { Replacement } from '../port/people.ts';
import { adoptPerson } from './adoption.ts';
import { listGrants, openGrant } from './grants.ts';
import { insertEvent } from './intake.ts';
import { ensurePerson, findPerson } from './people.ts';

/**
 * One person under a new id: the account, what it holds, their e-mails and the machine identities declared as theirs go over, and the
 * old id has left, without an account that a leaver of it could end. `problem` says why nothing is changed.
 */
export async function replacePerson(
  db: Db,
  { personId, replaces, at }: { readonly personId: string; readonly replaces: string; readonly at: string },
): Promise<Replacement> {
  const accountId = (await findPerson(db, replaces))?.accountId;
  const [first = '', second = ''] = [personId, replaces].toSorted();
  const bothHeld = (trx: Db) =>
    underLock(trx, personLock(first), (one) =>
      underLock(one, personLock(second), (both) => replace(both, { personId, replaces, at, accountId })),
    );
  return accountId === undefined ? bothHeld(db) : underLock(db, `account/${accountId}`, bothHeld);
}

async function replace(
  db: Db,
  {
    personId,
    replaces,
    at,
    accountId,
  }: { readonly personId: string; readonly replaces: string; readonly at: string; readonly accountId?: string },
): Promise<Replacement> {
  const old = await findPerson(db, replaces);
  if (old === undefined) return { problem: `no person ${replaces} is known` };
  if (old.replacedBy === personId) return { accountId: (await findPerson(db, personId))?.accountId };
  if (old.replacedBy !== undefined) return { problem: `${old.replacedBy} has replaced person ${replaces} already` };
  if (old.accountId !== accountId) return { problem: `the account of person ${replaces} has just changed` };
  await ensurePerson(db, personId);
  const next = await findPerson(db, personId);
  if (next?.accountId !== undefined && accountId !== undefined) {
    return { problem: `person ${personId} has account ${next.accountId}, and person ${replaces} has ${accountId}` };
  }
  const isNew = next?.employment === 'unknown' && !(await hasEvents(db, personId));
  if (isNew && old.attributes !== undefined && old.employment !== 'left') {
    await adoptPerson(db, { personId, attributes: old.attributes, employment: old.employment, at });
  }
  await endOld(db, { personId, replaces, at });
  if (accountId !== undefined) {
    await db.updateTable('people').set({ accountId, boundAt: at }).where('personId', '=', personId).execute();
    await moveGrants(db, { personId, replaces, at });
  }
  await moveEmails(db, personId, { at, emails: [...old.previousEmails, old.attributes?.email] });
  await db.updateTable('nhiOwners').set({ personId }).where('personId', '=', replaces).execute();
  if (next?.replacedBy !== undefined) await takeBack(db, personId, { employment: old.employment, at });
  return { accountId };
}

/** Whoever was replaced before is themselves again: that they have left is unsaid. */
async function takeBack(
  db: Db,
  personId: string,
  { employment, at }: { readonly employment: Employment; readonly at: string },
): Promise<void> {
  await db.updateTable('people').set({ replacedBy: null, employment }).where('personId', '=', personId).execute();
  await db
    .updateTable('intake')
    .set({
      outcome: canonicalJson<Outcome>({ kind: 'cancelled', detail: 'they go on under this id again', parts: [] }),
      withdrawal: canonicalJson({ actor: 'muster', reason: 'they go on under this id again', at }),
    })
    .where('personId', '=', personId)
    .where('eventId', 'like', 'replaced:%')
    .execute();
}

async function hasEvents(db: Db, personId: string): Promise<boolean> {
  const row = await db.selectFrom('intake').select('eventId').where('personId', '=', personId).executeTakeFirst();
  return row !== undefined;
}

/** By a leaver that is carried out: an older word of HR about the old id changes nothing any more. */
async function endOld(
  db: Db,
  { personId, replaces, at }: { readonly personId: string; readonly replaces: string; readonly at: string },
): Promise<void> {
  const eventId = `replaced:${replaces}:${personId}:${at}`;
  const said = { eventId, personId: replaces, kind: 'leaver', source: 'cli', occurredAt: at, effectiveAt: at } as const;
  const event: HrEvent = { ...said, reason: `replaced by ${personId}` };
  await insertEvent(db, event, at);
  const outcome: Outcome = { kind: 'completed', detail: `replaced by ${personId}`, parts: [] };
  await db
    .updateTable('intake')
    .set({ appliedAt: at, isLeaveOpen: 0, outcome: canonicalJson(outcome) })
    .where('eventId', '=', eventId)
    .execute();
  const lines = (await findPerson(db, replaces))?.lines;
  await db
    .updateTable('people')
    .set({
      ...{ accountId: null, boundAt: null, employment: 'left', replacedBy: personId },
      lines: canonicalJson({ ...lines, employment: { eventId, occurredAt: at } }),
    })
    .where('personId', '=', replaces)
    .execute();
}

async function moveGrants(
  db: Db,
  { personId, replaces, at }: { readonly personId: string; readonly replaces: string; readonly at: string },
): Promise<void> {
  const grants = await listGrants(db, { personId: replaces, open: true, limit: 10_000, offset: 0 });
  await db
    .updateTable('grants')
    .set({ until: at })
    .where('personId', '=', replaces)
    .where('until', 'is', null)
    .execute();
  for (const grant of grants) await openGrant(db, { ...grant, personId, since: at });
}

async function moveEmails(
  db: Db,
  personId: string,
  { emails, at }: { readonly emails: readonly (string | undefined)[]; readonly at: string },
): Promise<void> {
  for (const email of new Set(emails.flatMap((one) => (one === undefined ? [] : [foldCase(one)])))) {
    await db
      .insertInto('previousEmails')
      .values({ personId, email, since: at })
      .onConflict((conflict) => conflict.columns(['personId', 'email']).doNothing())
      .execute();
  }
}
