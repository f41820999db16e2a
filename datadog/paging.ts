import { DatadogFailure, isFailure } from './failures.ts';
import type { Sender } from './http.ts';
import { retryPage } from './retryPage.ts';

export interface Page<T> {
  readonly rows: readonly T[];
  /** Ids of rows that could not be read; undefined for one without an id. They count, and are there. */
  readonly unread?: readonly (string | undefined)[];
  /** How many rows match in all, where the server counts them. */
  readonly total?: number | null | undefined;
}

export type PageQuery = Readonly<Record<'page[size]' | 'page[number]', number>>;

type ReadPage<T> = (page: PageQuery) => Promise<Page<T>>;

/** The requested size; a server may return less, so that a short page is not the last one. */
const pageSize = 100;
/** 100 is documented as the most, 1,000 is what the server is known to honor: ask, and take what it returns. */
const largestPageSize = 1_000;

/**
 * All rows, each once: rows move between pages while somebody else writes. The end is where as many were seen as the
 * server counts, or a page that brings nothing new.
 */
export async function readPages<T extends { readonly id: string }>(readPage: ReadPage<T>): Promise<readonly T[]> {
  const seen = new Map<string, T>();
  const first = await readPage({ 'page[size]': pageSize, 'page[number]': 0 });
  await readOn(readPage, { ...first, size: pageSize }, { seen, unread: new Set() });
  return [...seen.values()];
}

/**
 * The same for a list that must be whole, in the largest pages that the server honors: it is read once more where fewer
 * were seen than the server counts, and then it fails. Each page is tried again where it makes sense.
 */
export async function readWhole<T extends { readonly id: string }>(
  http: Sender,
  operation: string,
  readPage: ReadPage<T>,
): Promise<readonly T[]> {
  const seen = new Map<string, T>();
  const unread = new Set<string>();
  const read: ReadPage<T> = (page) => retryPage(http, () => readPage(page));
  for (let readings = 1; ; readings += 1) {
    const total = await readOn(read, await firstPage(read), { seen, unread });
    const listed = new Set([...seen.keys(), ...unread]).size;
    if (typeof total !== 'number' || listed >= total) return [...seen.values()];
    if (readings === 2) throw contradicts(operation, listed, total);
  }
}

const contradicts = (operation: string, seen: number, total: number): DatadogFailure =>
  new DatadogFailure('UnexpectedResponse', `${operation}: ${total} are counted, but ${seen} are listed`, {
    isExhausted: true,
  });

/** Reads on from the first page, and says how many there are by the last one. */
async function readOn<T extends { readonly id: string }>(
  readPage: ReadPage<T>,
  first: Page<T> & { readonly size: number },
  { seen, unread }: { readonly seen: Map<string, T>; readonly unread: Set<string> },
): Promise<Page<T>['total']> {
  const thisTime = new Set<string>();
  for (let number = 0, page: Page<T> = first; ; number += 1) {
    const before = thisTime.size;
    for (const row of page.rows) {
      thisTime.add(row.id);
      seen.set(row.id, row);
    }
    for (const [index, id = `${number}:${index}`] of (page.unread ?? []).entries()) {
      thisTime.add(id);
      unread.add(id);
    }
    const { total } = page;
    if (thisTime.size === before || (typeof total === 'number' && thisTime.size >= total)) return total;
    page = await readPage({ 'page[size]': first.size, 'page[number]': number + 1 });
  }
}

/** The first page in the largest size that the server honors; a server may refuse a size above the documented one. */
export async function firstPage<T>(readPage: ReadPage<T>): Promise<Page<T> & { readonly size: number }> {
  const ask = async (size: number) => {
    const page = await readPage({ 'page[size]': size, 'page[number]': 0 });
    const listed = page.rows.length + (page.unread?.length ?? 0);
    const isCut = listed > 0 && listed < Math.min(size, page.total ?? Number.POSITIVE_INFINITY);
    return { ...page, size: isCut ? listed : size };
  };
  try {
    const large = await ask(largestPageSize);
    if (large.size >= pageSize) return large;
    const documented = await ask(pageSize);
    return documented.size > large.size ? documented : large;
  } catch (error) {
    if (!isFailure(error, 'InvalidRequest')) throw error;
    return ask(pageSize);
  }
}
