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
export function parseJson<T>(text: Json<T> | null): T | undefined;
export function parseJson(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text);
}

const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
