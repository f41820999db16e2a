/** All rows of a list that is read by pages. */
export async function readAll<T>(
  readPage: (limit: number, offset: number) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const limit = 1_000;
  const rows: T[] = [];
  for (;;) {
    const page = await readPage(limit, rows.length);
    rows.push(...page);
    if (page.length < limit) return rows;
  }
}
