/** What the inventory offers, by subject. What one transaction may do with its link of evidence stands in `inTransaction.ts`. */

export * from './inTransaction.ts';
export { absenceSnapshots, listAbsences, noteAbsences } from './absences.ts';
export { findAccount, listAccounts } from './accounts.ts';
export { bindAlias, findAlias, listAliases } from './aliases.ts';
export { listApprovals, openApproval } from './approvals.ts';
export { accountSnapshots, keySnapshots, personSnapshots, readOrganization } from './assessment.ts';
export { awaitLogin, listAwaitedLogins, noteLookedForLogins } from './awaitedLogins.ts';
export { countRows } from './counts.ts';
export { forgetDeliveries, isDelivered, recordDelivery } from './deliveries.ts';
export { knownEntitlementIds, rememberEntitlementIds } from './entitlementIds.ts';
export { listEvidence, verifyEvidence } from './evidence.ts';
export { countOpenFindings, listFindings, writeFindings } from './findings.ts';
export { closeGrant, listGrants } from './grants.ts';
export { personHistory } from './history.ts';
export { admitEvents, findEvent, receiveEvent, waitingEvents } from './intake.ts';
export { clearPending, listPending, recordInvitation } from './invitations.ts';
export { claimProbe, forgetRefusals, listKeyHealth, listOwedParts, recordProbe, reportRefusal } from './keyHealth.ts';
export {
  admitDisable,
  findAccessBefore,
  giveLeaseBack,
  listHeld,
  observeDisable,
  previewDisable,
  recordAccessBefore,
  takeLease,
} from './leavers.ts';
export { listNhis, serviceAccountIds } from './nhiLists.ts';
export { sweepNhis, sweepOwnerlessNhis, writeNhis } from './nhis.ts';
export { beginWrite, endWrite, giveUpWrite, listOpenWrites, refuseWrite } from './openWrites.ts';
export { findPeopleByEmail, listPeople, personBoundTo, recordProgress } from './people.ts';
export { listQuarantines, openQuarantine, recordRepairs, unrepairedSubjects, withdrawQuarantine } from './repairs.ts';
export { listRoles, writeRoles } from './roles.ts';
export { sweepAccounts } from './scans.ts';
export { findScim, listScim, removeScim, reserveScim, scimGroupsOf, writeScim } from './scim.ts';
export { finishSyncRun, listSyncRuns, standingKinds, startSyncRun } from './syncRuns.ts';
export { listTeamMembers, listTeams, writeTeamMembers, writeTeams } from './teams.ts';
export { findToken, listTokens } from './tokens.ts';
