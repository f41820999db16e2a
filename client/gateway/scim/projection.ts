import { resolvePath, type Path } from './filter.ts';
import { findExtension, type ResourceType } from './schemas.ts';
import { isObject, type Json, type JsonObject } from './values.ts';

/** Which attributes an answer has (RFC 7644, 3.9). Names that are not known are ignored. */

export interface Projection {
  readonly attributes: readonly string[];
  readonly excludedAttributes: readonly string[];
}

type Wanted = Pick<Path, 'urn'> & { readonly name?: string; readonly part?: string };

export function project(type: ResourceType, resource: JsonObject, projection: Projection): JsonObject {
  const chosen = projection.attributes.flatMap((name) => wantedOf(type, name));
  if (projection.attributes.length > 0) return only(resource, [{ name: 'id' }, { name: 'schemas' }, ...chosen]);
  const excluded = projection.excludedAttributes
    .flatMap((name) => wantedOf(type, name))
    .filter(({ urn, name }) => urn !== undefined || (name !== 'id' && name !== 'schemas'));
  return excluded.reduce(leaveOut, resource);
}

function wantedOf(type: ResourceType, text: string): readonly Wanted[] {
  const extension = findExtension(type, text);
  if (extension !== undefined) return [{ urn: extension.id }];
  const path = resolvePath(text, type);
  if (path === undefined) return [];
  const { urn, attribute, sub } = path;
  return [
    { ...(urn === undefined ? {} : { urn }), name: attribute.name, ...(sub === undefined ? {} : { part: sub.name }) },
  ];
}

function only(resource: JsonObject, chosen: readonly Wanted[]): JsonObject {
  const entries = Object.entries(resource).flatMap(([key, value]): [string, Json][] => {
    const within = chosen.filter(({ urn, name }) => (urn ?? name) === key);
    if (within.length === 0) return [];
    if (within.some(({ urn, name, part }) => (urn === undefined ? part === undefined : name === undefined))) {
      return [[key, value]];
    }
    const inner = within.map(({ urn, name, part }): Wanted =>
      urn === undefined ? { name: part ?? '' } : { name: name ?? '', ...(part === undefined ? {} : { part }) },
    );
    const kept = mapObjects(value, (object) => only(object, inner));
    return isObject(kept) && Object.keys(kept).length === 0 ? [] : [[key, kept]];
  });
  return Object.fromEntries(entries);
}

function leaveOut(resource: JsonObject, { urn, name, part }: Wanted): JsonObject {
  const key = urn ?? name;
  const inner = urn === undefined ? part : name;
  const entries = Object.entries(resource).flatMap(([at, value]): [string, Json][] => {
    if (at !== key) return [[at, value]];
    if (inner === undefined) return [];
    const rest: Wanted = { name: inner, ...(urn !== undefined && part !== undefined ? { part } : {}) };
    return [[at, mapObjects(value, (object) => leaveOut(object, rest))]];
  });
  return Object.fromEntries(entries);
}

function mapObjects(value: Json, change: (object: JsonObject) => JsonObject): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => mapObjects(one, change));
  return isObject(value) ? change(value) : value;
}
