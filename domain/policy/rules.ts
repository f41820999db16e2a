import { foldCase } from '../text.ts';
import type { ChangeBudget } from '../access/changeBudget.ts';
import type { RosterSystem } from './rosters.ts';
import type { Source } from './sources.ts';
import type { StatusMap } from './statuses.ts';
import type { AttributeValue, Entitlement, PersonAttributes, ProcessTimes } from '../model.ts';
import type { FindingThresholds } from '../findings/found.ts';
import type { ApproverSet } from '../decision.ts';

/** The policy as data, once the file was validated. Durations are in milliseconds. */
export interface Policy {
  /** SHA-256 of the normalized content, hex. */
  readonly hash: string;
  readonly mode: 'observe' | 'enforce';
  readonly defaultTimeZone: string;
  readonly identity: {
    readonly allowedDomains: readonly string[];
    /** Patterns of e-mails whose accounts belong to no person. */
    readonly ignore: readonly string[];
    /** Sources by rank, the highest first. Absent: in the order of `sources`. */
    readonly authority?: readonly string[];
    /** Sources that may end the employment of people for whom a higher source speaks. */
    readonly mayEndEmployment: readonly string[];
  };
  readonly rules: readonly PolicyRule[];
  readonly times: ProcessTimes;
  readonly activation: Activation;
  readonly approvals: {
    readonly acceptClaimed: boolean;
    /** The approvers of privileged roles whose rule names none. */
    readonly default?: ApproverSet;
  };
  readonly changeBudget: ChangeBudget;
  readonly protection: {
    /** E-mails or account ids that are never disabled. */
    readonly emergencyAccounts: readonly string[];
  };
  /** Who may send events over HTTP. */
  readonly sources: readonly Source[];
  readonly roster: {
    /** Field → column of the file. */
    readonly columns: Readonly<Record<string, string>>;
    /** Columns that say nothing that Muster needs, though they look so. */
    readonly ignore: readonly string[];
    /** HR's own words for statuses, beside those that are known. */
    readonly statuses: StatusMap;
    /** Of a file that does not say it; absent: UTF-8. */
    readonly encoding?: string;
    /** Whose export the file is: its columns, statuses and oddities are known. */
    readonly system?: RosterSystem;
    /** For the watched folder: the source of its files, and whether each lists the whole workforce. */
    readonly source: string;
    readonly complete: boolean;
    /** Absent: no folder is watched. */
    readonly folder?: string;
    readonly cron: string;
    readonly absence: { readonly action: 'report' | 'leave'; readonly afterDays: number };
  };
  readonly sync: {
    readonly cron: string;
    readonly timeZone: string;
    readonly lightEveryMs: number;
    readonly drift: 'report' | 'repair';
  };
  readonly findings: FindingThresholds;
  readonly audit: {
    /** Where every link of evidence is sent, beside the inventory. */
    readonly forward?: 'datadog';
  };
}

/** How a new account comes to life: by an invitation, or by SSO at the person's first login (just in time). */
export type Activation = 'invitation' | 'jit';

/**
 * People who match get the roles and teams. All conditions of `when` must hold; a condition holds if any of its values
 * equals any of the person's.
 */
export interface PolicyRule {
  readonly name: string;
  readonly when: Readonly<Record<string, readonly string[]>>;
  readonly roles: readonly string[];
  readonly teams: readonly string[];
  readonly approval?: ApproverSet;
}

/** The access that the rules grant a person, at once or on approval. */
interface BirthrightAccess {
  /** Without approval. Sorted by kind, then name, each with the sorted names of its rules. */
  readonly granted: readonly GrantedEntitlement[];
  /** One for each matching rule with approval, sorted by the rule's name. Never empty, and nothing that `granted` has. */
  readonly onApproval: readonly AccessOnApproval[];
}

interface GrantedEntitlement extends Entitlement {
  readonly rules: readonly string[];
}

export interface AccessOnApproval {
  readonly rule: string;
  readonly entitlements: readonly Entitlement[];
  readonly approvers: ApproverSet;
}

/** Why a rule matches a person, or does not. */
interface RuleExplanation {
  readonly rule: string;
  readonly matched: boolean;
  /** The access of the people who match. */
  readonly entitlements: readonly Entitlement[];
  readonly needsApproval: boolean;
  readonly conditions: readonly ConditionExplanation[];
}

interface ConditionExplanation {
  readonly attribute: string;
  readonly accepted: readonly string[];
  /** Absent where HR does not say. */
  readonly actual?: string;
  readonly holds: boolean;
}

