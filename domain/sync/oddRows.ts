/** Rows of Datadog's lists that Muster cannot read, or not wholly: each is judged by itself, and hides no other. */

export interface OddRow {
  /** Such as `list users`. */
  readonly list: string;
  /** Absent where the row has none. */
  readonly id?: string | undefined;
  /** Such as `relationships.roles is missing`. */
  readonly why: string;
}

/** How many there are, and the first few of them. */
export interface OddRows {
  readonly count: number;
  readonly rows: readonly OddRow[];
}

/** More say nothing new. */
const mostNamed = 20;

export const noOddRows: OddRows = { count: 0, rows: [] };

export const addOddRows = (to: OddRows, more: readonly OddRow[]): OddRows => ({
  count: to.count + more.length,
  rows: [...to.rows, ...more].slice(0, mostNamed),
});

export const mergeOddRows = (one: OddRows, other: OddRows): OddRows => ({
  count: one.count + other.count,
  rows: [...one.rows, ...other.rows].slice(0, mostNamed),
});

/** Whether one of the unread rows may be this one: an unread row without an id may be any. */
export const mayBeUnread = (unread: readonly (string | undefined)[], id: string): boolean =>
  unread.some((one) => one === undefined || one === id);
