import * as accounts from './queries/accounts.ts';
import * as approvals from './queries/approvals.ts';
import * as brakes from './queries/leavers.ts';
import * as entitlementIds from './queries/entitlementIds.ts';
import * as evidence from './queries/evidence.ts';
import * as findings from './queries/findings.ts';
import * as grants from './queries/grants.ts';
import * as nhiLists from './queries/nhiLists.ts';
import * as nhis from './queries/nhis.ts';
import * as people from './queries/people.ts';
import { endEvents, finishProcess } from './queries/processes.ts';
import * as repairs from './queries/repairs.ts';
import type { Db } from './database/schema.ts';
import { evidenceLock, personLock, type Write } from './database/store.ts';
import * as tokens from './queries/tokens.ts';
import type { RecordTransaction } from './port/inventory.ts';

/** What a person may change, each by itself, or several in one transaction: that says `write`. */
export function createRecordTransaction(db: Db, write: Write): RecordTransaction {
  return {
    findPerson: (personId) => people.findPerson(db, personId),
    bindAccount: (personId, accountId, at) =>
      write(`account/${accountId}`, (trx) => people.bindAccount(trx, personId, accountId, at)),
    linkAccount: (personId, account, at) =>
      write(`account/${account.id}`, (trx) => people.linkAccount(trx, personId, account, at)),
    unlinkAccount: (personId) => write(personLock(personId), (trx) => people.unlinkAccount(trx, personId)),
    endEvents: (personId, events, at) => write(personLock(personId), (trx) => endEvents(trx, personId, events, at)),
    finishProcess: (finish) => write(personLock(finish.personId), (trx) => finishProcess(trx, finish)),
    writeAccounts: (page) => write('accounts', (trx) => accounts.writeAccounts(trx, page)),
    openGrant: (grant) => write(personLock(grant.personId), (trx) => grants.openGrant(trx, grant)),

    recordDecision: (personId, decision) =>
      write(personLock(personId), (trx) => approvals.recordDecision(trx, personId, decision)),
    closeApproval: (approvalId, personId, state, at) =>
      write(personLock(personId), (trx) => approvals.closeApproval(trx, approvalId, personId, state, at)),
    reassignApproval: (personId, approvalId, approvers) =>
      write(personLock(personId), (trx) => approvals.reassignApproval(trx, personId, approvalId, approvers)),

    releaseHeld: (which, release) => write('changeBudget', (trx) => brakes.releaseHeld(trx, which, release)),
    decideQuarantine: (batchId, decision) =>
      write('repairs', (trx) => repairs.decideQuarantine(trx, batchId, decision)),
    muteFinding: (id, mute) => write('findings', (trx) => findings.muteFinding(trx, id, mute)),
    findNhi: (nhiId) => nhiLists.findNhi(db, nhiId),
    setNhiOwner: (nhiId, personId, at) => write('nhis', (trx) => nhis.setNhiOwner(trx, nhiId, personId, at)),
    forgetEntitlementId: (entitlement) =>
      write('entitlementIds', (trx) => entitlementIds.forgetEntitlementId(trx, entitlement)),
    createToken: (token, hash) => write('tokens', (trx) => tokens.createToken(trx, token, hash)),
    revokeToken: (id, at) => write('tokens', (trx) => tokens.revokeToken(trx, id, at)),

    appendEvidence: (entry) => write(evidenceLock, (trx) => evidence.appendEvidence(trx, entry)),
  };
}
