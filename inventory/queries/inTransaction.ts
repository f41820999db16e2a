/** What may be changed together with its link of evidence, with what has to be read for it. */

export { adoptPerson } from './adoption.ts';
export { writeAccounts } from './accounts.ts';
export { findAccessBefore, recordAccessBefore } from './accessBefore.ts';
export { attestationsOf, closeApproval, findApproval, recordDecision } from './approvals.ts';
export { attributesAt, employmentAt, statementsOf } from './facts.ts';
export { forgetEntitlementId, knownEntitlementIds } from './entitlementIds.ts';
export { appendEvidence, countEvidence, hasEvidence } from './evidence.ts';
export { bindAlias, sourcesNaming } from './aliases.ts';
export { muteFinding } from './findings.ts';
export { listGrants, openGrant } from './grants.ts';
export { eventsOf, findEvent, receiveEvent, withdrawEvent } from './intake.ts';
export { isAdmitted, releaseHeld } from './changeBudget.ts';
export { findNhi } from './nhiLists.ts';
export { setNhiOwner } from './nhis.ts';
export { beginWrite, listOpenWrites } from './openWrites.ts';
export { bindAccount, findPeopleByEmail, findPerson, holdPerson, linkAccount, unlinkAccount } from './people.ts';
export { endEvents, finishProcess } from './processes.ts';
export { policyOnRecord } from './policyInForce.ts';
export { pinMatching, setPin } from './pins.ts';
export { decideQuarantine } from './repairs.ts';
export {
  buryScim,
  countUnknownScim,
  findOwedScim,
  findScim,
  listScim,
  lockScim,
  oweScim,
  oweScimReports,
  removeScim,
  scimGroupsOf,
  settleScim,
  writeScim,
  writeScimMembers,
} from './scim.ts';
export { replacePerson } from './replacement.ts';
export { decideRefusal, findRefusal, listRefusals, refuseItem, refuseItems } from './refusals.ts';
export { createToken, findToken, revokeToken } from './tokens.ts';
