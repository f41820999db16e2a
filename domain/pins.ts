import { matchesPattern } from './access/adoption.ts';
import type { ApproverSet } from './decision.ts';
import type { Account } from './model.ts';
import type { Policy } from './policy/rules.ts';
import { foldCase, isSameText } from './text.ts';

/**
 * Whom the names in a policy mean. An id names itself. An e-mail can be moved to somebody else, so it is resolved once, to
 * the id of a person or an account, and that is kept: a pin.
 */

/** What the policy names somebody for. */
export const pinUses = ['approver', 'emergency', 'ignored'] as const;
export type PinUse = (typeof pinUses)[number];

/** A name that the policy uses, and the places that use it, such as `rule sre`. */
export interface PolicyName {
  readonly use: PinUse;
  readonly name: string;
  readonly where: readonly string[];
}

/** A name as it is kept. Of a pattern the accounts are kept apart: it may mean many. */
export interface Pin {
  readonly use: PinUse;
  readonly name: string;
  /** A personId for an approver, an account id for an emergency account. Absent until there is one. */
  readonly id?: string;
  /** Since when the policy uses the name; with an id, since when it means that. */
  readonly since: string;
  /** The policy by which it was pinned, or first used. */
  readonly policyHash: string;
}

/** Somebody who has the e-mail now. */
export interface Holder {
  readonly id: string;
  /** They have had no other on record. */
  readonly isFirst: boolean;
}

/** Whom a name means. */
type Naming =
  | { readonly kind: 'pinned' | 'found'; readonly id: string }
  | { readonly kind: 'nobody' }
  /** Two or more have the e-mail: it names none of them. */
  | { readonly kind: 'several'; readonly ids: readonly string[] }
  /** Somebody has been given the e-mail after the policy used it: it may have been for the right that goes with it. */
  | { readonly kind: 'moved'; readonly id: string };

export interface PolicyNaming extends PolicyName {
  /** The policies so far did not use the name. */
  readonly isNew: boolean;
  readonly naming: Naming;
}

/** Ids of people and of accounts have no @. */
export const isAddress = (name: string): boolean => name.includes('@');

/** An e-mail regardless of case; an id exactly. */
export const pinName = (name: string): string => (isAddress(name) ? foldCase(name) : name.trim());

export const isSameName = (one: string, other: string): boolean => pinName(one) === pinName(other);

/** Whom a name means by what is known now. A pin stays, whoever has the e-mail. */
export function namingOf(pin: Pick<Pin, 'id'> | undefined, holders: readonly Holder[]): Naming {
  if (pin?.id !== undefined) return { kind: 'pinned', id: pin.id };
  const [holder, second] = holders;
  if (holder === undefined) return { kind: 'nobody' };
  if (second !== undefined) return { kind: 'several', ids: holders.map(({ id }) => id) };
  // A name that the policy has just begun to use means whoever has it; later somebody has to have come with it.
  return { kind: pin === undefined || holder.isFirst ? 'found' : 'moved', id: holder.id };
}

