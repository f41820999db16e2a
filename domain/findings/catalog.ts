import type { FoundAt, KindOfFinding } from './kinds.ts';

/** Findings that people should check, each with a stable subject: opened once, and closed when its cause is gone. */

export const findingKinds = {
  uncorrelatedAccounts: {
    foundAt: 'organization',
    severity: 'low',
    title: 'accounts that belong to nobody known',
    advice: 'send joiner events or a roster; `npx muster person link ID --account UUID` settles single ones',
    needs: ['accounts'],
  },
  uncorrelatedAccount: {
    foundAt: 'account',
    severity: 'medium',
    title: 'account that belongs to nobody of the roster',
    advice: 'find its person: link it with `npx muster person link ID --account UUID`, or disable it in Datadog',
    needs: ['accounts'],
  },
  orphanedAccount: {
    foundAt: 'account',
    severity: 'high',
    title: 'account whose person is gone',
    advice: 'it belonged to a person once and to nobody now: link it to its person, or disable it in Datadog',
    needs: ['accounts'],
  },
  orphanedServiceAccount: {
    foundAt: 'account',
    severity: 'high',
    title: 'service account whose owner has left',
    advice: 'name its new owner with `npx muster inventory nhis --set-owner`, or disable it in Datadog',
    owasp: 'NHI1:2025',
    needs: ['accounts'],
  },
  leaverStillActive: {
    foundAt: 'account',
    severity: 'critical',
    title: 'person who has left and still has an account in use',
    advice: 'see `npx muster person show ID`; `npx muster person retry ID` takes the access away',
    needs: ['accounts'],
  },
  leaverNotEnded: {
    foundAt: 'leave',
    severity: 'critical',
    title: 'leaver whose access has not ended',
    advice:
      'see `npx muster person show ID`: mend what it waits for, then `npx muster person retry ID`; where that takes long, disable the account in Datadog now',
    needs: [],
  },
  strangeInventory: {
    foundAt: 'engine',
    severity: 'critical',
    title: 'inventory that this namespace does not know',
    advice:
      'stop this worker and start it with the inventory that was in use; where that one is lost, `npx muster inventory accept --reason TEXT`',
    needs: [],
  },
  runFailing: {
    foundAt: 'engine',
    severity: 'high',
    title: 'process that fails again and again',
    advice: 'see its failed workflow task in the Temporal UI, and run a version of Muster that replays it',
    needs: [],
  },
  syncStopped: {
    foundAt: 'engine',
    severity: 'high',
    title: 'sync that does not run, or does not end',
    advice:
      '`npx muster schedule apply` creates a missing schedule, `npx muster sync resume` ends a pause, `npx muster sync run` runs one now and says why it fails; terminate a run that does not end in the Temporal UI, the next one begins by itself',
    needs: [],
  },
  workersAway: {
    foundAt: 'engine',
    severity: 'critical',
    title: 'work that no worker asks for',
    advice: 'start a worker again, and see its log for why it ended: what waits goes on then by itself',
    needs: [],
  },
  policyRefused: {
    foundAt: 'engine',
    severity: 'high',
    title: 'policy file that was changed and is not taken over',
    advice:
      'the policy from before stays in force: `npx muster doctor` says who refuses the file and why; mend it, and it is taken over within seconds',
    needs: [],
  },
  policiesDiffer: {
    foundAt: 'engine',
    severity: 'high',
    title: 'processes that follow different policies',
    advice:
      'what becomes of a person depends on which of them does the work: give all of them the same file; `npx muster doctor` names them',
    needs: [],
  },
  writeNotOwed: {
    foundAt: 'write',
    severity: 'critical',
    title: 'write to Datadog that was refused, since the record does not owe it',
    advice:
      'nothing was written. Somebody resets runs, or calls activities with a worker of their own: see `npx muster audit list --person ID` for what and when, and check who reaches the Temporal namespace; where the policy was changed in that minute, `npx muster person retry ID` is enough',
    needs: [],
  },
  dormantAccount: {
    foundAt: 'account',
    severity: 'medium',
    title: 'account that has not been used for a long time',
    advice: 'ask the person or the manager whether the access is still needed',
    needs: ['accounts'],
  },
  neverLoggedIn: {
    foundAt: 'account',
    severity: 'low',
    title: 'active account that nobody ever logged in to',
    advice: 'ask whether the access is needed, and how the account became active',
    needs: ['accounts'],
  },
  mfaOff: {
    foundAt: 'account',
    severity: 'medium',
    title: 'password login without a second factor',
    advice: 'have the person turn on MFA, or allow only single sign-on in Datadog',
    needs: ['accounts'],
  },
  pendingTooLong: {
    foundAt: 'account',
    severity: 'low',
    title: 'invitation that was never accepted',
    advice: 'send a joiner event to invite again, or disable the account in Datadog',
    needs: ['accounts'],
  },
  privilegedWithoutApproval: {
    foundAt: 'account',
    severity: 'high',
    title: 'privileged role without an approval on record',
    advice: 'have it approved by a policy rule with `approval`, or remove the role in Datadog',
    needs: ['accounts', 'roles'],
  },
  privilegedServiceAccount: {
    foundAt: 'account',
    severity: 'high',
    title: 'service account with a privileged role',
    advice: 'give it a role with no more than it needs; mute the finding with the reason where it must have this one',
    owasp: 'NHI5:2025',
    needs: ['accounts', 'roles'],
  },
  missingFromHr: {
    foundAt: 'roster',
    severity: 'medium',
    title: 'person whom HR no longer names',
    advice:
      'ask HR: `npx muster leaver --person-id ID` ends the access of a person who has left; a person who is still there has to be in the next complete roster; `roster.absence` in the policy lets them leave after some days',
    needs: [],
  },
  refusedByIntake: {
    foundAt: 'intake',
    severity: 'medium',
    title: 'something that HR said and Muster could not take',
    advice:
      'see `npx muster intake refused list` for each with its reason: have it corrected and sent again, or `npx muster intake refused retry ID` once the policy reads it; `npx muster intake refused drop ID --reason TEXT` takes it off the list',
    needs: [],
  },
  sourcesDisagree: {
    foundAt: 'statement',
    severity: 'medium',
    title: 'person of whom the sources say different things',
    advice:
      'the highest source of identity.authority has the word: see `npx muster events list --person ID`, and have the wrong one put right; identity.mayEndEmployment and mayAdd of a source give it a word',
    needs: [],
  },
  driftMissing: {
    foundAt: 'person',
    severity: 'medium',
    title: 'access that the policy grants and the account does not have',
    advice: '`npx muster person retry ID` grants it again; `sync.drift: repair` does so by itself',
    needs: ['accounts', 'roles'],
  },
  driftExcess: {
    foundAt: 'person',
    severity: 'medium',
    title: 'access that the policy does not grant',
    advice:
      'what Muster granted goes with `npx muster person retry ID`; anything else: remove it in Datadog, or grant it by a rule',
    needs: ['accounts', 'roles'],
  },
  driftAltered: {
    foundAt: 'person',
    severity: 'low',
    title: 'account that was changed manually',
    advice:
      '`npx muster person retry ID` sets e-mail, name and title; where the e-mail never came from HR, first link the account with `npx muster person link ID --account UUID`; an account disabled manually comes back by a joiner event, with an approval',
    needs: ['accounts', 'roles'],
  },
  contestedGrant: {
    foundAt: 'person',
    severity: 'high',
    title: 'repair that does not last',
    advice:
      'repaired three times in a week and changed again: find out who or what undoes it; Muster leaves this person alone until the drift is gone',
    needs: ['accounts', 'roles'],
  },
  repairsHeld: {
    foundAt: 'organization',
    severity: 'high',
    title: 'repairs that wait for a decision',
    advice:
      'more has drifted than may be repaired at once: see `npx muster sync status`, then `sync allow` or `sync reject`',
    needs: ['accounts', 'roles'],
  },
  removalsHeld: {
    foundAt: 'organization',
    severity: 'high',
    title: 'people who would lose something above the change budget',
    advice:
      'see `npx muster held list`, then `npx muster held release ID --reason TEXT` or `npx muster held reject ID --reason TEXT`, or `--batch` for all',
    needs: [],
  },
  duplicateRoleName: {
    foundAt: 'organization',
    severity: 'medium',
    title: 'two roles with one name',
    advice:
      'rename one of them in Datadog: the policy names roles, and a role with an ambiguous name is granted to nobody',
    needs: ['roles'],
  },
  samlMappingUndoesRole: {
    foundAt: 'organization',
    severity: 'medium',
    title: 'role that the next SAML login takes away',
    advice:
      'Datadog has login mappings and none grants this role: add a mapping in Datadog, or grant the role by the identity provider alone',
    needs: ['accounts', 'roles', 'authnMapping'],
  },
  apiKeyCreatorDisabled: {
    foundAt: 'key',
    severity: 'high',
    title: 'API key that outlived its creator',
    advice:
      'the key still works: find what uses it, replace it by the key of a service account or another owner, then revoke it',
    owasp: 'NHI1:2025',
    needs: ['accounts'],
  },
  applicationKeyOwnerDisabled: {
    foundAt: 'key',
    severity: 'high',
    title: 'application key whose owner is disabled',
    advice: 'revoke it; what used it needs the key of a service account',
    owasp: 'NHI1:2025',
    needs: ['accounts'],
  },
  keyUnused: {
    foundAt: 'key',
    severity: 'low',
    title: 'key that nobody uses',
    advice: 'revoke it',
    owasp: 'NHI1:2025',
    needs: [],
  },
  keyTooOld: {
    foundAt: 'key',
    severity: 'medium',
    title: 'key that has not been renewed for a long time',
    advice: 'make a new key, put it in place, revoke the old one',
    owasp: 'NHI7:2025',
    needs: [],
  },
  applicationKeyUnscoped: {
    foundAt: 'key',
    severity: 'medium',
    title: 'application key with all permissions of its owner',
    advice: 'replace it by a key with the scopes that are needed',
    owasp: 'NHI5:2025',
    needs: [],
  },
  keyLeaked: {
    foundAt: 'key',
    severity: 'critical',
    title: 'key that Datadog has found in public',
    advice: 'revoke it now, put a new one in place, and remove it from where it was published',
    owasp: 'NHI2:2025',
    needs: [],
  },
  keyUsedWhileOwnerAway: {
    foundAt: 'key',
    severity: 'high',
    title: 'application key in use while its owner is away',
    advice: 'a program or somebody else has it: ask the owner, and replace it by a key of a service account',
    owasp: 'NHI2:2025',
    needs: ['accounts'],
  },
} as const satisfies Record<string, KindOfFinding>;

export type FindingKind = keyof typeof findingKinds;
export const findingKindNames = Object.keys(findingKinds) as readonly FindingKind[];
export const kindsFoundAt = (where: FoundAt): readonly FindingKind[] =>
  findingKindNames.filter((kind) => findingKinds[kind].foundAt === where);

/** The catalog's entry, with its optional fields. */
export const catalogEntry = (kind: FindingKind): KindOfFinding => findingKinds[kind];