/** Attributes with a field of their own; any other name in `when` is looked up in `extra`. */
export const standardAttributes = ['email', 'name', 'title', 'department', 'manager', 'timeZone'] as const;

/** The union of the rules that match. An entitlement that one rule grants without approval needs none by another rule. */
export function birthrightAccess(policy: Pick<Policy, 'rules'>, attributes: PersonAttributes): BirthrightAccess {
  const matching = policy.rules.filter((rule) => explainRule(rule, attributes).matched).toSorted(byRuleName);
  const granted = new Map<string, GrantedEntitlement>();
  for (const rule of matching) {
    if (rule.approval !== undefined) continue;
    for (const entitlement of entitlementsOf(rule)) {
      const rules = granted.get(entitlementKey(entitlement))?.rules ?? [];
      granted.set(entitlementKey(entitlement), { ...entitlement, rules: [...rules, rule.name] });
    }
  }
  const onApproval = matching.flatMap((rule) => {
    if (rule.approval === undefined) return [];
    const entitlements = entitlementsOf(rule).filter((entitlement) => !granted.has(entitlementKey(entitlement)));
    return entitlements.length === 0 ? [] : [{ rule: rule.name, entitlements, approvers: rule.approval }];
  });
  return { granted: [...granted.values()].toSorted(byEntitlement), onApproval };
}

/** For each rule, in the policy's order: whether it matches, and which conditions do not hold. */
export function explainAccess(policy: Pick<Policy, 'rules'>, attributes: PersonAttributes): readonly RuleExplanation[] {
  return policy.rules.map((rule) => explainRule(rule, attributes));
}

/** Whether `value` equals the accepted one without regard to case and outer spaces, or begins with its `prefix*`. */
export function matchesValue(accepted: string, value: string): boolean {
  const pattern = foldCase(accepted);
  const actual = foldCase(value);
  return pattern.endsWith('*') ? actual.startsWith(pattern.slice(0, -1)) : actual === pattern;
}

/** Whether the e-mail is in exactly one of the domains (a subdomain is another one). True where there are no domains. */
export function isInDomains(domains: readonly string[], email: string): boolean {
  const domain = foldCase(email.slice(email.lastIndexOf('@') + 1));
  return domains.length === 0 || domains.some((allowed) => foldCase(allowed) === domain);
}

function explainRule(rule: PolicyRule, attributes: PersonAttributes): RuleExplanation {
  const conditions = Object.entries(rule.when).map(([attribute, accepted]) =>
    explainCondition(attribute, accepted, attributes),
  );
  return {
    rule: rule.name,
    matched: conditions.every((condition) => condition.holds),
    entitlements: entitlementsOf(rule),
    needsApproval: rule.approval !== undefined,
    conditions,
  };
}

function explainCondition(
  attribute: string,
  accepted: readonly string[],
  attributes: PersonAttributes,
): ConditionExplanation {
  // An attribute that HR leaves empty is not known: `*` must not match it.
  const actual = [readAttribute(attributes, attribute) ?? []].flat().filter((value) => value.trim() !== '');
  const holds = actual.some((one) => accepted.some((value) => matchesValue(value, one)));
  return { attribute, accepted, actual: actual.length > 0 ? actual.join(', ') : undefined, holds };
}

function readAttribute(attributes: PersonAttributes, name: string): AttributeValue | undefined {
  const standard = standardAttributes.find((attribute) => attribute === name);
  if (standard !== undefined) return attributes[standard];
  const extra = attributes.extra ?? {};
  return Object.hasOwn(extra, name) ? extra[name] : undefined;
}

function entitlementsOf(rule: Pick<PolicyRule, 'roles' | 'teams'>): readonly Entitlement[] {
  const roles = [...new Set(rule.roles)].map((name) => ({ kind: 'role', name }) as const);
  const teams = [...new Set(rule.teams)].map((name) => ({ kind: 'team', name }) as const);
  return [...roles, ...teams].toSorted(byEntitlement);
}

const entitlementKey = (entitlement: Entitlement): string => `${entitlement.kind}:${entitlement.name}`;
// By code unit, not by locale: the order goes into hashes and must be the same on every machine.
const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
const byEntitlement = (left: Entitlement, right: Entitlement): number =>
  compare(entitlementKey(left), entitlementKey(right));
const byRuleName = (left: PolicyRule, right: PolicyRule): number => compare(left.name, right.name);
