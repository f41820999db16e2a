import { resolvePath } from './attributes.ts';
import type { ResourceType } from './schemas.ts';
import { isObject, type Json, type JsonObject } from './values.ts';

/** Which attributes are returned (RFC 7644, 3.9). Unknown names are ignored. */

export interface Projection {
  readonly attributes: readonly string[];
  readonly excludedAttributes: readonly string[];
}

type Names = readonly string[];
const always = ['id', 'schemas'];

export function project({ root }: ResourceType, resource: JsonObject, given: Projection): JsonObject {
  const read = (names: Names): readonly Names[] =>
    names.flatMap((name) => {
      const path = resolvePath(name, root);
      return path === undefined ? [] : [path.map((attribute) => attribute.name)];
    });
  if (given.attributes.length > 0) return pick(resource, [...always.map((name) => [name]), ...read(given.attributes)]);
  return omit(
    resource,
    read(given.excludedAttributes).filter(([first = '']) => !always.includes(first)),
  );
}

function pick(object: JsonObject, paths: readonly Names[]): JsonObject {
  return mapEntries(object, paths, (value, inner) => {
    if (inner.length === 0) return undefined;
    if (inner.some((path) => path.length === 0)) return value;
    const picked = mapObjects(value, (one) => pick(one, inner));
    return isObject(picked) && Object.keys(picked).length === 0 ? undefined : picked;
  });
}

function omit(object: JsonObject, paths: readonly Names[]): JsonObject {
  return mapEntries(object, paths, (value, inner) => {
    if (inner.some((path) => path.length === 0)) return undefined;
    return inner.length === 0 ? value : mapObjects(value, (one) => omit(one, inner));
  });
}

/** Each value with the rest of the paths that lead to it. */
function mapEntries(
  object: JsonObject,
  paths: readonly Names[],
  change: (value: Json, inner: readonly Names[]) => Json | undefined,
): JsonObject {
  const entries = Object.entries(object).flatMap(([key, value]): [string, Json][] => {
    const inner = paths.flatMap(([first, ...rest]) => (first === key ? [rest] : []));
    const changed = change(value, inner);
    return changed === undefined ? [] : [[key, changed]];
  });
  return Object.fromEntries(entries);
}

function mapObjects(value: Json, change: (object: JsonObject) => JsonObject): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => mapObjects(one, change));
  return isObject(value) ? change(value) : value;
}
