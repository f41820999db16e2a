import { isDeepStrictEqual } from 'node:util';
import { findPart, resolvePath, type Attribute, type Path } from './attributes.ts';
import { wrong } from './errors.ts';
import { maxTextLength } from './limits.ts';
import type { ResourceType } from './schemas.ts';

/** What a client sends, brought into the form in which it is kept: known attributes only, by their names in the schema. */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const isSame = (a: unknown, b: unknown): boolean => isDeepStrictEqual(a, b);
export const listOf = (value: Json | undefined): readonly Json[] =>
  value === undefined || value === null ? [] : [value].flat();
/** Null, an empty list and an empty object say nothing. */
export const isNothing = (value: Json | undefined): value is undefined =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);

/** The body of POST and PUT. Unknown and read-only attributes are dropped, and so is a password: none is kept. */
export function readResource({ name, root }: ResourceType, body: unknown): JsonObject {
  if (!isObject(body)) throw wrong('invalidSyntax', 'the body is not a JSON object');
  requireSchema(body, root.name);
  // A user that is pushed without `active` is active; a PATCH may still take the attribute away.
  const defaults: JsonObject = name === 'User' ? { active: true } : {};
  return requireAll(root, { ...defaults, ...readParts(root, body) });
}

export function requireSchema(body: JsonObject, urn: string): void {
  const named = listOf(fieldOf(body, 'schemas')).map(lowerCased);
  if (!named.includes(urn.toLowerCase())) throw wrong('invalidSyntax', `schemas must name ${urn}`);
}

export function requireAll({ subAttributes }: Attribute, resource: JsonObject): JsonObject {
  const missing = subAttributes?.find(({ name, required }) => required === true && (resource[name] ?? '') === '');
  if (missing !== undefined) throw wrong('invalidValue', `${missing.name} is required`);
  return resource;
}

/** Whether a client may write it, and it is kept. */
export const isKept = ({ mutability, returned }: Attribute): boolean =>
  mutability !== 'readOnly' && mutability !== 'writeOnly' && returned !== 'never';

/** Undefined where there is nothing to keep. */
export function readValue(attribute: Attribute, value: Json | undefined): Json | undefined {
  if (value === null || value === undefined) return undefined;
  if (!attribute.multiValued) return readOne(attribute, value);
  const read = onePrimary(listOf(value).flatMap((one) => readOne(attribute, one) ?? []));
  return read.length === 0 ? undefined : read;
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
      if (typeof value === 'string' && findPart(attribute, 'value') !== undefined) {
        return value === '' ? undefined : readParts(attribute, { value });
      }
      return readParts(attribute, value);
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

function readParts(attribute: Attribute, value: Json): JsonObject | undefined {
  if (!isObject(value)) throw wrong('invalidValue', `${attribute.name} must be an object`);
  const entries = Object.entries(value).flatMap(([name, given]): [string, Json][] => {
    const part = findPart(attribute, name);
    const read = part && isKept(part) ? readValue(part, given) : undefined;
    return part === undefined || read === undefined ? [] : [[part.name, read]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Everything that stands at the path, the elements of lists one by one. */
export const elementsAt = (value: Json, path: Path): readonly Json[] =>
  path.reduce<readonly Json[]>(
    (found, { name }) => found.flatMap((one) => (isObject(one) ? listOf(one[name]) : [])),
    [value],
  );

/** The text at a path, such as `name.formatted`; undefined where there is none. */
export function textAt({ root }: ResourceType, resource: JsonObject, name: string): string | undefined {
  const [value] = elementsAt(resource, resolvePath(name, root) ?? []);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** Empty for what is not a text. */
export const lowerCased = (value: Json | undefined): string => (typeof value === 'string' ? value.toLowerCase() : '');

/** Names of fields count without regard to case. */
export const fieldOf = (object: JsonObject, name: string): Json | undefined =>
  Object.entries(object).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
