import { isDeepStrictEqual } from 'node:util';
import { findPart, isNamed, resolvePath, type Attribute, type Path } from './attributes.ts';
import { ScimError, UnknownAttribute, wrong } from './errors.ts';
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
export function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}
/** Null, a blank, an empty list and an empty object say nothing. */
export const isNothing = (value: Json | undefined): value is undefined => {
  if (typeof value === 'string') return value.trim() === '';
  if (Array.isArray(value)) return value.length === 0;
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
};

/** What of a request was not taken. */
export interface Notes {
  /** Attributes that the schemas do not have. */
  unknown: number;
  /** Wrong values, which were left out. */
  readonly faults: ScimError[];
}

export const newNotes = (): Notes => ({ unknown: 0, faults: [] });

/** What it returns; a fault is noted, and what had it is left out. */
export function unlessFaulty<T>(notes: Notes, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnknownAttribute) notes.unknown += 1;
    else if (error instanceof ScimError) notes.faults.push(error);
    else throw error;
    return undefined;
  }
}

/** The body of POST and PUT. Unknown and read-only attributes are dropped, and so is a password: none is kept. */
export function readResource({ root }: ResourceType, body: unknown, notes: Notes): JsonObject {
  if (!isObject(body)) throw wrong('invalidSyntax', 'the body is not a JSON object');
  return readParts(root, unwrapped(root, body), notes) ?? {};
}

/** Some clients put the attributes of the core schema below its URN, as those of an extension are. */
export function unwrapped({ name }: Attribute, value: JsonObject): JsonObject {
  const wraps = (key: string, inner: Json): inner is JsonObject => isNamed(key, name) && isObject(inner);
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.flatMap(([key, inner]) => (wraps(key, inner) ? Object.entries(inner) : [[key, inner]])),
  );
}

/** Notes what is required and is not there. */
export function requireAll({ subAttributes }: Attribute, resource: JsonObject, notes: Notes): void {
  const missing = subAttributes?.find(({ name, required }) => required === true && resource[name] === undefined);
  if (missing !== undefined) notes.faults.push(wrong('invalidValue', `${missing.name} is required`));
}

/** Whether a client may write it, and it is kept. */
export const isKept = ({ mutability, returned }: Attribute): boolean =>
  mutability !== 'readOnly' && mutability !== 'writeOnly' && returned !== 'never';

/** Entra writes "True" and "False", and directories that have no booleans write 1 and 0. */
function booleanIn(word: string): boolean | undefined {
  if (word === 'true' || word === '1') return true;
  return word === 'false' || word === '0' ? false : undefined;
}

/** PostgreSQL stores no text with NUL in it. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** Undefined where there is nothing to keep: a blank says nothing. */
export function readValue(attribute: Attribute, value: Json | undefined, notes: Notes): Json | undefined {
  if (value === null || value === undefined) return undefined;
  if (attribute.multiValued) {
    const read = onePrimary(listOf(value).flatMap((one) => readElement(attribute, one, notes) ?? []));
    return read.length === 0 ? undefined : read;
  }
  const [one, another] = listOf(value);
  if (another !== undefined) throw wrong('invalidValue', `${attribute.name} must be one value, not a list`);
  return one === undefined ? undefined : readOne(attribute, one, notes);
}

/** At most one is the primary one: the last that says so, unless another is chosen. */
export function onePrimary(list: readonly Json[], chosen = list.findLastIndex(isPrimary)): readonly Json[] {
  return list.map((one, index) => (isPrimary(one) && index !== chosen ? { ...one, primary: false } : one));
}

export const isPrimary = (one: Json): one is JsonObject => isObject(one) && one['primary'] === true;

/** An element that has no value although its kind has one says nothing. */
function readElement(attribute: Attribute, value: Json, notes: Notes): Json | undefined {
  const read = readOne(attribute, value, notes);
  const isEmpty = isObject(read) && read['value'] === undefined && findPart(attribute, 'value') !== undefined;
  return isEmpty ? undefined : read;
}

function readOne(attribute: Attribute, value: Json, notes: Notes): Json | undefined {
  if (value === null || (typeof value === 'string' && value.trim() === '')) return undefined;
  // Entra's older form: `{"$ref": null, "value": "False"}`.
  const inner = attribute.type !== 'complex' && isObject(value) ? value['value'] : undefined;
  if (inner !== undefined && !isObject(inner)) return readOne(attribute, inner, notes);
  const { name, type } = attribute;
  const bad = (what: string) => wrong('invalidValue', `${name} must be ${what}`);
  switch (type) {
    case 'complex':
      // Entra sends a manager as a bare id.
      if (!isObject(value) && findPart(attribute, 'value') !== undefined) return readParts(attribute, { value }, notes);
      if (!isObject(value)) throw bad('an object');
      return readParts(attribute, value, notes);
    case 'boolean': {
      if (typeof value === 'boolean') return value;
      const read = typeof value === 'object' ? undefined : booleanIn(String(value).trim().toLowerCase());
      if (read === undefined) throw bad('true or false');
      return read;
    }
    case 'decimal':
    case 'integer':
      if (typeof value !== 'number') throw bad('a number');
      return value;
    case 'string':
    case 'dateTime':
    case 'reference':
    case 'binary': {
      // Directories send a number of an employee as one.
      const text = typeof value === 'number' ? String(value) : value;
      if (typeof text !== 'string') throw bad('a text');
      if (text.length > maxTextLength) throw bad(`a text of at most ${maxTextLength} characters`);
      if (!isStorable(text)) throw bad('a text without NUL and halves of characters');
      return text;
    }
  }
}

/** The parts that the attribute has and that can be read. */
export function readParts(attribute: Attribute, value: JsonObject, notes: Notes): JsonObject | undefined {
  const read: Record<string, Json> = {};
  for (const [name, given] of Object.entries(value)) {
    const part = findPart(attribute, name);
    if (part === undefined) notes.unknown += 1;
    if (part === undefined || !isKept(part)) continue;
    const known = unlessFaulty(notes, () => readValue(part, given, notes));
    if (known !== undefined) read[part.name] = known;
  }
  return Object.keys(read).length === 0 ? undefined : read;
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

/**
 * Whether the user is employed. Without a word they are; null is kept where the word was taken away from somebody who was not, and is shown
 * to nobody.
 */
export const isEmployed = ({ active }: JsonObject): boolean => active === undefined || active === true;
