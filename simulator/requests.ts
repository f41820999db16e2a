export interface RequestRecord {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: string;
  /** Wall clock, milliseconds. */
  readonly atMs: number;
  /** Null until a reply is sent, and where none ever was. */
  status: number | null;
  /** The status it was carried out with, whether or not the reply arrived; null where it never was. */
  carriedOut: number | null;
  /** The body of a write, as it was sent. */
  readonly body: string;
}

export interface RequestLog {
  list(): readonly RequestRecord[];
  /** Without arguments all; `path` is exact, or a pattern. */
  count(method?: string, path?: string | RegExp): number;
  /** Such as `{"GET /api/v2/users": 3}`; ids are shown as `{id}`. */
  byRoute(): Record<string, number>;
  reset(): void;
}

const kept = 50_000;
const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

export function createRequestLog(): RequestLog & {
  add(method: string, path: string, query: string, body?: string): RequestRecord;
} {
  const records: RequestRecord[] = [];
  return {
    add(method, path, query, body = '') {
      const record: RequestRecord = { method, path, query, atMs: Date.now(), status: null, carriedOut: null, body };
      records.push(record);
      if (records.length > kept) records.splice(0, kept / 2);
      return record;
    },
    list: () => [...records],
    count: (method, path) =>
      records.filter(
        (record) =>
          (method === undefined || record.method === method) &&
          (path === undefined || (typeof path === 'string' ? record.path === path : path.test(record.path))),
      ).length,
    byRoute() {
      const counts: Record<string, number> = {};
      for (const { method, path } of records) {
        const route = `${method} ${path.replace(uuid, '{id}')}`;
        counts[route] = (counts[route] ?? 0) + 1;
      }
      return counts;
    },
    reset() {
      records.length = 0;
    },
  };
}