/** The e-mails of the policy. Patterns of ignored accounts are among them. */
export function policyNames({
  rules,
  approvals,
  protection,
  identity,
}: Pick<Policy, 'rules' | 'approvals' | 'protection' | 'identity'>): readonly PolicyName[] {
  const named: { use: PinUse; name: string; where: string }[] = [
    ...rules.flatMap(({ name: rule, approval }) => approversIn(approval, `rule ${rule}`)),
    ...approversIn(approvals.default, 'approvals.default'),
    ...protection.emergencyAccounts
      .filter(isAddress)
      .map((name) => ({ use: 'emergency' as const, name, where: 'protection.emergencyAccounts' })),
    ...identity.ignore.map((name) => ({ use: 'ignored' as const, name, where: 'identity.ignore' })),
  ];
  const groups = Map.groupBy(named, ({ use, name }) => `${use} ${pinName(name)}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [{ use: first.use, name: pinName(first.name), where: [...new Set(group.map(({ where }) => where))] }];
  });
}

function approversIn(approvers: ApproverSet | undefined, where: string) {
  if (approvers === undefined) return [];
  const names = [...approvers.people, ...approvers.fallback].filter(isAddress);
  return names.map((name) => ({ use: 'approver' as const, name, where }));
}

/** The accounts that have the e-mail. A service account may share that of a human, who is meant then. */
export function accountHolders(
  accounts: readonly Pick<Account, 'id' | 'email' | 'handle' | 'isServiceAccount'>[],
  email: string,
): readonly Holder[] {
  const holders = accounts.filter((account) => isSameText(account.email, email));
  const humans = holders.filter(({ isServiceAccount }) => !isServiceAccount);
  // Datadog keeps the first e-mail of a human's account as its handle.
  return (humans.length > 0 ? humans : holders).map(({ id, handle }) => ({ id, isFirst: isSameText(handle, email) }));
}

/** The accounts that the policy sets apart, by what was pinned. */
export interface PinnedAccounts {
  readonly emergencyIds: ReadonlySet<string>;
  /** Names of emergency accounts that no account was pinned to yet. */
  readonly emergencyNames: readonly string[];
  readonly ignoredIds: ReadonlySet<string>;
}

/**
 * Whether it is an emergency access account: by its id. Until one is pinned, one that has had the e-mail from its beginning
 * counts: an account that was given it later does not.
 */
export const isEmergencyAccount = (
  { id, email, handle }: Pick<Account, 'id' | 'email' | 'handle'>,
  { emergencyIds, emergencyNames }: Pick<PinnedAccounts, 'emergencyIds' | 'emergencyNames'>,
): boolean =>
  emergencyIds.has(id) || emergencyNames.some((name) => isSameText(name, email) && isSameText(name, handle));

/**
 * Whether the policy ignores it. That silences findings, so it takes both: the account was among those that matched when the
 * policy was accepted, and it still matches. One that moves into a pattern, or out of it, is seen.
 */
export const isIgnored = (
  { id, email }: Pick<Account, 'id' | 'email'>,
  ignore: readonly string[],
  { ignoredIds }: Pick<PinnedAccounts, 'ignoredIds'>,
): boolean => ignoredIds.has(id) && ignore.some((pattern) => matchesPattern(pattern, email));

/** What the policy's emergency accounts and ignored accounts are. */
export function pinnedAccounts(
  { protection }: Pick<Policy, 'protection'>,
  pins: readonly Pin[],
  ignoredIds: readonly string[],
): PinnedAccounts {
  const emergency = new Map(pins.filter(({ use }) => use === 'emergency').map(({ name, id }) => [name, id]));
  const ids = protection.emergencyAccounts.map((name) =>
    isAddress(name) ? emergency.get(pinName(name)) : name.trim(),
  );
  return {
    emergencyIds: new Set(ids.filter((id) => id !== undefined)),
    emergencyNames: protection.emergencyAccounts.filter((_, index) => ids[index] === undefined),
    ignoredIds: new Set(ignoredIds),
  };
}

/** Why a policy cannot be accepted. A name that was accepted earlier stays accepted: what others are given since stops nothing. */
export function refusalsOf(
  policy: Pick<Policy, 'rules' | 'approvals'>,
  namings: readonly PolicyNaming[],
): readonly string[] {
  const shared = namings.filter(({ isNew, naming }) => isNew && naming.kind === 'several');
  return [...shared.map(sharedBy), ...quorumsBeyond(policy, namings)];
}

const bearers = { approver: 'people', emergency: 'accounts', ignored: 'accounts' } as const;

function sharedBy({ use, name, where, naming }: PolicyNaming): string {
  const ids = naming.kind === 'several' ? naming.ids : [];
  return (
    `${where.join(', ')}: ${name} is the e-mail of ${ids.length} ${bearers[use]} (${ids.join(', ')}), so it names nobody: ` +
    `write the ${use === 'approver' ? 'personId' : 'account id'} of the one who is meant`
  );
}

/** Two names of one person are one approver. */
function quorumsBeyond(
  { rules, approvals }: Pick<Policy, 'rules' | 'approvals'>,
  namings: readonly PolicyNaming[],
): readonly string[] {
  const ids = new Map(
    namings.flatMap(({ use, name, naming }) =>
      use === 'approver' && 'id' in naming && naming.kind !== 'moved' ? [[name, naming.id] as const] : [],
    ),
  );
  const sets = [
    ...rules.map(({ name, approval }) => ({ where: `rule ${name}`, approval })),
    { where: 'approvals.default', approval: approvals.default },
  ];
  return sets.flatMap(({ where, approval }) => {
    if (approval === undefined) return [];
    const { people, manager, quorum } = approval;
    const distinct = new Set(people.map((name) => ids.get(pinName(name)) ?? pinName(name))).size + (manager ? 1 : 0);
    if (distinct >= quorum) return [];
    return [`${where}: quorum is ${quorum}, but its people are only ${distinct}: two of the names are one person's`];
  });
}

/** What should be known of a name that means nobody. */
export function warningOf(one: PolicyNaming): string | undefined {
  const { use, name, where, naming, isNew } = one;
  const places = where.join(', ');
  switch (naming.kind) {
    case 'several':
      return isNew ? undefined : sharedBy(one);
    case 'moved':
      return (
        `${places}: ${name} means nobody, since ${naming.id} was given it after the policy named it: ` +
        `\`npx muster policy pin ${use} ${name}\` if ${naming.id} is meant`
      );
    case 'nobody':
      if (use === 'ignored') return undefined;
      return use === 'approver'
        ? `${places}: no known person has the e-mail ${name}`
        : `${places}: no account has the e-mail ${name}`;
    case 'found':
    case 'pinned':
      return undefined;
  }
}
