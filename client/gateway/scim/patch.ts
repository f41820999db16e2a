import { wrong } from './errors.ts';
import { type Filter, parseTarget, type Path, type TargetPath } from './filter.ts';
import { maxOperations } from './limits.ts';
import { matches } from './match.ts';
import { findExtension, type ResourceType } from './schemas.ts';
import {
  checkWhole,
  isKept,
  isObject,
  isSame,
  onePrimary,
  readValue,
  requireSchema,
  type Json,
  type JsonObject,
} from './values.ts';

/** PATCH (RFC 7644, 3.5.2), with what Okta and Entra send beside it. The resource that comes out; nothing is changed. */

export const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
type Op = 'add' | 'replace' | 'remove';

export function applyPatch(type: ResourceType, resource: JsonObject, body: unknown): JsonObject {
  if (!isObject(body)) throw wrong('invalidSyntax', 'the body is not a JSON object');
  requireSchema(body, patchSchema);
  const operations = fieldOf(body, 'Operations');
  if (!Array.isArray(operations) || operations.length === 0) throw wrong('invalidSyntax', 'Operations is no list');
  if (operations.length > maxOperations) throw wrong('tooMany', `at most ${maxOperations} operations in one request`);
  const patched = (operations as readonly Json[]).reduce<JsonObject>(
    (current, operation) => applyOne(type, current, operation),
    resource,
  );
  return checkWhole(type, patched);
}

function applyOne(type: ResourceType, resource: JsonObject, operation: Json): JsonObject {
  if (!isObject(operation)) throw wrong('invalidSyntax', 'an operation is no object');
  const given = fieldOf(operation, 'op');
  const op = typeof given === 'string' ? given.toLowerCase() : '';
  const path = fieldOf(operation, 'path');
  const value = fieldOf(operation, 'value');
  if (op !== 'add' && op !== 'replace' && op !== 'remove') {
    throw wrong('invalidSyntax', 'op must be add, replace or remove');
  }
  if (path !== undefined && path !== null && typeof path !== 'string')
    throw wrong('invalidPath', 'path must be a text');
  if (op !== 'remove' && value === undefined) throw wrong('invalidValue', `value is missing: ${op} needs one`);
  if (typeof path === 'string' && path.trim() !== '') return applyAt(type, resource, op, path.trim(), value);
  if (op === 'remove') throw wrong('noTarget', 'path is missing: it says what to remove');
  if (!isObject(value)) throw wrong('invalidValue', 'value must be an object where there is no path');
  return applyEach(type, resource, op, value, '');
}

/** The fields of an object, each as if it were a path. What a client may not write is left as it is. */
function applyEach(type: ResourceType, resource: JsonObject, op: Op, value: JsonObject, prefix: string): JsonObject {
  return Object.entries(value).reduce<JsonObject>((current, [name, given]) => {
    const path = `${prefix}${name}`;
    if (findExtension(type, path) === undefined) {
      const target = knownTarget(type, path);
      if (target === undefined || !isWritable(target.path)) return current;
    }
    return applyAt(type, current, op, path, given);
  }, resource);
}

function knownTarget(type: ResourceType, path: string): TargetPath | undefined {
  try {
    return parseTarget(path, type);
  } catch {
    // Unknown attributes are ignored, as they are in POST and PUT.
    return undefined;
  }
}

function applyAt(type: ResourceType, resource: JsonObject, op: Op, path: string, value: Json | undefined): JsonObject {
  const extension = findExtension(type, path);
  if (extension !== undefined) {
    if (op === 'remove') return without(resource, extension.id);
    if (!isObject(value)) throw wrong('invalidValue', `the value of ${extension.id} must be an object`);
    return applyEach(type, resource, op, value, `${extension.id}:`);
  }
  const target = parseTarget(path, type);
  if (!isWritable(target.path)) {
    // A password is taken and kept nowhere.
    if (target.path.attribute.mutability !== 'readOnly') return resource;
    throw wrong('mutability', `${path} is read-only`);
  }
  const { urn, attribute } = target.path;
  const holder = urn === undefined ? resource : isObject(resource[urn]) ? resource[urn] : {};
  const current = holder[attribute.name];
  const next =
    target.filter === undefined
      ? changeWhole(current, op, target.path, value)
      : changeMatching(current, op, { path: target.path, filter: target.filter }, value);
  const kept = isNothing(next) ? without(holder, attribute.name) : { ...holder, [attribute.name]: next };
  if (urn === undefined) return kept;
  return isNothing(kept) ? without(resource, urn) : { ...resource, [urn]: kept };
}

