import type { Account, HrEvent, PersonAttributes } from '../../domain/model.ts';
import { heldEntitlements, type ResolvedAccess } from '../../domain/access/plan.ts';
import { endByAccount, type EarlyEnd } from '../../domain/access/earlyEnd.ts';
import { resolveAccess } from './access.ts';
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

/** Why nothing can be restored; undefined where it can. */
export async function unrestorable(run: PersonRun, account: Account | undefined): Promise<EarlyEnd | undefined> {
  const { before } = await records.readAccessBefore(run.personId);
  return endByAccount({ ...run.known, account, disabledId: before?.accountId, isNeverSeen: false, isRestore: true });
}
