import { locked, personLock } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import { withoutNulls } from '../database/stored.ts';
import type { PendingInvitation } from '../port/people.ts';
import { forgetAwaitedLogin } from './awaitedLogins.ts';

/** One a person: a later invitation replaces the one before. */
export const recordInvitation = locked(personLock, async (db: Db, invitation: PendingInvitation): Promise<void> => {
  const { personId, accountId, invitationId = null, sentAt = null, expiresAt = null } = invitation;
  const row = { accountId, invitationId, sentAt, expiresAt };
  await db
    .insertInto('pendingInvitations')
    .values({ personId, ...row })
    .onConflict((conflict) => conflict.column('personId').doUpdateSet(row))
    .execute();
});

/** Nobody waits for the person's acceptance or first login any more. */
export const clearPending = locked(personLock, async (db: Db, personId: string): Promise<void> => {
  await db.deleteFrom('pendingInvitations').where('personId', '=', personId).execute();
  await forgetAwaitedLogin(db, personId);
});

export async function listPending(db: Db, personId?: string): Promise<readonly PendingInvitation[]> {
  let query = db.selectFrom('pendingInvitations').selectAll();
  if (personId !== undefined) query = query.where('personId', '=', personId);
  const rows = await query.orderBy('personId').execute();
  return rows.map((row) => withoutNulls(row));
}
