import { heartbeat } from '@temporalio/activity';
import type { SyncDepth, SyncSummary } from '../../domain/contracts.ts';
import { withDatadog } from '../attempt.ts';
import { withoutOn } from '../../datadog/failures.ts';
import type { DatadogReads } from '../../datadog/types.ts';
import { isEvidenceUntold } from './evidence.ts';
import { signalFirstLogins } from './firstLogins.ts';
import { asSync, ofOneAlone } from './pace.ts';
import { activationSignal } from './signals.ts';
import type { Dependencies } from '../dependencies.ts';
import type { PendingInvitation } from '../../inventory/port/people.ts';
import type { SyncRunEnd } from '../../inventory/port/syncRuns.ts';

interface SyncStart {
  readonly waiting: number;
  readonly isEvidenceUntold: boolean;
}

export function createSyncActivities({
  datadog,
  inventory,
  policy,
  signals,
}: Pick<Dependencies, 'datadog' | 'inventory' | 'policy' | 'signals'>) {
  return {
    startSync: (runId: string, depth: SyncDepth) => startSync({ inventory, policy }, runId, depth),

    /** The light depth: the awaited people who have accepted an invitation, or logged in for the first time. */
    async scanPending(): Promise<{ waiting: number; activated: number; requests: number }> {
      const invited = await inventory.listPending();
      const logins = await inventory.listAwaitedLogins();
      const waiting = invited.length + logins.length;
      if (waiting === 0) return { waiting: 0, activated: 0, requests: 0 };
      return withDatadog(
        datadog,
        async (api) => {
          const accepted = await signalAcceptances(signals, api, invited);
          const loggedIn = await signalFirstLogins({ inventory, signals }, api, logins);
          return { waiting, activated: accepted + loggedIn, requests: api.requests };
        },
        asSync,
      );
    },

    /** Ends the run's record. Kinds that were read whole are counted as they are now. */
    async finishSync(end: Omit<SyncRunEnd, 'at'>): Promise<SyncSummary> {
      const { users, serviceAccounts, keys } = await inventory.countRows();
      const isWhole = end.kinds.accounts?.state === 'complete';
      const summary = { ...end.summary, keys, ...(isWhole ? { users, serviceAccounts } : {}) };
      await inventory.finishSyncRun({ ...end, summary, at: new Date().toISOString() });
      return summary;
    },
  };
}

async function startSync(
  { inventory, policy }: Pick<Dependencies, 'inventory' | 'policy'>,
  runId: string,
  depth: SyncDepth,
): Promise<SyncStart> {
  const waiting = [...(await inventory.listPending()), ...(await inventory.listAwaitedLogins())];
  // A light run that nobody waits for leaves no trace.
  if (depth === 'full') await inventory.startSyncRun({ runId, depth, startedAt: new Date().toISOString() });
  return {
    waiting: waiting.length,
    isEvidenceUntold: await isEvidenceUntold({ inventory, policy }),
  };
}

/** Reads the Pending accounts, then each awaited account that has left their list. */
async function signalAcceptances(
  signals: Dependencies['signals'],
  api: DatadogReads,
  waiting: readonly PendingInvitation[],
): Promise<number> {
  const signalActivated = activationSignal(signals);
  if (waiting.length === 0) return 0;
  const pending = new Set<string>();
  for await (const page of pendingAccounts(api)) {
    for (const { id } of page.accounts) pending.add(id);
    for (const id of page.unread) if (id !== undefined) pending.add(id);
    heartbeat({ page: page.number });
  }
  let activated = 0;
  for (const candidate of waiting.filter(({ accountId }) => !pending.has(accountId))) {
    // One account that cannot be read just now keeps nobody else waiting: the next pass reads it.
    const reading = api.getAccount(candidate.accountId, { withoutRoles: true });
    const account = await withoutOn(ofOneAlone, reading);
    heartbeat({ accountId: candidate.accountId });
    if (account?.status !== 'active') continue;
    await signalActivated(candidate);
    activated += 1;
  }
  return activated;
}

async function* pendingAccounts(api: DatadogReads) {
  for (let number = 0, known: number | undefined; ; number += 1) {
    const page = { number, status: ['pending'] as const, size: known };
    const { accounts, unread, total, size } = await api.listAccountsPage(page);
    yield { accounts, unread, number };
    if (accounts.length + unread.length === 0 || (number + 1) * size >= total) return;
    known = size;
  }
}
