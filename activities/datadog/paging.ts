export interface Page<T> {
  readonly rows: readonly T[];
  /** How many rows match in all, where the server counts them. */
  readonly total?: number | null | undefined;
}

/** What is asked for; a server may give less, so that a short page is not the last one. */
export const pageSize = 100;

/**
 * All rows, each once: rows move between pages while somebody else writes. The end is where as many were seen as the
 * server counts, or a page that brings nothing new.
 */
export async function readPages<T extends { readonly id: string }>(
  readPage: (page: { readonly 'page[size]': number; readonly 'page[number]': number }) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const seen = new Map<string, T>();
  for (let number = 0; ; number += 1) {
    const { rows, total } = await readPage({ 'page[size]': pageSize, 'page[number]': number });
    const before = seen.size;
    for (const row of rows) seen.set(row.id, row);
    if (seen.size === before || (typeof total === 'number' && seen.size >= total)) return [...seen.values()];
  }
}
