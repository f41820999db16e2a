import { differingAttributes } from '../access/attributes.ts';
import type { Account, Entitlement, PersonAttributes } from '../model.ts';
import { fitName } from '../access/names.ts';
import { birthrightAccess, type Policy } from '../policy/rules.ts';
import { foldCase } from '../text.ts';
import type { Found } from './found.ts';

/** Drift: how Datadog differs from the policy and the record, for a person without an open process. */

export interface PersonSnapshot {
  readonly personId: string;
  readonly attributes: PersonAttributes;
  /** Folded: earlier addresses by HR, and those of accounts that were linked to the person. */
  readonly previousEmails: readonly string[];
  /** Absent where the person's account is gone. */
  readonly account?: Account;
  readonly accountId: string;
  /** Ids of the person's teams. */
  readonly teamIds: readonly string[];
  /** All open grants on record. */
  readonly grants: readonly GrantSnapshot[];
}

export interface GrantSnapshot {
  readonly kind: Entitlement['kind'];
  readonly id: string;
  readonly name: string;
  readonly reason: 'birthright' | 'request' | 'exception' | 'adopted' | 'preexisting';
  readonly since: string;
  /** Whether Muster assigned or adopted it: only then may Muster remove it. */
  readonly isManaged: boolean;
}

export interface DriftContext {
  readonly rules: Policy['rules'];
  readonly directory: EntitlementDirectory;
  readonly privilegedRoles: ReadonlyMap<string, string>;
  /** Subjects that were repaired too often and have drifted again. */
  readonly contested: ReadonlySet<string>;
}

/** Names and ids as of the last complete reading. */
export interface EntitlementDirectory {
  /** Undefined for a name that Datadog does not have, or has twice: that is no drift. */
  idOf(entitlement: Entitlement): string | undefined;
  nameOf(kind: Entitlement['kind'], id: string): string;
  /** Whether its members are managed outside of Datadog: it is never changed here. */
  isTeamManaged(id: string): boolean;
}

const driftSubject = (personId: string, what: string): string => `${personId}/${what}`;

/** The differences as findings. A contested grant prevents every repair of the person. */
export function driftFindings(snapshot: PersonSnapshot, context: DriftContext): readonly Found[] {
  const drift = snapshot.account === undefined ? [goneAccount(snapshot)] : driftOf(snapshot, snapshot.account, context);
  const isContested = ({ subject }: Found) => context.contested.has(subject);
  if (!drift.some(isContested)) return drift;
  const left = drift.map((one) => ({ ...one, isRepairable: false }));
  return [
    ...left,
    ...left.filter(isContested).map((one): Found => ({ ...one, kind: 'contestedGrant', severity: 'high' })),
  ];
}

function driftOf(snapshot: PersonSnapshot, account: Account, context: DriftContext): readonly Found[] {
  // Somebody disabled it for a reason that is unknown here: only a joiner event restores access, with an approval.
  if (account.status === 'disabled') return [altered(snapshot, account, 'status', 'active', account.status, false)];
  const changed = alteredAttributes(snapshot, account);
  // A Pending account holds nothing yet, and its onboarding is over: `pendingTooLong` says so.
  const access =
    account.status === 'pending' ? [] : [...missing(snapshot, account, context), ...excess(snapshot, account, context)];
  const found = [...changed, ...access];
  // An address that HR never sent may be another person's: nothing is repaired until somebody links the account.
  return isTheirAddress(snapshot, account) ? found : found.map((one) => ({ ...one, isRepairable: false }));
}

const isTheirAddress = ({ attributes, previousEmails }: PersonSnapshot, { email }: Account): boolean =>
  [foldCase(attributes.email), ...previousEmails].includes(foldCase(email));

interface Wanted extends Entitlement {
  readonly id: string;
  readonly because: string;
}

/** What the policy grants. Privileged roles and access on approval are wanted only where a grant is on record. */
function wantedBy({ attributes, grants }: PersonSnapshot, context: DriftContext): readonly Wanted[] {
  const { granted, onApproval } = birthrightAccess(context, attributes);
  const isOnRecord = (one: Wanted) => grants.some((grant) => grant.isManaged && keyOf(grant) === keyOf(one));
  const resolve = ({ kind, name }: Entitlement, because: string): Wanted[] => {
    const id = context.directory.idOf({ kind, name });
    return id === undefined ? [] : [{ kind, name, id, because }];
  };
  const needsApproval = ({ kind, id }: Wanted) => kind === 'role' && context.privilegedRoles.has(id);
  return [
    ...granted
      .flatMap((one) => resolve(one, `rule ${one.rules.join(', ')}`))
      .filter((one) => !needsApproval(one) || isOnRecord(one)),
    ...onApproval
      .flatMap(({ rule, entitlements }) => entitlements.flatMap((one) => resolve(one, `rule ${rule}, approved`)))
      .filter(isOnRecord),
  ];
}

