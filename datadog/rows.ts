import { z } from 'zod';
import type { OddRow } from '../domain/sync/oddRows.ts';
import { DatadogFailure } from './failures.ts';
import { parse, pageMeta } from './schema.ts';

const list = z.object({
  data: z.array(z.unknown()),
  included: z.array(z.unknown()).nullish(),
  meta: pageMeta.nullish(),
});
const identified = z.object({ id: z.string() });
const named = z.object({ id: z.string(), attributes: z.object({ name: z.string() }) });

/** What one attempt has found odd, each row once. */
export interface OddRowsNoted {
  noteOdd(row: OddRow): void;
  readonly oddRows: () => readonly OddRow[];
}

export function collectOddRows(): OddRowsNoted {
  const noted = new Map<string, OddRow>();
  return {
    noteOdd: (row) => void noted.set(JSON.stringify([row.list, row.id ?? row.why]), row),
    oddRows: () => [...noted.values()],
  };
}

interface Rows<T> {
  readonly rows: readonly T[];
  /** Ids of the rows that could not be read; undefined for one without an id. */
  readonly unread: readonly (string | undefined)[];
  /** How many rows match in all, where the server counts them. */
  readonly total?: number;
  /** Names of what the rows refer to, by id. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * The rows of one page, each judged by itself: one that does not fit is noted, and hides no other. Throws
 * `UnexpectedResponse` where it is no list, or where no row at all fits.
 */
export function readRows<T>(http: OddRowsNoted, row: z.ZodType<T>, answer: unknown, operation: string): Rows<T> {
  const { data, included, meta } = parse(list, answer, operation);
  const rows: T[] = [];
  const unread: (string | undefined)[] = [];
  const odd: OddRow[] = [];
  for (const [index, item] of data.entries()) {
    const read = row.safeParse(item);
    if (read.success) {
      rows.push(read.data);
      continue;
    }
    const id = identified.safeParse(item).data?.id;
    const [issue] = read.error.issues;
    const field = issue === undefined || issue.path.length === 0 ? `row ${index}` : issue.path.join('.');
    unread.push(id);
    odd.push({ list: operation, id, why: `${field}: ${issue?.message ?? 'malformed'}` });
  }
  const [first] = odd;
  // That is no list with an odd row, but another one than this.
  if (first !== undefined && rows.length === 0 && odd.length > 1) {
    throw new DatadogFailure(
      'UnexpectedResponse',
      `${operation}: Datadog's answer does not fit: no row does: ${first.why}`,
    );
  }
  for (const one of odd) http.noteOdd(one);
  const { page, pagination } = meta ?? {};
  const total = page?.total_filtered_count ?? page?.total_count ?? pagination?.total ?? undefined;
  const names = (included ?? []).flatMap((item) => named.safeParse(item).data ?? []);
  return { rows, unread, total, names: new Map(names.map(({ id, attributes }) => [id, attributes.name])) };
}
