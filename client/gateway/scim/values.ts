import { isDeepStrictEqual } from 'node:util';
import { wrong } from './errors.ts';
import { resolvePath } from './filter.ts';
import { maxTextLength } from './limits.ts';
import { type Attribute, coreAttributes, findAttribute, type ResourceType } from './schemas.ts';

/** What a client sends, brought into the form in which it is kept: known attributes only, by their names in the schema. */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The body of POST and PUT. Unknown and read-only attributes are left out, as is a password: none is kept. */
export function readResource(type: ResourceType, body: unknown): JsonObject {
  if (!isObject(body)) throw wrong('invalidSyntax', 'the body is not a JSON object');
  requireSchema(body, type.schema.id);
  const entries = Object.entries(body).flatMap(([name, value]): [string, Json][] => {
    const extension = type.extensions.find(({ id }) => id.toLowerCase() === name.toLowerCase());
    if (extension !== undefined) {
      const read = readParts(extension.attributes, value, name);
      return read === undefined ? [] : [[extension.id, read]];
    }
    const attribute = findAttribute(coreAttributes(type), name);
    const read = attribute && isKept(attribute) ? readValue(attribute, value) : undefined;
    return attribute === undefined || read === undefined ? [] : [[attribute.name, read]];
  });
  // Who is pushed without a word on it is active; a PATCH may still take the attribute away.
  const defaults: JsonObject = type.name === 'User' ? { active: true } : {};
  return checkWhole(type, { ...defaults, ...Object.fromEntries(entries) });
}

export function requireSchema(body: JsonObject, urn: string): void {
  const given = Object.entries(body).find(([name]) => name.toLowerCase() === 'schemas')?.[1];
  const isGiven = Array.isArray(given) && given.some((one) => String(one).toLowerCase() === urn.toLowerCase());
  if (!isGiven) throw wrong('invalidSyntax', `schemas must name ${urn}`);
}

export function checkWhole(type: ResourceType, resource: JsonObject): JsonObject {
  const missing = type.schema.attributes.find(
    ({ name, required }) => required === true && (resource[name] === undefined || resource[name] === ''),
  );
  if (missing !== undefined) throw wrong('invalidValue', `${missing.name} is required`);
  return resource;
}

/** Whether a client may write it, and it is kept. */
export const isKept = ({ mutability, returned }: Attribute): boolean =>
  mutability !== 'readOnly' && mutability !== 'writeOnly' && returned !== 'never';

/** Undefined where there is nothing to keep: null, an empty list, an empty object. */
export function readValue(attribute: Attribute, value: Json): Json | undefined {
  if (value === null || value === undefined) return undefined;
  if (!attribute.multiValued) return readOne(attribute, value);
  const list = (Array.isArray(value) ? value : [value]).flatMap((one: Json) => readOne(attribute, one) ?? []);
  const single = onePrimary(list);
  return single.length === 0 ? undefined : single;
}

/** At most one is the primary one: the last that says so. */
export function onePrimary(list: readonly Json[]): readonly Json[] {
  const last = list.findLastIndex((one) => isObject(one) && one['primary'] === true);
  return list.map((one, index) =>
    isObject(one) && one['primary'] === true && index !== last ? { ...one, primary: false } : one,
  );
}

function readOne(attribute: Attribute, value: Json): Json | undefined {
  if (value === null) return undefined;
  const { name, type } = attribute;
  const bad = (what: string) => wrong('invalidValue', `${name} must be ${what}`);
  switch (type) {
    case 'complex':
      // Entra sends a manager as a bare id.
      if (typeof value === 'string' && findAttribute(attribute.subAttributes, 'value') !== undefined) {
        return value === '' ? undefined : readParts(attribute.subAttributes ?? [], { value }, name);
      }
      return readParts(attribute.subAttributes ?? [], value, name);
    case 'boolean':
      if (typeof value === 'boolean') return value;
      // Entra writes "True" and "False".
      if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
      throw bad('true or false');
    case 'decimal':
    case 'integer':
      if (typeof value !== 'number') throw bad('a number');
      return value;
    case 'string':
    case 'dateTime':
    case 'reference':
    case 'binary':
      if (typeof value !== 'string') throw bad('a text');
      if (value.length > maxTextLength || !value.isWellFormed()) {
        throw bad(`a text of at most ${maxTextLength} characters`);
      }
      return value;
  }
}

function readParts(attributes: readonly Attribute[], value: Json, name: string): JsonObject | undefined {
  if (value === null) return undefined;
  if (!isObject(value)) throw wrong('invalidValue', `${name} must be an object`);
  const entries = Object.entries(value).flatMap(([part, given]): [string, Json][] => {
    const attribute = findAttribute(attributes, part);
    const read = attribute && isKept(attribute) ? readValue(attribute, given) : undefined;
    return attribute === undefined || read === undefined ? [] : [[attribute.name, read]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

export const isSame = (a: unknown, b: unknown): boolean => isDeepStrictEqual(a, b);

/** The text at a path, such as `name.formatted`; undefined where there is none. */
export function textAt(type: ResourceType, resource: JsonObject, name: string): string | undefined {
  const path = resolvePath(name, type);
  if (path === undefined) return undefined;
  const holder = path.urn === undefined ? resource : resource[path.urn];
  const value = isObject(holder) ? holder[path.attribute.name] : undefined;
  const part = path.sub === undefined ? value : isObject(value) ? value[path.sub.name] : undefined;
  return typeof part === 'string' && part.trim() !== '' ? part.trim() : undefined;
}
