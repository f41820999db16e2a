import * as accounts from './queries/accounts.ts';
import * as absences from './queries/absences.ts';
import * as aliases from './queries/aliases.ts';
import * as approvals from './queries/approvals.ts';
import * as awaitedLogins from './queries/awaitedLogins.ts';
import * as brakes from './queries/leavers.ts';
import * as capabilities from './queries/keyHealth.ts';
import * as deliveries from './queries/deliveries.ts';
import { countRows } from './queries/counts.ts';
import * as entitlementIds from './queries/entitlementIds.ts';
import * as evidence from './queries/evidence.ts';
import * as facts from './queries/assessment.ts';
import * as findings from './queries/findings.ts';
import * as grants from './queries/grants.ts';
import { personHistory } from './queries/history.ts';
import * as intake from './queries/intake.ts';
import * as invitations from './queries/invitations.ts';
import * as nhiLists from './queries/nhiLists.ts';
import * as nhis from './queries/nhis.ts';
import * as openWrites from './queries/openWrites.ts';
import { openStore, type InventoryLocation } from './database/open.ts';
import * as people from './queries/people.ts';
import { createRecordTransaction } from './transaction.ts';
import * as repairs from './queries/repairs.ts';
import * as roles from './queries/roles.ts';
import * as scans from './queries/scans.ts';
import { evidenceLock, personLock, write, writeTogether, type Store } from './database/store.ts';
import * as scim from './queries/scim.ts';
import * as syncRuns from './queries/syncRuns.ts';
import * as teams from './queries/teams.ts';
import * as tokens from './queries/tokens.ts';
import type { Inventory } from './port/inventory.ts';

export type { InventoryLocation } from './database/open.ts';

/**
 * Opens the inventory: PostgreSQL by `url`, else SQLite in `file` (mode 0600, in a folder of mode 0700 where it is new).
 * The schema is brought to this version; an inventory that a newer version wrote is refused.
 */
export async function openInventory(location: InventoryLocation): Promise<Inventory> {
  return createInventory(await openStore(location));
}

