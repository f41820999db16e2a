import { foldCase } from '../text.ts';
import type { Account, Employment, Entitlement, PersonAttributes, ResolvedEntitlement } from '../model.ts';
import { birthrightAccess, isInDomains, type Policy } from '../policy/rules.ts';

/** Somebody of the people table, or of a roster. */
export interface Candidate {
  readonly personId: string;
  readonly attributes: PersonAttributes;
  readonly employment: Employment;
  readonly accountId?: string;
}

/** An account with the names of what it holds. */
export interface HeldAccount extends Pick<Account, 'id' | 'email' | 'handle' | 'status' | 'isServiceAccount'> {
  readonly holds: readonly ResolvedEntitlement[];
}

/** What stays as it is: see it, and decide. */
export interface AdoptionPlan {
  readonly matches: readonly AdoptionMatch[];
  readonly ambiguous: readonly { readonly what: string; readonly why: string }[];
  readonly unmatchedPeople: readonly { readonly personId: string; readonly email: string }[];
  readonly unmatchedAccounts: readonly Listed[];
  readonly external: readonly Listed[];
  readonly machines: readonly Listed[];
}

interface AdoptionMatch {
  readonly personId: string;
  readonly accountId: string;
  readonly email: string;
  readonly status: Account['status'];
  /** The account is theirs already. */
  readonly isBound: boolean;
  readonly holds: readonly (ResolvedEntitlement & {
    /** Whether the policy in force grants it to them; what it does not grant is excess. */
    readonly isGiven: boolean;
  })[];
}

type Listed = Pick<Account, 'id' | 'email' | 'status'>;

interface AdoptionInput {
  readonly people: readonly Candidate[];
  readonly accounts: readonly HeldAccount[];
  /** Account ids to the ids of the people who have them: of everybody, also of those who are not to be adopted now. */
  readonly bound: ReadonlyMap<string, string>;
  readonly policy: Pick<Policy, 'rules' | 'identity'>;
}

/** Matches people to accounts: by the bound account, else by exactly the same e-mail where that is one account and one person. */
export function planAdoption({ people, accounts, bound: boundTo, policy }: AdoptionInput): AdoptionPlan {
  const { allowedDomains, ignore } = policy.identity;
  const isMachine = ({ isServiceAccount, email }: HeldAccount) =>
    isServiceAccount || ignore.some((pattern) => matchesPattern(pattern, email));
  const machines = accounts.filter(isMachine);
  const humans = accounts.filter((account) => !isMachine(account));
  const external = humans.filter(({ email }) => !isInDomains(allowedDomains, email));
  const own = humans.filter((account) => !external.includes(account));
  const byId = new Map(own.map((account) => [account.id, account]));
  const byEmail = Map.groupBy(own, ({ email }) => foldCase(email));
  const byHandle = Map.groupBy(own, ({ handle }) => foldCase(handle));
  const namesakes = Map.groupBy(people, ({ attributes }) => foldCase(attributes.email));

  const matches: AdoptionMatch[] = [];
  const ambiguous: { what: string; why: string }[] = [];
  const unmatchedPeople: { personId: string; email: string }[] = [];
  for (const person of people.toSorted((a, b) => (a.personId < b.personId ? -1 : 1))) {
    const { personId, attributes, employment, accountId } = person;
    const { email } = attributes;
    const bound = accountId === undefined ? undefined : byId.get(accountId);
    const same = byEmail.get(foldCase(email)) ?? [];
    const [found, second] = same;
    const doubt = (why: string) => ambiguous.push({ what: `person ${personId}`, why });
    if (bound !== undefined) matches.push(match(person, bound, policy));
    else if (accountId !== undefined) doubt(`their account ${accountId} is not among the accounts of people`);
    else if ((namesakes.get(foldCase(email)) ?? []).length > 1) doubt(`another person has the e-mail ${email} too`);
    else if (second !== undefined) doubt(`accounts ${same.map(({ id }) => id).join(' and ')} have the e-mail ${email}`);
    else if (found === undefined) {
      const [old] = byHandle.get(foldCase(email)) ?? [];
      if (old === undefined) unmatchedPeople.push({ personId, email });
      else doubt(`account ${old.id} (${old.email}) has only an old handle ${email}: it may be somebody else's`);
    } else if (boundTo.has(found.id)) doubt(`account ${found.id} is bound to person ${boundTo.get(found.id)}`);
    else if (employment === 'left') doubt(`they have left, but account ${found.id} has their e-mail`);
    else matches.push(match(person, found, policy));
  }
  const matched = new Set(matches.map(({ accountId }) => accountId));
  return {
    matches,
    ambiguous,
    unmatchedPeople,
    unmatchedAccounts: own.filter(({ id }) => !matched.has(id) && !boundTo.has(id)).map(listed),
    external: external.map(listed),
    machines: machines.map(listed),
  };
}

function match(person: Candidate, account: HeldAccount, policy: Pick<Policy, 'rules'>): AdoptionMatch {
  const { granted, onApproval } = birthrightAccess(policy, person.attributes);
  const given: readonly Entitlement[] = [...granted, ...onApproval.flatMap(({ entitlements }) => entitlements)];
  const isGiven = (held: Entitlement) => given.some(({ kind, name }) => kind === held.kind && name === held.name);
  return {
    personId: person.personId,
    accountId: account.id,
    email: account.email,
    status: account.status,
    isBound: person.accountId !== undefined,
    holds: account.holds.map((held) => ({ ...held, isGiven: isGiven(held) })),
  };
}

/** `*` stands for any text: `svc-*@example.com`. Equal without regard to case. */
export function matchesPattern(pattern: string, email: string): boolean {
  const parts = foldCase(pattern)
    .split('*')
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 'v').test(foldCase(email));
}

const listed = ({ id, email, status }: HeldAccount): Listed => ({ id, email, status });
