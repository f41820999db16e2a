import type { Account, HrEvent, PersonAttributes } from '../../domain/model.ts';
import { heldEntitlements } from '../../domain/access/plan.ts';
import { resolveAccess, type ResolvedAccess } from './access.ts';
import type { PersonRun } from '../run/personRun.ts';
import { records } from '../proxies.ts';

/** What the person is to have: what the policy gives, or after `person restore` exactly what was recorded. */
export async function accessFor(run: PersonRun, event: HrEvent, attributes: PersonAttributes): Promise<ResolvedAccess> {
  return event.restore === true ? recordedAccess(run) : resolveAccess(run, attributes);
}

/** A role that is privileged is found out when it is to be assigned, and asked for then. */
async function recordedAccess(run: PersonRun): Promise<ResolvedAccess> {
  const { before } = await records.readAccessBefore(run.personId);
  const resolved = before === undefined ? [] : heldEntitlements(before.access);
  const entitlements = resolved.map(({ kind, name }) => ({ kind, name }));
  run.desired = entitlements;
  return { desired: { entitlements, requests: [] }, resolved };
}

/** Why nothing can be restored; undefined where it can. Whoever reaches Temporal can ask for it. */
export async function unrestorable(run: PersonRun, found: Account | undefined): Promise<string | undefined> {
  if (run.record.employment === 'employed') return 'the person has not left: there is nothing to restore';
  const { before } = await records.readAccessBefore(run.personId);
  if (before === undefined) return 'Muster has not disabled an account of this person: nothing is recorded';
  return found?.id === before.accountId
    ? undefined
    : `account ${before.accountId}, which Muster disabled, is not theirs any more`;
}
