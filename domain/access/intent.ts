import type { Account, ResolvedEntitlement } from '../model.ts';
import { protectionAdvice, type Protection } from './protection.ts';

/** What an event would come to: what `--dry-run` shows, and what a process writes down where the policy observes. */
export interface Intent {
  /** `madeAtFirstLogin`: by SSO, with `activation: jit`. */
  readonly account: 'found' | 'wouldBeCreated' | 'madeAtFirstLogin' | 'none';
  readonly accountId?: string;
  readonly status?: Account['status'];
  readonly wouldInvite: boolean;
  /** Of a leaver above the change budget: how many may leave within its window. */
  readonly heldAbove?: number;
  /** Of a leaver whose account must stay: why. */
  readonly protection?: Protection;
  /** What happens to the account itself: by the event, and once it was allowed. */
  readonly changes: readonly string[];
  readonly changesOnceAllowed: readonly string[];
  readonly adds: readonly ResolvedEntitlement[];
  readonly removes: readonly ResolvedEntitlement[];
  /** Held, not wanted, not Muster's: stays. */
  readonly excess: readonly ResolvedEntitlement[];
  /** Not held, and given only once it was allowed. */
  readonly approvalsNeeded: readonly ResolvedEntitlement[];
  /** Permissions that would show more. */
  readonly notVisible: readonly string[];
  /** What somebody should know before. */
  readonly warnings: readonly string[];
}

export const nothingIntended = {
  wouldInvite: false,
  changes: [],
  changesOnceAllowed: [],
  adds: [],
  removes: [],
  excess: [],
  approvalsNeeded: [],
  notVisible: [],
  warnings: [],
} as const;

/** The intent as parts of a process, in the order in which they would be carried out. */
export function intendedParts(intent: Intent, effectiveAt: string): readonly string[] {
  const { account, wouldInvite, heldAbove, protection, changes, changesOnceAllowed } = intent;
  return [
    ...(heldAbove === undefined ? [] : [`wait for release: ${overBudget(heldAbove)}`]),
    ...(protection === undefined ? [] : [`wait, since the account is protected: ${protectionAdvice[protection]}`]),
    ...(account === 'wouldBeCreated' ? ['create account'] : []),
    ...(account === 'madeAtFirstLogin' ? [`wait for the first login by SSO, access from ${effectiveAt}`] : []),
    ...changesOnceAllowed.map((act) => `ask approval to ${act}`),
    ...changes,
    ...(wouldInvite ? [`send invitation, access from ${effectiveAt}`] : []),
    ...each('assign', intent.adds),
    ...each('ask approval for', intent.approvalsNeeded),
    ...each('remove', intent.removes),
  ];
}

const each = (what: string, entitlements: readonly ResolvedEntitlement[]): readonly string[] =>
  entitlements.map(({ kind, name }) => `${what} ${kind} ${name}`);

export const overBudget = (limit: number): string => `more than ${limit} leavers within the change budget's window`;
