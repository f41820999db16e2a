import { heldEntitlements, namedEntitlements, requestsToAsk, type ResolvedAccess } from '../../domain/access/plan.ts';
import { notVisibleWords, renamed } from '../../domain/access/warnings.ts';
import type { SeenAccount } from '../../domain/model.ts';
import { datadog, records } from '../proxies.ts';
import { becauseOf, type PersonRun, type Uses } from '../run/personRun.ts';

/** The access the person should have: by the policy, or after `person restore` exactly as recorded. */
export async function wantedAccess(run: PersonRun): Promise<ResolvedAccess> {
  return run.mailbox.event.restore === true ? recordedAccess(run) : policyAccess(run);
}

export async function policyAccess(run: Uses<'process' | 'mailbox' | 'blockers'>): Promise<ResolvedAccess> {
  const { process, blockers } = run;
  const { notVisible, ...access } = await blockers.allowed(() => datadog.readWantedAccess(becauseOf(run)));
  process.want(namedEntitlements(access.desired));
  for (const permission of notVisible) {
    process.finishPart('teams', 'notDone', { detail: notVisibleWords(permission), permission });
  }
  for (const note of renamed(access.resolved)) process.note(note);
  return access;
}

/** A privileged role is recognized when it is to be assigned, and requested then. */
async function recordedAccess({ process }: Uses<'process'>): Promise<ResolvedAccess> {
  const { before } = await records.readAccessBefore(process.personId);
  const resolved = before === undefined ? [] : heldEntitlements(before.access);
  const entitlements = resolved.map(({ kind, name }) => ({ kind, name }));
  process.want(entitlements);
  return { desired: { entitlements, requests: [] }, resolved };
}

/** Requests approval of what the person does not hold already, as far as the account itself tells. */
export async function requestApprovals(
  { approvals }: Uses<'approvals'>,
  access: ResolvedAccess,
  account?: SeenAccount,
): Promise<void> {
  const held = account?.status === 'active' ? account.roleIds : [];
  await approvals.replaceRequests(requestsToAsk(access, ({ kind, id }) => kind === 'role' && held.includes(id)));
}
