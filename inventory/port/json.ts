/** Text that is the JSON of a T. */
export type Json<T> = string & { readonly jsonOf?: T };

/** JSON with sorted keys and without `undefined`: the same value is always the same text. */
export function canonicalJson<T>(value: T): Json<T>;
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isPlainObject(inner) ? Object.fromEntries(Object.entries(inner).toSorted(byKey)) : inner,
  );
}

/** Only for what `canonicalJson` wrote. */
export function parseJson<T>(text: Json<T>): T;
export function parseJson(text: string): unknown {
  return JSON.parse(text);
}

const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `{ [key]: value }`, or nothing for a NULL column: an absent field is absent, not `undefined`. */
export function present<K extends string, V>(key: K, value: V | null | undefined): { [P in K]?: V };
export function present(key: string, value: unknown): object {
  return value === null || value === undefined ? {} : { [key]: value };
}
