import type { Found, FindingThresholds, Severity } from './catalog.ts';
import type { Account, Employment } from '../model.ts';
import { matchesPattern } from '../access/adoption.ts';
import { isInDomains, type Policy } from '../policy/rules.ts';
import { domainOf, foldCase } from '../text.ts';

/** One account with what the inventory knows of its person. */
export interface AccountSnapshot {
  readonly account: Account;
  readonly isGone: boolean;
  /** When Muster first saw it. */
  readonly firstSeenAt: string;
  readonly person?: { readonly personId: string; readonly employment: Employment };
  /** Since when their access should have ended. */
  readonly overdueSince?: string;
  /** Whose it was, where it is nobody's now. */
  readonly formerPersonId?: string;
  /** Declared with `inventory nhis --set-owner`, and has left. */
  readonly leftOwnerId?: string;
  /** Roles for which an approval is on record. */
  readonly approvedRoleIds: readonly string[];
}

export interface AccountContext {
  readonly nowMs: number;
  readonly thresholds: FindingThresholds;
  /** Names by role id, of roles that are privileged. */
  readonly privilegedRoles: ReadonlyMap<string, string>;
  readonly identity: Pick<Policy['identity'], 'allowedDomains' | 'ignore'>;
  /** Folded e-mails and account ids: nobody's, idle and privileged by intent. */
  readonly emergencyAccounts: ReadonlySet<string>;
  /** Domains for which a complete roster was applied: there, who is not on it is worth a finding each. */
  readonly completeDomains: ReadonlySet<string>;
  /** Whether Datadog tells the last login at all: older sites say it of nobody. */
  readonly isLoginReported: boolean;
}

type Check = (facts: AccountSnapshot, context: AccountContext) => readonly Found[];

/** Everything worth a look at one account. An account that is gone or disabled can do no harm by itself. */
export function accountFindings(facts: AccountSnapshot, context: AccountContext): readonly Found[] {
  if (facts.isGone || facts.account.status === 'disabled') return [];
  const { isServiceAccount } = facts.account;
  const isEmergency = isEmergencyAccount(facts.account, context);
  const checks = isServiceAccount ? serviceAccountChecks : isEmergency ? [secondFactor] : humanChecks;
  return checks.flatMap((check) => check(facts, context));
}

const humanChecks: readonly Check[] = [belonging, leaver, lastLogin, secondFactor, acceptance, privileges];
const serviceAccountChecks: readonly Check[] = [ownerless, privileges];

function found(
  facts: AccountSnapshot,
  kind: Found['kind'],
  severity: Severity,
  evidence: Found['evidence'],
  subject = facts.account.id,
): Found {
  const { account, person } = facts;
  return {
    kind,
    subject,
    scope: account.id,
    name: account.isServiceAccount ? account.name : account.email,
    severity,
    accountId: account.id,
    ...(person === undefined ? {} : { personId: person.personId }),
    evidence: { status: account.status, ...evidence },
  };
}

/**
 * A person's of ours, by the policy, and nobody is known whose. In a domain without a complete roster it is only counted, in
 * one summary.
 */
export function isUncorrelated(
  { account, isGone, person, formerPersonId }: AccountSnapshot,
  { identity }: Pick<AccountContext, 'identity'>,
): boolean {
  const isInUse = !isGone && !account.isServiceAccount && account.status !== 'disabled';
  // Accounts outside of the domains are somebody else's people, and never on the roster.
  const isPersons =
    isInDomains(identity.allowedDomains, account.email) &&
    !identity.ignore.some((pattern) => matchesPattern(pattern, account.email));
  return isInUse && isPersons && person === undefined && formerPersonId === undefined;
}

export const isEmergencyAccount = (
  { id, email }: Pick<Account, 'id' | 'email'>,
  { emergencyAccounts }: Pick<AccountContext, 'emergencyAccounts'>,
): boolean => emergencyAccounts.has(id) || emergencyAccounts.has(foldCase(email));

