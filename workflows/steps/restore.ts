import { endByAccount, type EarlyEnd } from '../../domain/access/earlyEnd.ts';
import type { SeenAccount } from '../../domain/model.ts';
import { records } from '../proxies.ts';
import { knownOf, type Uses } from '../run/personRun.ts';

/** Why nothing can be restored; undefined where it can. */
export async function unrestorable(
  run: Uses<'process' | 'mailbox'>,
  account: SeenAccount | undefined,
): Promise<EarlyEnd | undefined> {
  const { before } = await records.readAccessBefore(run.process.personId);
  return endByAccount({ ...knownOf(run), account, disabledId: before?.accountId, isNeverSeen: false, isRestore: true });
}
