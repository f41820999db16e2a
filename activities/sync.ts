import { heartbeat } from '@temporalio/activity';
import type { SyncDepth, SyncSummary } from '../workflows/core/contracts.ts';
import type { HrEvent } from '../workflows/core/model.ts';
import { withDatadog } from './attempt.ts';
import type { Datadog } from './datadog/types.ts';
import type { Dependencies } from './index.ts';
import type { PendingInvitation } from './inventory/types.ts';

/** How a sync reaches the people's processes. Made in `workers/` from a Temporal client. */
export interface PersonSignals {
  /** Tells the person's run; `false` where none is open. */
  activated(personId: string, accountId: string): Promise<boolean>;
  /** Sends an event again where the person has no open run. */
  submit(event: HrEvent): Promise<void>;
  hasOpenRun(personId: string): Promise<boolean>;
}

export interface AccountsScan {
  readonly scanId: string;
  /** The page to begin with, counted from 0. */
  readonly from: number;
  readonly pageSize: number;
}

export interface ScanResult {
  /** The page to go on with; absent when all were read. */
  readonly next?: number;
  readonly pageSize: number;
  readonly users: number;
  readonly serviceAccounts: number;
  readonly added: number;
  readonly changed: number;
  readonly requests: number;
}

/** 100 is documented as the most, 1,000 is what the server is known to honour: ask, and take what it gives. */
const largestPage = 1_000;
/** One activity costs the engine several times what a page costs, so one activity reads a run of pages. */
const pagesPerActivity = 20;
/** An event that was received this long ago and has no open run was lost between its two writes. */
const sweepAfterMs = 5 * 60_000;

export function createSyncActivities({ datadog, inventory, signals }: Dependencies) {
  async function signalActivated({ personId, accountId, sentAt }: PendingInvitation): Promise<void> {
    if (await signals.activated(personId, accountId)) return;
    const at = new Date().toISOString();
    await signals.submit({
      eventId: `activated:${accountId}:${sentAt ?? ''}`,
      kind: 'reconcile',
      personId,
      occurredAt: at,
      effectiveAt: at,
      source: 'sync',
      reason: 'the account became active after its onboarding had ended',
    });
  }

  return {
    async startSync(runId: string, depth: SyncDepth): Promise<{ waiting: number }> {
      const waiting = await inventory.listPending();
      // A light run that nobody waits for leaves no trace.
      if (depth === 'full') await inventory.startSyncRun({ runId, depth, startedAt: new Date().toISOString() });
      return { waiting: waiting.length };
    },

    /** The light depth: reads the Pending accounts, then each waiting account that has left their list, and signals. */
    async scanPending(): Promise<{ waiting: number; activated: number; requests: number }> {
      const waiting = await inventory.listPending();
      if (waiting.length === 0) return { waiting: 0, activated: 0, requests: 0 };
      return withDatadog(
        datadog,
        async (api) => {
          const pending = new Set<string>();
          for await (const page of pagesOf(api, 0, largestPage, ['pending'])) {
            for (const { id } of page.accounts) pending.add(id);
            heartbeat({ page: page.number });
          }
          let activated = 0;
          for (const candidate of waiting.filter(({ accountId }) => !pending.has(accountId))) {
            const account = await api.getAccount(candidate.accountId);
            heartbeat({ accountId: candidate.accountId });
            if (account?.status !== 'active') continue;
            await signalActivated(candidate);
            activated += 1;
          }
          return { waiting: waiting.length, activated, requests: api.requests };
        },
        { priority: 'sync' },
      );
    },

    async scanRoles(): Promise<{ roles: number; added: number; changed: number; requests: number }> {
      return withDatadog(
        datadog,
        async (api) => {
          const [roles, permissions] = await Promise.all([api.listRoles(), api.listPermissions()]);
          const rows = roles.map(({ id, name, isManaged, permissionIds }) => ({
            id,
            name,
            isManaged,
            permissions: permissionIds.map((permission) => permissions.get(permission) ?? permission).toSorted(),
          }));
          const written = await inventory.writeRoles(rows, new Date().toISOString());
          return { roles: rows.length, ...written, requests: api.requests };
        },
        { priority: 'sync' },
      );
    },

    /** A run of pages of all accounts with their roles, each written to the inventory as it comes. */
    async scanAccounts({ scanId, from, pageSize }: AccountsScan): Promise<ScanResult> {
      const waiting = new Map((await inventory.listPending()).map((one) => [one.accountId, one]));
      return withDatadog(
        datadog,
        async (api) => {
          const counts = { users: 0, serviceAccounts: 0, added: 0, changed: 0 };
          for await (const page of pagesOf(api, from, pageSize)) {
            const seenAt = new Date().toISOString();
            const written = await inventory.writeAccounts({ scanId, accounts: page.accounts, seenAt });
            counts.added += written.added;
            counts.changed += written.changed;
            for (const account of page.accounts) {
              if (account.isServiceAccount) counts.serviceAccounts += 1;
              else counts.users += 1;
              const candidate = waiting.get(account.id);
              if (candidate !== undefined && account.status === 'active') await signalActivated(candidate);
            }
            heartbeat({ page: page.number });
            if (page.isLast) return { ...counts, pageSize: page.size, requests: api.requests };
            if (page.number + 1 >= from + pagesPerActivity) {
              return { ...counts, next: page.number + 1, pageSize: page.size, requests: api.requests };
            }
          }
          return { ...counts, pageSize, requests: api.requests };
        },
        { priority: 'sync' },
      );
    },

    /** Closes the scan: what it no longer saw is gone. */
    async sweepAccounts(scanId: string, scanStartedAt: string): Promise<{ removed: number }> {
      return inventory.sweepAccounts(scanId, scanStartedAt, new Date().toISOString());
    },

    async finishSync(runId: string, summary: SyncSummary, reason?: string): Promise<void> {
      const at = new Date().toISOString();
      await inventory.finishSyncRun({ runId, summary, at, kinds: {}, ...(reason === undefined ? {} : { reason }) });
    },

    /** Sends again what was received, was not applied, and has no open run that could hold it. */
    async resendLostEvents(): Promise<number> {
      const receivedBefore = new Date(Date.now() - sweepAfterMs).toISOString();
      const limit = 500;
      let sent = 0;
      for (let offset = 0; ; offset += limit) {
        const rows = await inventory.waitingEvents({ receivedBefore, offset, limit });
        for (const { event } of rows) {
          heartbeat();
          if (await signals.hasOpenRun(event.personId)) continue;
          await signals.submit(event);
          sent += 1;
        }
        if (rows.length < limit) return sent;
      }
    },
  };
}

/** Pages of accounts. The server may give smaller pages than asked for; then its size counts from the first page on. */
async function* pagesOf(api: Datadog, from: number, size: number, status?: readonly ['pending']) {
  let effective = size;
  for (let number = from; ; number += 1) {
    const { accounts, total } = await api.listAccountsPage({
      number,
      size: effective,
      ...(status === undefined ? {} : { status }),
    });
    if (number === 0 && accounts.length > 0 && accounts.length < Math.min(size, total)) effective = accounts.length;
    const isLast = accounts.length === 0 || (number + 1) * effective >= total;
    yield { accounts, number, size: effective, isLast };
    if (isLast) return;
  }
}
