import type { Db } from '../database/schema.ts';
import type { PersonHistory, PersonRow } from '../port/people.ts';
import { findAccount } from './accounts.ts';
import { listApprovals } from './approvals.ts';
import { listEvidence } from './evidence.ts';
import { listGrants } from './grants.ts';
import { eventsOf } from './intake.ts';
import { listNhis } from './nhiLists.ts';
import { observedAccess } from './observedAccess.ts';
import { findPersonRow } from './people.ts';

/** Lists longer than this are paged by their own methods. */
const longest = 1_000;

/** Everything on one person for `person show`. Somebody whose first event waits for its run is known by that event only. */
export async function personHistory(db: Db, personId: string): Promise<PersonHistory | undefined> {
  const page = { personId, limit: longest, offset: 0 };
  const known = await findPersonRow(db, personId);
  const events = await eventsOf(db, personId);
  if (known === undefined && events.length === 0) return undefined;
  const person: PersonRow = known ?? { personId, previousEmails: [], employment: 'unknown', lines: {} };
  const account = person.accountId === undefined ? undefined : await findAccount(db, person.accountId);
  return {
    person,
    account,
    held: person.accountId === undefined ? [] : await observedAccess(db, person.accountId),
    nhis: await listNhis(db, { ownerPersonId: personId, isThere: true, limit: longest, offset: 0 }),
    events,
    grants: await listGrants(db, page),
    approvals: await listApprovals(db, { personId }),
    evidence: await listEvidence(db, page),
  };
}
