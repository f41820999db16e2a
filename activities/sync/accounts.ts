import { activityInfo } from '@temporalio/activity';
import type { Account } from '../../domain/model.ts';
import { withDatadog } from '../attempt.ts';
import type { DatadogReads } from '../../datadog/types.ts';
import { awaitedBy, firstLogin } from './firstLogins.ts';
import { addOddRows } from '../../domain/sync/oddRows.ts';
import type { SyncChanges } from './lists.ts';
import { addChanges, asSync, atOnce, beating, createTurn, noChanges } from './pace.ts';
import { activationSignal } from './signals.ts';
import type { Dependencies } from '../dependencies.ts';

interface AccountsScan {
  readonly scanId: string;
  /** The page to begin with, counted from 0. */
  readonly from: number;
  /** Known from the first page on. */
  readonly pageSize?: number;
  readonly total?: number;
}

interface AccountsScanned extends SyncChanges {
  /** The page to go on with; absent when all were read. */
  readonly next?: number;
  readonly pageSize: number;
  /** As many as Datadog counts. */
  readonly total: number;
  readonly accounts: number;
}

/** One activity costs the engine several times what a page costs, so one activity reads a run of pages. */
const pagesPerActivity = 20;

/** How far this run of pages has come: what a retry goes on from. */
interface Cursor extends SyncChanges {
  readonly pageSize: number;
  readonly total: number;
  readonly accounts: number;
  readonly done: readonly number[];
}

type AccountPage = Awaited<ReturnType<DatadogReads['listAccountsPage']>>;

export function createAccountScan({
  datadog,
  inventory,
  signals,
}: Pick<Dependencies, 'datadog' | 'inventory' | 'signals'>) {
  return {
    /** A run of pages of all accounts with their roles, a few in flight, each written to the inventory as it comes. */
    async scanAccounts({ scanId, from, ...known }: AccountsScan): Promise<AccountsScanned> {
      const signalSeen = await signalNews({ inventory, signals });
      const turn = createTurn();
      let cursor = activityInfo().heartbeatDetails as Cursor | undefined;
      const { requests: before, odd: oddBefore } = cursor ?? noChanges;
      await using pace = beating(() => cursor);

      await withDatadog(
        datadog,
        async (api) => {
          async function read(number: number, size?: number): Promise<void> {
            const seenAt = new Date().toISOString();
            const page = await api.listAccountsPage({ number, turn, size });
            await writePage(number, page, seenAt).finally(() => turn.give());
          }

          async function writePage(number: number, page: AccountPage, seenAt: string): Promise<void> {
            const unreadIds = page.unread.filter((id) => id !== undefined);
            const written = await inventory.writeAccounts({ scanId, accounts: page.accounts, unreadIds, seenAt });
            for (const account of page.accounts) await signalSeen(account);
            cursor = {
              ...addChanges(cursor ?? noChanges, written),
              requests: before + api.requests,
              odd: addOddRows(oddBefore, api.oddRows()),
              pageSize: page.size,
              total: page.total,
              accounts: (cursor?.accounts ?? 0) + page.accounts.length,
              done: [...(cursor?.done ?? []), number],
            };
            pace.beat();
          }

          if ((cursor?.pageSize ?? known.pageSize) === undefined) await read(0);
          const { pageSize: size = 0, total = 0 } = cursor ?? known;
          const left = pagesFrom(from, Math.ceil(total / size));
          await atOnce(
            left.filter((number) => cursor?.done.includes(number) !== true),
            pace,
            (number) => read(number, size),
          );
        },
        asSync,
      );
      const { done, ...read } = cursor as unknown as Cursor;
      const next = firstMissing(from, done);
      return { ...read, next: next * read.pageSize < read.total ? next : undefined };
    },

    /** Closes the scan: accounts that it no longer saw are gone. Not where it saw fewer than Datadog counts. */
    async closeAccounts(scanId: string, scanStartedAt: string, expected: number) {
      return inventory.sweepAccounts({ scanId, scanStartedAt, expected, at: new Date().toISOString() });
    },
  };
}

/** Tells the process that waits for a person what a page shows about the person's account. */
async function signalNews({ inventory, signals }: Pick<Dependencies, 'inventory' | 'signals'>) {
  const waiting = new Map((await inventory.listPending()).map((one) => [one.accountId, one]));
  const awaited = awaitedBy(await inventory.listAwaitedLogins());
  const signalActivated = activationSignal(signals);
  return async (account: Account): Promise<void> => {
    const candidate = waiting.get(account.id);
    if (candidate !== undefined && account.status === 'active') await signalActivated(candidate);
    const newcomer = awaited(account);
    if (newcomer !== undefined) await signalActivated(firstLogin(newcomer, account));
  };
}

function pagesFrom(from: number, end: number): readonly number[] {
  const to = Math.min(from + pagesPerActivity, end);
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}

function firstMissing(from: number, done: readonly number[]): number {
  const read = new Set(done);
  let next = from;
  while (read.has(next)) next += 1;
  return next;
}
