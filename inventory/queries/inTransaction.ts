/** What may be changed together with its link of evidence, with what has to be read for it. */

export { adoptPerson } from './adoption.ts';
export { writeAccounts } from './accounts.ts';
export { closeApproval, findApproval, recordDecision } from './approvals.ts';
export { bindAlias, sourcesNaming } from './aliases.ts';
export { forgetEntitlementId } from './entitlementIds.ts';
export { appendEvidence } from './evidence.ts';
export { muteFinding } from './findings.ts';
export { openGrant } from './grants.ts';
export { receiveEvent, withdrawEvent } from './intake.ts';
export { releaseHeld } from './changeBudget.ts';
export { findNhi } from './nhiLists.ts';
export { setNhiOwner } from './nhis.ts';
export { bindAccount, findPerson, linkAccount, unlinkAccount } from './people.ts';
export { endEvents, finishProcess } from './processes.ts';
export { policyOnRecord } from './policyInForce.ts';
export { pinMatching, setPin } from './pins.ts';
export { decideQuarantine } from './repairs.ts';
export { createToken, revokeToken } from './tokens.ts';
