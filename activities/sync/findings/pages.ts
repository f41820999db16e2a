import type { FoundAt } from '../../../domain/findings/kinds.ts';
import type { KindStates } from '../../../domain/sync/kinds.ts';
import type { SnapshotPage } from '../../../inventory/port/snapshots.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import type { Found } from '../../../domain/findings/found.ts';

interface PageResult {
  readonly found: readonly Found[];
  /** Ids of rows of which nothing can be said this time. */
  readonly frozen?: readonly string[];
}

export type Pages = ReturnType<typeof createPages>;

/** So few that a page is let go of while it is young: what V8 has kept for long it frees late, which is a sync's memory. */
const pageSize = 500;

/** Goes through rows by their ids, a page at a time, and compares the findings there with those on record. */
export function createPages(
  inventory: Inventory,
  { states, at, onPage }: { states: KindStates; at: string; onPage?: (done: unknown) => void },
) {
  const counts = { opened: 0, closed: 0 };

  async function write(
    foundAt: FoundAt,
    { after = '', upTo, found, frozen = [] }: PageResult & { readonly after?: string; readonly upTo?: string },
  ): Promise<void> {
    const range = { after, upTo };
    const written = await inventory.writeFindings({
      foundAt,
      ...range,
      found,
      frozenScopes: new Set(frozen),
      states,
      at,
    });
    counts.opened += written.opened.length;
    counts.closed += written.closed;
  }

  return {
    counts,
    write,
    async goThrough<T>(
      foundAt: FoundAt,
      read: (after: string, limit: number) => Promise<SnapshotPage<T>>,
      judge: (snapshots: readonly T[]) => PageResult,
    ): Promise<void> {
      for (let after = ''; ;) {
        const { snapshots, next } = await read(after, pageSize);
        await write(foundAt, { ...judge(snapshots), after, upTo: next });
        onPage?.({ foundAt, after });
        if (next === undefined) return;
        after = next;
      }
    },
  };
}