/** Without a filter: an attribute, or a part of it (of each element in a list). */
function changeWhole(current: Json | undefined, op: Op, { attribute, sub }: Path, value: Json | undefined) {
  if (sub !== undefined) {
    const read = op === 'remove' ? undefined : readValue(sub, value ?? null);
    const change = (element: Json) => (isObject(element) ? withPart(element, sub.name, read) : element);
    if (!attribute.multiValued) return change(current ?? {});
    const elements = listOf(current);
    return elements.length === 0 && read !== undefined ? [{ [sub.name]: read }] : withoutEmpty(elements.map(change));
  }
  if (op === 'remove') {
    // Okta and Entra name the members to remove in the value.
    return attribute.multiValued && value !== undefined && value !== null
      ? listOf(current).filter(
          (element) => !listOf(readValue(attribute, value)).some((one) => isSameElement(element, one)),
        )
      : undefined;
  }
  const read = readValue(attribute, value ?? null);
  if (attribute.multiValued) return op === 'replace' ? read : added(listOf(current), listOf(read));
  if (attribute.type === 'complex' && isObject(read) && isObject(current)) return { ...current, ...read };
  return read;
}

function changeMatching(
  current: Json | undefined,
  op: Op,
  { path: { attribute, sub }, filter }: TargetPath & { readonly filter: Filter },
  value: Json | undefined,
): Json | undefined {
  const elements = listOf(current);
  const isMeant = (element: Json): element is JsonObject => isObject(element) && matches(filter, element);
  if (op === 'remove') {
    if (sub === undefined) return elements.filter((element) => !isMeant(element));
    return withoutEmpty(
      elements.map((element) => (isMeant(element) ? withPart(element, sub.name, undefined) : element)),
    );
  }
  const read = sub === undefined ? listOf(readValue(attribute, value ?? null))[0] : readValue(sub, value ?? null);
  const change = (element: JsonObject): Json => {
    if (sub !== undefined) return withPart(element, sub.name, read);
    return op === 'add' && isObject(read) ? { ...element, ...read } : (read ?? {});
  };
  if (elements.some(isMeant)) {
    return onePrimary(withoutEmpty(elements.map((element) => (isMeant(element) ? change(element) : element))));
  }
  // Entra sets the work e-mail of somebody who has none in this way.
  const described = describedBy(filter);
  if (described === undefined) throw wrong('noTarget', `no element of ${attribute.name} is as the path says`);
  return added(elements, withoutEmpty([change(described)]));
}

/** The element that a filter of equalities describes; undefined where it says more. */
function describedBy(filter: Filter): JsonObject | undefined {
  if (filter.op === 'eq' && filter.path.sub === undefined && filter.value !== null) {
    return { [filter.path.attribute.name]: filter.value };
  }
  if (filter.op !== 'and') return undefined;
  const parts = filter.parts.map(describedBy);
  return parts.includes(undefined) ? undefined : Object.assign({}, ...parts);
}

/** An element that has the value already is the same one, with what is new about it: a member is there once. */
function added(current: readonly Json[], more: readonly Json[]): readonly Json[] {
  const kept = current.filter((element) => !more.some((one) => isSameElement(element, one)));
  return onePrimary([...kept, ...more]);
}

/** Elements are told apart by their value; those without one by all they have. */
function isSameElement(a: Json, b: Json): boolean {
  if (!isObject(a) || !isObject(b) || b['value'] === undefined) return isSame(a, b);
  return a['value'] === b['value'];
}

function withPart(element: JsonObject, name: string, value: Json | undefined): JsonObject {
  return value === undefined ? without(element, name) : { ...element, [name]: value };
}

/** An element whose last part was taken away says nothing any more. */
const withoutEmpty = (elements: readonly Json[]): readonly Json[] =>
  elements.filter((element) => !isObject(element) || Object.keys(element).length > 0);

const without = (object: JsonObject, name: string): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
const listOf = (value: Json | undefined): readonly Json[] =>
  value === undefined || value === null ? [] : [value].flat();
const isNothing = (value: Json | undefined): value is undefined =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
const isWritable = ({ attribute, sub }: Path): boolean => isKept(attribute) && (sub === undefined || isKept(sub));
const fieldOf = (object: JsonObject, name: string): Json | undefined =>
  Object.entries(object).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