function heldBy(
  { teamIds }: PersonSnapshot,
  { roleIds }: Account,
): readonly { kind: Entitlement['kind']; id: string }[] {
  return [
    ...roleIds.map((id) => ({ kind: 'role' as const, id })),
    ...teamIds.map((id) => ({ kind: 'team' as const, id })),
  ];
}

function missing(snapshot: PersonSnapshot, account: Account, context: DriftContext): readonly Found[] {
  const held = new Set(heldBy(snapshot, account).map(keyOf));
  const wanted = new Map(wantedBy(snapshot, context).map((one) => [keyOf(one), one]));
  return [...wanted.values()]
    .filter((one) => !held.has(keyOf(one)) && !isManagedTeam(one, context))
    .map((one) => {
      const grant = snapshot.grants.find((grant) => keyOf(grant) === keyOf(one));
      return drift(snapshot, 'driftMissing', 'medium', one, { because: one.because, givenAt: grant?.since }, true);
    });
}

function excess(snapshot: PersonSnapshot, account: Account, context: DriftContext): readonly Found[] {
  const wanted = new Set(wantedBy(snapshot, context).map(keyOf));
  return heldBy(snapshot, account)
    .filter((one) => !wanted.has(keyOf(one)) && !isManagedTeam(one, context))
    .map(({ kind, id }) => {
      const grant = snapshot.grants.find((grant) => grant.kind === kind && grant.id === id);
      const isManaged = grant?.isManaged === true;
      const isPrivileged = kind === 'role' && context.privilegedRoles.has(id);
      const entitlement = { kind, id, name: context.directory.nameOf(kind, id) };
      const evidence = {
        givenBy: isManaged ? 'Muster' : grant === undefined ? 'somebody else' : 'there before Muster',
      };
      return drift(snapshot, 'driftExcess', isPrivileged ? 'high' : 'medium', entitlement, evidence, isManaged);
    });
}

function drift(
  snapshot: PersonSnapshot,
  kind: 'driftMissing' | 'driftExcess',
  severity: Found['severity'],
  entitlement: Entitlement & { readonly id: string },
  evidence: Found['evidence'],
  isRepairable: boolean,
): Found {
  const what = `${entitlement.kind} ${entitlement.name}`;
  return {
    kind,
    subject: driftSubject(snapshot.personId, keyOf(entitlement)),
    scope: snapshot.personId,
    name: `${snapshot.attributes.email}: ${what}`,
    severity,
    personId: snapshot.personId,
    accountId: snapshot.accountId,
    evidence: { what, ...evidence },
    isRepairable,
  };
}

/** Attributes in which Datadog differs from HR. What HR does not say is left as it is. */
function alteredAttributes(snapshot: PersonSnapshot, account: Account): readonly Found[] {
  const { email, name, title } = differingAttributes(account, snapshot.attributes);
  const wanted = { email, name: fitName(name), title };
  return (['email', 'name', 'title'] as const).flatMap((field) => {
    const value = wanted[field];
    return value === undefined ? [] : [altered(snapshot, account, field, value, account[field], true)];
  });
}

function altered(
  { personId, attributes }: PersonSnapshot,
  account: Account,
  field: 'email' | 'name' | 'title' | 'status',
  wanted: string,
  actual: string,
  isRepairable: boolean,
): Found {
  return {
    kind: 'driftAltered',
    subject: driftSubject(personId, field),
    scope: personId,
    name: `${attributes.email}: ${field}`,
    severity: field === 'name' || field === 'title' ? 'low' : 'medium',
    personId,
    accountId: account.id,
    evidence: { field, wanted, actual },
    isRepairable,
  };
}

function goneAccount({ personId, attributes, accountId }: PersonSnapshot): Found {
  return {
    kind: 'driftMissing',
    subject: driftSubject(personId, 'account'),
    scope: personId,
    name: `${attributes.email}: account`,
    severity: 'medium',
    personId,
    accountId,
    evidence: { what: `account ${accountId}` },
    isRepairable: false,
  };
}

const keyOf = ({ kind, id }: { kind: string; id: string }): string => `${kind}:${id}`;
const isManagedTeam = ({ kind, id }: { kind: string; id: string }, { directory }: DriftContext): boolean =>
  kind === 'team' && directory.isTeamManaged(id);