/** One finding for all of them, by how many accounts of which domain. */
export function uncorrelatedSummary(byDomain: ReadonlyMap<string, number>): readonly Found[] {
  if (byDomain.size === 0) return [];
  const domains = [...byDomain].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const accounts = domains.reduce((sum, [, count]) => sum + count, 0);
  return [
    {
      kind: 'uncorrelatedAccounts',
      subject: 'accounts',
      scope: 'accounts',
      name: `${accounts} accounts`,
      severity: 'low',
      evidence: { accounts, domains: domains.slice(0, 20).map(([domain, count]) => `${domain}: ${count}`) },
    },
  ];
}

function belonging(facts: AccountSnapshot, context: AccountContext): readonly Found[] {
  const { account, formerPersonId } = facts;
  if (facts.person === undefined && formerPersonId !== undefined) {
    return [found(facts, 'orphanedAccount', 'high', { formerPersonId })];
  }
  if (!isUncorrelated(facts, context) || !context.completeDomains.has(domainOf(account.email))) return [];
  return [found(facts, 'uncorrelatedAccount', 'medium', { firstSeenAt: facts.firstSeenAt })];
}

function leaver(facts: AccountSnapshot): readonly Found[] {
  const { person, overdueSince } = facts;
  if (person?.employment === 'left') return [found(facts, 'leaverStillActive', 'critical', { employment: 'left' })];
  if (overdueSince === undefined) return [];
  return [found(facts, 'leaverStillActive', 'critical', { accessShouldHaveEndedAt: overdueSince })];
}

function lastLogin(facts: AccountSnapshot, context: AccountContext): readonly Found[] {
  const { status, lastLoginAt, createdAt } = facts.account;
  if (status !== 'active') return [];
  if (lastLoginAt !== undefined) {
    const isDormant = isOlder(lastLoginAt, context.thresholds.dormantAfterMs, context.nowMs);
    return isDormant ? [found(facts, 'dormantAccount', 'medium', { lastLoginAt })] : [];
  }
  const isNever = context.isLoginReported && isOlder(createdAt, context.thresholds.neverLoggedInAfterMs, context.nowMs);
  return isNever && createdAt !== undefined ? [found(facts, 'neverLoggedIn', 'low', { createdAt })] : [];
}

/** Only where a password login is possible, and Datadog says that there is no second factor: unknown is no finding. */
function secondFactor(facts: AccountSnapshot, { privilegedRoles }: AccountContext): readonly Found[] {
  const { status, mfaEnabled, allowedLoginMethods, roleIds } = facts.account;
  const isOff = mfaEnabled === false && allowedLoginMethods?.includes('standard') === true;
  if (status !== 'active' || !isOff) return [];
  const isPrivileged = roleIds.some((id) => privilegedRoles.has(id));
  const evidence = { allowedLoginMethods, isPrivileged };
  return [found(facts, 'mfaOff', isPrivileged ? 'high' : 'medium', evidence)];
}

function acceptance(facts: AccountSnapshot, { thresholds, nowMs }: AccountContext): readonly Found[] {
  const since = facts.account.createdAt ?? facts.firstSeenAt;
  if (facts.account.status !== 'pending' || !isOlder(since, thresholds.pendingAfterMs, nowMs)) return [];
  return [found(facts, 'pendingTooLong', 'low', { createdAt: since })];
}

function privileges(facts: AccountSnapshot, { privilegedRoles }: AccountContext): readonly Found[] {
  const { account, approvedRoleIds } = facts;
  const kind = account.isServiceAccount ? 'privilegedServiceAccount' : 'privilegedWithoutApproval';
  return account.roleIds.flatMap((roleId) => {
    const role = privilegedRoles.get(roleId);
    if (role === undefined || approvedRoleIds.includes(roleId)) return [];
    return [found(facts, kind, 'high', { role, roleId }, `${account.id}/role:${roleId}`)];
  });
}

function ownerless(facts: AccountSnapshot): readonly Found[] {
  const { leftOwnerId } = facts;
  return leftOwnerId === undefined ? [] : [found(facts, 'orphanedServiceAccount', 'high', { ownerId: leftOwnerId })];
}

/** Whether it lies at least so long in the past; what is not known, or no date, does not. */
export function isOlder(at: string | undefined, ageMs: number, nowMs: number): boolean {
  return at !== undefined && nowMs - Date.parse(at) >= ageMs;
}
