import type { ExceededLimit } from './changeBudget.ts';
import type { ResolvedEntitlement } from '../model.ts';
import type { PlannedChange, ProcessPlan } from './processPlan.ts';
import { protectionAdvice } from './protection.ts';

/** `--dry-run` knows two more states of the account, in which nothing is planned. */
type Planned = Omit<ProcessPlan, 'account'> & { readonly account: string };

/** The plan as parts of a process, in the order in which they are carried out. */
export function plannedParts(plan: Planned, effectiveAt: string): readonly string[] {
  const { account, end, wouldInvite, heldAbove, protection, changes, changesOnceAllowed } = plan;
  return [
    ...(end?.kind === 'held' || end?.kind === 'blocked' ? [`wait for an operator: ${end.detail}`] : []),
    ...(heldAbove === undefined ? [] : [`wait for release: ${overBudget(heldAbove)}`]),
    ...(protection === undefined ? [] : [`wait, since the account is protected: ${protectionAdvice[protection]}`]),
    ...(account === 'wouldBeCreated' ? ['create account'] : []),
    ...(account === 'madeAtFirstLogin' ? [`wait for the first login by SSO, access from ${effectiveAt}`] : []),
    ...changesOnceAllowed.map((change) => `ask approval to ${changeWords(change)}`),
    ...changes.map(changeWords),
    ...(wouldInvite ? [`send invitation, access from ${effectiveAt}`] : []),
    ...each('assign', plan.adds),
    ...each('ask approval for', plan.approvalsNeeded),
    ...each('remove', plan.removes),
  ];
}

export const changeWords = ({ what, to }: PlannedChange): string => (to === undefined ? what : `${what} to ${to}`);

const each = (what: string, entitlements: readonly ResolvedEntitlement[]): readonly string[] =>
  entitlements.map(({ kind, name }) => `${what} ${kind} ${name}`);

export function overBudget({ limit, within, source }: ExceededLimit): string {
  const people = limit === 1 ? 'person' : 'people';
  const by = source === undefined ? '' : ` by ${source}`;
  return `more than ${limit} ${people} would lose an account, a role or a team${by} within ${within === 'hour' ? 'an hour' : 'a day'}`;
}