/** Which lock each write takes is decided here and in `recordTransaction.ts`, and nowhere else. */
function createInventory(store: Store): Inventory {
  const { db } = store;
  const close = () => db.destroy();
  return {
    ...createRecordTransaction(db, (lock, work) => write(store, lock, work)),
    inTransaction: (work) => writeTogether(store, (trx, together) => work(createRecordTransaction(trx, together))),

    dialect: store.dialect,
    close,
    [Symbol.asyncDispose]: close,

    receiveEvent: (event, receivedAt) =>
      write(store, personLock(event.personId), (trx) => intake.receiveEvent(trx, event, receivedAt)),
    admitEvents: (personId, events, at) =>
      write(store, personLock(personId), (trx) => intake.admitEvents(trx, personId, events, at)),
    waitingEvents: (filter) => intake.waitingEvents(db, filter),
    findEvent: (eventId) => intake.findEvent(db, eventId),

    isDelivered: (source, messageId) => deliveries.isDelivered(db, source, messageId),
    recordDelivery: (source, messageId, at) =>
      write(store, `delivery/${source}/${messageId}`, (trx) => deliveries.recordDelivery(trx, source, messageId, at)),
    forgetDeliveries: (before) => write(store, 'deliveries', (trx) => deliveries.forgetDeliveries(trx, before)),

    findPeopleByEmail: (email) => people.findPeopleByEmail(db, email),
    listPeople: (filter) => people.listPeople(db, filter),
    personBoundTo: (accountId) => people.personBoundTo(db, accountId),
    recordProgress: (progress) =>
      write(store, personLock(progress.personId), (trx) => people.recordProgress(trx, progress)),
    personHistory: (personId) => personHistory(db, personId),

    reportRefusal: (permission, at) =>
      write(store, 'keyHealth', (trx) => capabilities.reportRefusal(trx, permission, at)),
    claimProbe: (...claim) => write(store, 'keyHealth', (trx) => capabilities.claimProbe(trx, ...claim)),
    recordProbe: (permission, answer, at) =>
      write(store, 'keyHealth', (trx) => capabilities.recordProbe(trx, permission, answer, at)),
    listKeyHealth: () => capabilities.listKeyHealth(db),
    forgetRefusals: (permissions) => write(store, 'keyHealth', (trx) => capabilities.forgetRefusals(trx, permissions)),
    listOwedParts: () => capabilities.listOwedParts(db),

    recordInvitation: (invitation) =>
      write(store, personLock(invitation.personId), (trx) => invitations.recordInvitation(trx, invitation)),
    clearPending: (personId) => write(store, personLock(personId), (trx) => invitations.clearPending(trx, personId)),
    listPending: (personId) => invitations.listPending(db, personId),
    awaitLogin: (personId, email, at) =>
      write(store, personLock(personId), (trx) => awaitedLogins.awaitLogin(trx, personId, email, at)),
    listAwaitedLogins: (personId) => awaitedLogins.listAwaitedLogins(db, personId),
    noteLookedForLogins: (personIds, at) =>
      write(store, 'awaitedLogins', (trx) => awaitedLogins.noteLookedForLogins(trx, personIds, at)),

    openApproval: (approval) =>
      write(store, personLock(approval.personId), (trx) => approvals.openApproval(trx, approval)),
    listApprovals: (filter) => approvals.listApprovals(db, filter),

    closeGrant: (personId, entitlement, at) =>
      write(store, personLock(personId), (trx) => grants.closeGrant(trx, personId, entitlement, at)),
    listGrants: (filter) => grants.listGrants(db, filter),

    findAccount: (accountId) => accounts.findAccount(db, accountId),
    writeRoles: (rows, seenAt) => write(store, 'roles', (trx) => roles.writeRoles(trx, rows, seenAt)),
    sweepAccounts: (sweep) => scans.sweepAccounts(store, sweep),
    countRows: () => countRows(db),
    listAccounts: (filter) => accounts.listAccounts(db, filter),
    listRoles: () => roles.listRoles(db),

    writeTeams: (rows, seenAt) => write(store, 'teams', (trx) => teams.writeTeams(trx, rows, seenAt)),
    writeTeamMembers: (members) => write(store, 'teams', (trx) => teams.writeTeamMembers(trx, members)),
    listTeams: () => teams.listTeams(db),
    listTeamMembers: (filter) => teams.listTeamMembers(db, filter),
    serviceAccountIds: () => nhiLists.serviceAccountIds(db),
    writeNhis: (rows, seenAt) => write(store, 'nhis', (trx) => nhis.writeNhis(trx, rows, seenAt)),
    sweepNhis: (sweep) => write(store, 'nhis', (trx) => nhis.sweepNhis(trx, sweep)),
    sweepOwnerlessNhis: (kinds, at) => write(store, 'nhis', (trx) => nhis.sweepOwnerlessNhis(trx, kinds, at)),
    listNhis: (filter) => nhiLists.listNhis(db, filter),

    startSyncRun: (run) => write(store, 'syncRuns', (trx) => syncRuns.startSyncRun(trx, run)),
    finishSyncRun: (end) => write(store, 'syncRuns', (trx) => syncRuns.finishSyncRun(trx, end)),
    standingKinds: () => syncRuns.standingKinds(db),
    listSyncRuns: (limit) => syncRuns.listSyncRuns(db, limit),

    writeFindings: (page) => findings.writeFindings(store, page),
    listFindings: (filter, now) => findings.listFindings(db, filter, now),
    countOpenFindings: (now) => findings.countOpenFindings(db, now),
    readOrganization: (options) => facts.readOrganization(db, options),
    accountSnapshots: (after, limit) => facts.accountSnapshots(db, after, limit),
    personSnapshots: (after, limit) => facts.personSnapshots(db, after, limit),
    absenceSnapshots: (after, limit) => absences.absenceSnapshots(db, after, limit),
    keySnapshots: (after, limit) => facts.keySnapshots(db, after, limit),
    recordRepairs: (runId, people, at) =>
      write(store, 'repairs', (trx) => repairs.recordRepairs(trx, runId, people, at)),
    openQuarantine: (batch) => write(store, 'repairs', (trx) => repairs.openQuarantine(trx, batch)),
    listQuarantines: (limit) => repairs.listQuarantines(db, limit),
    unrepairedSubjects: (now) => repairs.unrepairedSubjects(db, now),
    withdrawQuarantine: (at) => write(store, 'repairs', (trx) => repairs.withdrawQuarantine(trx, at)),

    beginWrite: (open) => write(store, personLock(open.personId), (trx) => openWrites.beginWrite(trx, open)),
    refuseWrite: (key) => write(store, personLock(key.personId), (trx) => openWrites.refuseWrite(trx, key)),
    endWrite: (key, end) => write(store, evidenceLock, (trx) => openWrites.endWrite(trx, key, end)),
    giveUpWrite: (key, entry) => write(store, evidenceLock, (trx) => openWrites.giveUpWrite(trx, key, entry)),
    listOpenWrites: (personId) => openWrites.listOpenWrites(db, personId),

    listEvidence: (filter) => evidence.listEvidence(db, filter),
    verifyEvidence: (noted) => evidence.verifyEvidence(db, noted),

    findAlias: (identity) => aliases.findAlias(db, identity),
    bindAlias: (identity, given) => write(store, 'aliases', (trx) => aliases.bindAlias(trx, identity, given)),
    listAliases: (filter) => aliases.listAliases(db, filter),
    noteAbsences: (roster) => write(store, 'absences', (trx) => absences.noteAbsences(trx, roster)),
    listAbsences: (source) => absences.listAbsences(db, source),

    admitDisable: (leaver, budget) => write(store, 'changeBudget', (trx) => brakes.admitDisable(trx, leaver, budget)),
    previewDisable: (leaver, budget) => brakes.previewDisable(db, leaver, budget),
    observeDisable: (leaver, budget) =>
      write(store, 'changeBudget', (trx) => brakes.observeDisable(trx, leaver, budget)),
    listHeld: () => brakes.listHeld(db),
    takeLease: (name, holder, now, until) =>
      write(store, `lease/${name}`, (trx) => brakes.takeLease(trx, name, holder, now, until)),
    giveLeaseBack: (name, holder) => write(store, `lease/${name}`, (trx) => brakes.giveLeaseBack(trx, name, holder)),
    recordAccessBefore: (before) =>
      write(store, personLock(before.personId), (trx) => brakes.recordAccessBefore(trx, before)),
    findAccessBefore: (personId) => brakes.findAccessBefore(db, personId),

    knownEntitlementIds: (entitlements) => entitlementIds.knownEntitlementIds(db, entitlements),
    rememberEntitlementIds: (entitlements, at) =>
      write(store, 'entitlementIds', (trx) => entitlementIds.rememberEntitlementIds(trx, entitlements, at)),

    findScim: (by) => scim.findScim(db, by),
    listScim: (filter) => scim.listScim(db, filter),
    reserveScim: (row) => write(store, `scim/${row.source}`, (trx) => scim.reserveScim(trx, row)),
    writeScim: (row, given) => write(store, `scim/${row.source}`, (trx) => scim.writeScim(trx, row, given)),
    removeScim: (row) => write(store, `scim/${row.source}`, (trx) => scim.removeScim(trx, row)),
    scimGroupsOf: (source, memberId) => scim.scimGroupsOf(db, source, memberId),

    listTokens: () => tokens.listTokens(db),
    findToken: (by) => tokens.findToken(db, by),
  };
}
