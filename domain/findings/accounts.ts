import { catalogEntry } from './catalog.ts';
import type { Account, Employment } from '../model.ts';
import { isInDomains, type Policy } from '../policy/rules.ts';
import { isEmergencyAccount, isIgnored, type PinnedAccounts } from '../pins.ts';
import { domainOf } from '../text.ts';
import type { FindingThresholds, Found } from './found.ts';

/** One account with what the inventory knows of its person. */
export interface AccountSnapshot {
  readonly account: Account;
  readonly isGone: boolean;
  /** When Muster first saw it. */
  readonly firstSeenAt: string;
  readonly person?: { readonly personId: string; readonly employment: Employment };
  /** Whether their leave is on record and has not ended their access yet: a finding of its own. */
  readonly isLeaving?: boolean;
  /** The person whose account it was, where it is nobody's now. */
  readonly formerPersonId?: string;
  /** The owner declared with `inventory nhis --set-owner`, if they have left. */
  readonly leftOwnerId?: string;
  /** Roles for which an approval is on record. */
  readonly approvedRoleIds: readonly string[];
}

/** Emergency accounts are unowned, idle and privileged on purpose. */
export interface AccountContext extends PinnedAccounts {
  readonly nowMs: number;
  readonly thresholds: FindingThresholds;
  /** Names by role id, of roles that are privileged. */
  readonly privilegedRoles: ReadonlyMap<string, string>;
  readonly identity: Pick<Policy['identity'], 'allowedDomains' | 'ignore'>;
  /** Domains with a complete roster: there, each account that is not on it is a finding of its own. */
  readonly completeDomains: ReadonlySet<string>;
  /** Whether Datadog reports the last login at all: some sites do so for nobody. */
  readonly isLoginReported: boolean;
}

type Check = (snapshot: AccountSnapshot, context: AccountContext) => readonly Found[];

/** The findings about one account. An account that is gone or disabled can do no harm by itself. */
export function accountFindings(snapshot: AccountSnapshot, context: AccountContext): readonly Found[] {
  if (snapshot.isGone || snapshot.account.status === 'disabled') return [];
  const { isServiceAccount } = snapshot.account;
  const isEmergency = isEmergencyAccount(snapshot.account, context);
  const checks = isServiceAccount ? serviceAccountChecks : isEmergency ? [secondFactor] : humanChecks;
  return checks.flatMap((check) => check(snapshot, context));
}

const humanChecks: readonly Check[] = [belonging, leaver, lastLogin, secondFactor, acceptance, privileges];
const serviceAccountChecks: readonly Check[] = [ownerless, privileges];

function found(
  snapshot: AccountSnapshot,
  kind: Found['kind'],
  evidence: Found['evidence'],
  {
    subject = snapshot.account.id,
    severity = catalogEntry(kind).severity,
  }: Partial<Pick<Found, 'subject' | 'severity'>> = {},
): Found {
  const { account, person } = snapshot;
  return {
    kind,
    subject,
    scope: account.id,
    name: account.isServiceAccount ? account.name : account.email,
    severity,
    accountId: account.id,
    personId: person?.personId,
    evidence: { status: account.status, ...evidence },
  };
}

/**
 * Whether the account should belong to a person of ours, by the policy, and to nobody known does. Where its domain has no
 * complete roster it is only counted in a summary.
 */
export function isUncorrelated(
  { account, isGone, person, formerPersonId }: AccountSnapshot,
  { identity, ignoredIds }: Pick<AccountContext, 'identity' | 'ignoredIds'>,
): boolean {
  const isInUse = !isGone && !account.isServiceAccount && account.status !== 'disabled';
  // Accounts outside of the domains belong to other organizations, and are never on the roster.
  const isPersons =
    isInDomains(identity.allowedDomains, account.email) && !isIgnored(account, identity.ignore, { ignoredIds });
  return isInUse && isPersons && person === undefined && formerPersonId === undefined;
}

/** One finding for all of them, with the number of accounts by domain. */
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

function belonging(snapshot: AccountSnapshot, context: AccountContext): readonly Found[] {
  const { account, formerPersonId } = snapshot;
  if (snapshot.person === undefined && formerPersonId !== undefined) {
    return [found(snapshot, 'orphanedAccount', { formerPersonId })];
  }
  if (!isUncorrelated(snapshot, context) || !context.completeDomains.has(domainOf(account.email))) return [];
  return [found(snapshot, 'uncorrelatedAccount', { firstSeenAt: snapshot.firstSeenAt })];
}

function leaver(snapshot: AccountSnapshot): readonly Found[] {
  const { person, isLeaving } = snapshot;
  if (person?.employment !== 'left' || isLeaving === true) return [];
  return [found(snapshot, 'leaverStillActive', { employment: 'left' })];
}

function lastLogin(snapshot: AccountSnapshot, context: AccountContext): readonly Found[] {
  const { status, lastLoginAt, createdAt } = snapshot.account;
  if (status !== 'active') return [];
  if (lastLoginAt !== undefined) {
    const isDormant = isOlder(lastLoginAt, context.thresholds.dormantAfterMs, context.nowMs);
    return isDormant ? [found(snapshot, 'dormantAccount', { lastLoginAt })] : [];
  }
  const isNever = context.isLoginReported && isOlder(createdAt, context.thresholds.neverLoggedInAfterMs, context.nowMs);
  return isNever && createdAt !== undefined ? [found(snapshot, 'neverLoggedIn', { createdAt })] : [];
}

/** Only where a password login is possible and Datadog says that there is no second factor: unknown is no finding. */
function secondFactor(snapshot: AccountSnapshot, { privilegedRoles }: AccountContext): readonly Found[] {
  const { status, mfaEnabled, allowedLoginMethods, roleIds } = snapshot.account;
  const isOff = mfaEnabled === false && allowedLoginMethods?.includes('standard') === true;
  if (status !== 'active' || !isOff) return [];
  const isPrivileged = roleIds.some((id) => privilegedRoles.has(id));
  const evidence = { allowedLoginMethods, isPrivileged };
  return [found(snapshot, 'mfaOff', evidence, isPrivileged ? { severity: 'high' } : {})];
}

function acceptance(snapshot: AccountSnapshot, { thresholds, nowMs }: AccountContext): readonly Found[] {
  const since = snapshot.account.createdAt ?? snapshot.firstSeenAt;
  if (snapshot.account.status !== 'pending' || !isOlder(since, thresholds.pendingAfterMs, nowMs)) return [];
  return [found(snapshot, 'pendingTooLong', { createdAt: since })];
}

function privileges(snapshot: AccountSnapshot, { privilegedRoles }: AccountContext): readonly Found[] {
  const { account, approvedRoleIds } = snapshot;
  const kind = account.isServiceAccount ? 'privilegedServiceAccount' : 'privilegedWithoutApproval';
  return account.roleIds.flatMap((roleId) => {
    const role = privilegedRoles.get(roleId);
    if (role === undefined || approvedRoleIds.includes(roleId)) return [];
    return [found(snapshot, kind, { role, roleId }, { subject: `${account.id}/role:${roleId}` })];
  });
}

function ownerless(snapshot: AccountSnapshot): readonly Found[] {
  const { leftOwnerId } = snapshot;
  return leftOwnerId === undefined ? [] : [found(snapshot, 'orphanedServiceAccount', { ownerId: leftOwnerId })];
}

/** Whether it lies at least `ageMs` in the past; false for what is unknown or no date. */
export function isOlder(at: string | undefined, ageMs: number, nowMs: number): boolean {
  return at !== undefined && nowMs - Date.parse(at) >= ageMs;
}
