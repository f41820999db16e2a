import { textError } from './errors.ts';
import type { Call } from './router.ts';

interface Page<T> {
  readonly items: T[];
  readonly number: number;
  readonly size: number;
}

export const maxPageSize = 1000;

/** Zero-based numbers, as everywhere but in teams; a size above the maximum is cut to it. */
export function pageOf<T>(query: URLSearchParams, items: readonly T[], defaultSize = 10): Page<T> {
  const size = Math.min(readCount(query, 'page[size]', 1) ?? defaultSize, maxPageSize);
  const number = readCount(query, 'page[number]', 0) ?? 0;
  return { items: items.slice(number * size, (number + 1) * size), number, size };
}

function readCount(query: URLSearchParams, name: string, least: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw textError(400, `Invalid input: ${name} must be a whole number from ${least}`);
  return value;
}

/** Case-insensitive substring of any of the texts. */
export function containsText(filter: string | null, ...texts: readonly (string | null)[]): boolean {
  if (filter === null || filter === '') return true;
  const needle = filter.toLowerCase();
  return texts.some((text) => text !== null && text.toLowerCase().includes(needle));
}

export type SortKeys<T> = Readonly<Record<string, (item: T) => string | number>>;

/**
 * Ascending by default, descending with a leading minus or `sort_dir=desc`; ties by id.
 * An unknown key sorts by the default.
 */
export function sortItems<T extends { readonly id: string }>(
  query: URLSearchParams,
  items: readonly T[],
  keys: SortKeys<T>,
  defaultKey: string,
): T[] {
  const asked = query.get('sort') ?? defaultKey;
  const key = keys[asked.replace(/^-/, '')] ?? keys[defaultKey];
  if (key === undefined) throw new RangeError(`no sort key ${defaultKey}`);
  const direction = asked.startsWith('-') || query.get('sort_dir') === 'desc' ? -1 : 1;
  const keyed = items.map((item) => ({ item, key: key(item) }));
  keyed.sort((a, b) => direction * compare(a.key, b.key) || compare(a.item.id, b.item.id));
  return keyed.map(({ item }) => item);
}

function compare(a: string | number, b: string | number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

interface TeamPage<T> {
  readonly items: T[];
  readonly envelope: Record<string, unknown>;
}

/** `meta` and `links` of the team service, which counts by offset unless pages are requested. */
export function teamPage<T>(call: Call, items: readonly T[]): TeamPage<T> {
  const { query, origin } = call;
  const rest = new URLSearchParams(query);
  for (const name of ['page[number]', 'page[size]', 'page[offset]', 'page[limit]']) rest.delete(name);
  const link = (page: string): string => `${origin}${call.path}?${rest.size > 0 ? `${rest.toString()}&` : ''}${page}`;
  const self = `${origin}${call.path}${query.size > 0 ? `?${query.toString()}` : ''}`;
  const isByNumber = query.has('page[number]') || query.has('page[size]');
  return isByNumber ? pageByNumber(query, items, { self, link }) : pageByOffset(query, items, { self, link });
}

interface Links {
  readonly self: string;
  readonly link: (page: string) => string;
}

/** 100 rows unless a limit is given; the next page that it names may be empty. */
function pageByOffset<T>(query: URLSearchParams, items: readonly T[], { self, link }: Links): TeamPage<T> {
  const limit = Math.min(readCount(query, 'page[limit]', 1) ?? 100, maxPageSize);
  const offset = readCount(query, 'page[offset]', 0) ?? 0;
  const at = (start: number): string => link(`page[offset]=${start}&page[limit]=${limit}`);
  const next = offset + limit;
  const previous = Math.max(0, offset - limit);
  const pagination = {
    type: 'offset_limit',
    offset,
    limit,
    total: items.length,
    first_offset: 0,
    prev_offset: previous,
    next_offset: next,
    last_offset: 0,
  };
  const links = { self, first: at(0), last: null, next: at(next), prev: offset > 0 ? at(previous) : null };
  return { items: items.slice(offset, next), envelope: { meta: { pagination }, links } };
}

function pageByNumber<T>(query: URLSearchParams, rows: readonly T[], { self, link }: Links): TeamPage<T> {
  const { items, number, size } = pageOf(query, rows);
  const at = (page: number): string => link(`page[number]=${page}&page[size]=${size}`);
  const total = rows.length;
  const last = total === 0 ? 0 : Math.ceil(total / size) - 1;
  const next = number < last ? number + 1 : null;
  const previous = number > 0 ? number - 1 : null;
  const pagination = {
    type: 'number_size',
    number,
    size,
    total,
    first_number: 0,
    prev_number: previous,
    next_number: next,
    last_number: last,
  };
  const links = {
    self,
    first: at(0),
    last: at(last),
    ...(next === null ? {} : { next: at(next) }),
    ...(previous === null ? {} : { prev: at(previous) }),
  };
  return { items, envelope: { meta: { pagination }, links } };
}
