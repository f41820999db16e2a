import { mayBeUnread } from '../../domain/sync/oddRows.ts';
import type { ListWritten, Unread } from '../port/accounts.ts';

type Known<Row> = Row & { readonly writtenAt: string; readonly goneAt: string | null };

/**
 * What a whole list changes, in the form in which its rows are stored: rows that are new or differ, and ids that are no
 * longer listed. What was read before a row's last write does not change it.
 */
export function compareList<Row extends { readonly id: string }>(
  listed: readonly Row[],
  stored: readonly Known<Row>[],
  { seenAt, unread = [] }: { readonly seenAt: string; readonly unread?: Unread | undefined },
): { readonly written: readonly Row[]; readonly goneIds: readonly string[]; readonly counts: ListWritten } {
  const before = new Map(stored.map((row) => [row.id, row]));
  const now = new Map(listed.map((row) => [row.id, row]));
  const written = [...now.values()].filter((row) => isNews(row, before.get(row.id), seenAt));
  const goneIds = stored
    .filter(({ id, goneAt, writtenAt }) => !now.has(id) && goneAt === null && seenAt >= writtenAt)
    .filter(({ id }) => !mayBeUnread(unread, id))
    .map(({ id }) => id);
  const added = written.filter(({ id }) => before.get(id)?.goneAt !== null).length;
  return { written, goneIds, counts: { added, changed: written.length - added, removed: goneIds.length } };
}

function isNews<Row extends object>(row: Row, before: Known<Row> | undefined, seenAt: string): boolean {
  if (before === undefined) return true;
  const isSame = (Object.keys(row) as (keyof Row)[]).every((name) => before[name] === row[name]);
  return seenAt >= before.writtenAt && (before.goneAt !== null || !isSame);
}
