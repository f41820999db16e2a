import type { Attribute, Path } from './attributes.ts';
import { wrong } from './errors.ts';
import { parseTarget, type Filter, type Target } from './filter.ts';
import { maxOperations } from './limits.ts';
import { matches } from './match.ts';
import type { ResourceType } from './schemas.ts';
import {
  fieldOf,
  isKept,
  isNothing,
  isObject,
  isSame,
  listOf,
  lowerCased,
  onePrimary,
  readValue,
  requireAll,
  requireSchema,
  type Json,
  type JsonObject,
} from './values.ts';

/** PATCH (RFC 7644, 3.5.2), with what Okta and Entra send beside it. Returns the resource that results; nothing is changed in place. */

export const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

interface Operation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly value: Json | undefined;
}

/** The new value of an attribute from its current one. */
type Change = (current: Json | undefined, attribute: Attribute) => Json | undefined;

export function applyPatch({ root }: ResourceType, resource: JsonObject, body: unknown): JsonObject {
  if (!isObject(body)) throw wrong('invalidSyntax', 'the body is not a JSON object');
  requireSchema(body, patchSchema);
  const operations = fieldOf(body, 'Operations');
  if (!Array.isArray(operations) || operations.length === 0) throw wrong('invalidSyntax', 'Operations must be a list');
  if (operations.length > maxOperations) throw wrong('tooMany', `at most ${maxOperations} operations in one request`);
  const patched = (operations as readonly Json[]).reduce<JsonObject>(
    (current, operation) => applyOne(root, current, operation),
    resource,
  );
  return requireAll(root, patched);
}

function applyOne(root: Attribute, resource: JsonObject, operation: Json): JsonObject {
  if (!isObject(operation)) throw wrong('invalidSyntax', 'an operation must be an object');
  const op = lowerCased(fieldOf(operation, 'op'));
  const path = fieldOf(operation, 'path') ?? '';
  const value = fieldOf(operation, 'value');
  if (op !== 'add' && op !== 'replace' && op !== 'remove') {
    throw wrong('invalidSyntax', 'op must be add, replace or remove');
  }
  if (typeof path !== 'string') throw wrong('invalidPath', 'path must be a text');
  if (op !== 'remove' && value === undefined) throw wrong('invalidValue', `value is missing: ${op} needs one`);
  if (path.trim() !== '') {
    const target = parseTarget(path.trim(), root);
    if (target.path[0]?.mutability === 'readOnly') throw wrong('mutability', `${path} is read-only`);
    return applyAt(resource, target, { op, value });
  }
  if (op === 'remove') throw wrong('noTarget', 'path is missing: it says what to remove');
  if (!isObject(value)) throw wrong('invalidValue', 'value must be an object where there is no path');
  return merged(resource, root, { op, value });
}

/** Each field of the value as if it were a path. Attributes that are unknown or read-only are left as they are. */
function merged(object: JsonObject, scope: Attribute, { op, value }: Operation & { value: JsonObject }): JsonObject {
  return Object.entries(value).reduce<JsonObject>((current, [name, given]) => {
    const target = knownTarget(name, scope);
    return target === undefined ? current : applyAt(current, target, { op, value: given });
  }, object);
}

function knownTarget(name: string, scope: Attribute): Target | undefined {
  try {
    return parseTarget(name, scope);
  } catch {
    return undefined;
  }
}

function applyAt(object: JsonObject, { path, filter, rest }: Target, operation: Operation): JsonObject {
  if (![...path, ...rest].every(isKept)) return object;
  const change = filter === undefined ? changeWhole(operation) : changeMatching(operation, filter, rest);
  return changeAt(object, path, change);
}

/** The object with what stands at the path changed: in each element of a list, and in a new one where there is none. */
function changeAt(object: JsonObject, [attribute, ...rest]: Path, change: Change): JsonObject {
  if (attribute === undefined) return object;
  const { name, multiValued } = attribute;
  const current = object[name];
  const changeIn = (one: Json): JsonObject => changeAt(isObject(one) ? one : {}, rest, change);
  const changeBelow = (): Json =>
    multiValued ? tidied((isNothing(current) ? [{}] : listOf(current)).map(changeIn)) : changeIn(current ?? {});
  const next = rest.length === 0 ? change(current, attribute) : changeBelow();
  if (!isNothing(next)) return { ...object, [name]: next };
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}

function changeWhole({ op, value }: Operation): Change {
  return (current, attribute) => {
    if (attribute.multiValued) {
      if (op === 'replace') return readValue(attribute, value);
      const given = listOf(readValue(attribute, value));
      if (op === 'add') return added(listOf(current), given);
      // Okta and Entra name the members to remove in the value.
      return isNothing(value) ? undefined : without(listOf(current), given);
    }
    if (op === 'remove') return undefined;
    if (attribute.type !== 'complex' || !isObject(value)) return readValue(attribute, value);
    return merged(isObject(current) ? current : {}, attribute, { op, value });
  };
}

function changeMatching({ op, value }: Operation, filter: Filter, rest: Path): Change {
  return (current, attribute) => {
    const isMeant = (element: Json): element is JsonObject => isObject(element) && matches(filter, element);
    const change = (element: JsonObject): Json => {
      if (rest.length > 0) return changeAt(element, rest, changeWhole({ op, value }));
      if (op === 'remove') return {};
      const [read] = listOf(readValue(attribute, value));
      return op === 'add' && isObject(read) ? { ...element, ...read } : (read ?? {});
    };
    const elements = listOf(current);
    if (op === 'remove' || elements.some(isMeant)) {
      return tidied(elements.map((element) => (isMeant(element) ? change(element) : element)));
    }
    // Entra sets the work e-mail of a user who has none in this way.
    const described = describedBy(filter);
    if (described === undefined) throw wrong('noTarget', `no element of ${attribute.name} matches the path`);
    return added(elements, tidied([change(described)]));
  };
}

/** The element that a filter of equalities describes; undefined for any other filter. */
function describedBy(filter: Filter): JsonObject | undefined {
  if (filter.op === 'eq' && filter.value !== null) {
    const [part, ...more] = filter.path;
    return part === undefined || more.length > 0 ? undefined : { [part.name]: filter.value };
  }
  if (filter.op !== 'and') return undefined;
  const parts = filter.parts.map(describedBy);
  return parts.includes(undefined) ? undefined : Object.assign({}, ...parts);
}

/** An element that has the value already is the same one, with what is new about it: a member is there once. */
const added = (current: readonly Json[], more: readonly Json[]): readonly Json[] =>
  onePrimary([...without(current, more), ...more]);

const without = (current: readonly Json[], others: readonly Json[]): readonly Json[] =>
  current.filter((element) => !others.some((one) => isSameElement(element, one)));

/** Elements are told apart by their value; those without one by all they have. */
function isSameElement(a: Json, b: Json): boolean {
  if (!isObject(a) || !isObject(b) || b['value'] === undefined) return isSame(a, b);
  return a['value'] === b['value'];
}

/** Without elements whose last part was removed, and with one primary element at most. */
const tidied = (elements: readonly Json[]): readonly Json[] =>
  onePrimary(elements.filter((element) => !isObject(element) || !isNothing(element)));
