/** What the inventory offers, by subject. What one transaction may do with its link of evidence stands in `inTransaction.ts`. */

export * from './inTransaction.ts';
export { findAccount, listAccounts } from './accounts.ts';
export { sweepAccounts } from './accountScans.ts';
export { findAlias, findAliases, listAliases } from './aliases.ts';
export {
  endSubmission,
  findSubmission,
  lapseDecisions,
  listApprovals,
  openApproval,
  submitDecision,
} from './approvals.ts';
export { statementSnapshots } from './facts.ts';
export { awaitLogin, listAwaitedLogins, noteLookedForLogins } from './awaitedLogins.ts';
export { admitRemoval, listHeld, observeRemoval, previewRemoval, roomInBudget, sparedPeople } from './changeBudget.ts';
export { countRows } from './counts.ts';
export { claimDelivery, forgetDeliveries, recordDelivery } from './deliveries.ts';
export { rememberEntitlementIds } from './entitlementIds.ts';
export { hasCreated, listEvidence } from './evidence.ts';
export { evidenceHead, findMark, holdsLink, linksAfter, setMark } from './evidenceMarks.ts';
export { missingGuards } from '../database/guards.ts';
export { verifyEvidence } from './evidenceCheck.ts';
export { countOpenFindings, listFindings, writeFindings } from './findings.ts';
export { approvalAges, countFindings, countPhases, lastSyncEnd } from './figures.ts';
export { closeGrant } from './grants.ts';
export { personHistory } from './history.ts';
export {
  findEvents,
  leaversTakenUp,
  peopleNotTakenUp,
  peopleTakenUp,
  receiveEvents,
  recordFetched,
  waitingEvents,
} from './intake.ts';
export { differenceFrom, readMark } from './identity.ts';
export { forgetInstance, listInstances, reportInstance } from './instances.ts';
export { clearPending, listPending, recordInvitation } from './invitations.ts';
export { claimProbe, forgetRefusals, listKeyHealth, listOwedParts, recordProbe, reportRefusal } from './keyHealth.ts';
export { releaseLease, takeLease } from './leases.ts';
export { closeLeaves, openLeaves } from './leaves.ts';
export { readMailbox } from './mailbox.ts';
export { listNhis, serviceAccountIds } from './nhiLists.ts';
export { sweepNhis, sweepOwnerlessNhis, writeNhis } from './nhis.ts';
export { endWrite, giveUpWrite, refuseWrite } from './openWrites.ts';
export { readOrganization } from './organization.ts';
export { clearTrouble, listPeople, personBoundTo, recordProgress, recordTrouble } from './people.ts';
export { findPin, holdersOf, listIgnoredAccounts, listPins, pinNames } from './pins.ts';
export { forgetRefusedPayloads, openRefusals, refusedPayload, takeUntoldRefusals } from './refusals.ts';
export { listQuarantines, openQuarantine, recordRepairs, unrepairedSubjects, withdrawQuarantine } from './repairs.ts';
export { listRoles, writeRoles } from './roles.ts';
export { absenceSnapshots, listAbsences, noteAbsences } from './rosterAbsences.ts';
export { otherScimIds, oweAwaitingScim, owedScim } from './scim.ts';
export { accountSnapshots, keySnapshots, personSnapshots } from './snapshots.ts';
export { finishSyncRun, listSyncRuns, standingKinds, startSyncRun } from './syncRuns.ts';
export { listTeamMembers, listTeams, writeTeamMembers, writeTeams } from './teams.ts';
export { listTokens } from './tokens.ts';
