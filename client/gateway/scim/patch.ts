import { foldCase } from '../../../domain/text.ts';
import { canonicalJson } from '../../../inventory/port/json.ts';
import { findPart, isNamed, type Attribute, type Path } from './attributes.ts';
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
  isPrimary,
  isSame,
  listOf,
  lowerCased,
  newNotes,
  onePrimary,
  readParts,
  readValue,
  unlessFaulty,
  unwrapped,
  type Json,
  type JsonObject,
  type Notes,
} from './values.ts';

/** PATCH (RFC 7644, 3.5.2), with what Okta and Entra send beside it. Returns the resource that results; nothing is changed in place. */

interface Operation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly value: Json | undefined;
}

/** One that says where it applies: at `target`, or (undefined) at the fields of its value. */
interface Step extends Operation {
  readonly target: Target | undefined;
}

/** The new value of an attribute from its current one. */
type Change = (current: Json | undefined, attribute: Attribute) => Json | undefined;

/** What a request asks for, read once: a large one takes a while. */
export interface Patch {
  readonly steps: readonly Step[];
  readonly notes: Notes;
}

/** An operation with a fault is noted and left out; so is a path that the schemas do not have. */
export function readPatch({ root }: ResourceType, body: unknown): Patch {
  if (!isObject(body)) throw wrong('invalidSyntax', 'the body is not a JSON object');
  const operations = listOf(fieldOf(body, 'Operations'));
  if (operations.length === 0) throw wrong('invalidSyntax', 'Operations must be a list');
  const notes = newNotes();
  const read = operations.flatMap((operation) => unlessFaulty(notes, () => readStep(root, operation)) ?? []);
  const steps = joined(read);
  if (steps.length > maxOperations) throw wrong('tooMany', `at most ${maxOperations} operations in one request`);
  return { steps, notes };
}

/** An operation that cannot be carried out is noted and changes nothing. */
export function applyPatch({ root }: ResourceType, resource: JsonObject, patch: Patch, notes: Notes): JsonObject {
  notes.unknown += patch.notes.unknown;
  notes.faults.push(...patch.notes.faults);
  const patched = patch.steps.reduce<JsonObject>(
    (current, step) => unlessFaulty(notes, () => applyOne(root, current, { ...step, notes })) ?? current,
    resource,
  );
  // What is stored passes its schema, whichever way its parts came.
  return readParts(root, patched, notes) ?? {};
}

/** The members whom the request takes from a group, by the ids that it names. */
export function removedMembers({ steps }: Patch): readonly string[] {
  const notes = newNotes();
  return steps.flatMap(({ op, target, value }) => {
    const [members, ...below] = target?.path ?? [];
    if (op !== 'remove' || members?.name !== 'members' || below.length > 0 || target?.filter !== undefined) return [];
    const named = listOf(unlessFaulty(notes, () => readValue(members, value, notes)));
    return named.flatMap((one) => (isObject(one) && typeof one['value'] === 'string' ? [one['value']] : []));
  });
}

/** The same request, which takes these members too: before anything else, so that it may add them again. */
export function alsoRemoving({ root }: ResourceType, patch: Patch, members: readonly string[]): Patch {
  const value = members.map((one) => ({ value: one }));
  return { ...patch, steps: [{ op: 'remove', target: parseTarget('members', root), value }, ...patch.steps] };
}

function readStep(root: Attribute, operation: Json): Step {
  if (!isObject(operation)) throw wrong('invalidSyntax', 'an operation must be an object');
  const op = lowerCased(fieldOf(operation, 'op'));
  const path = fieldOf(operation, 'path') ?? '';
  const value = fieldOf(operation, 'value');
  if (op !== 'add' && op !== 'replace' && op !== 'remove') {
    throw wrong('invalidSyntax', 'op must be add, replace or remove');
  }
  if (typeof path !== 'string') throw wrong('invalidPath', 'path must be a text');
  if (op !== 'remove' && value === undefined) throw wrong('invalidValue', `value is missing: ${op} needs one`);
  if (path.trim() !== '' && !isNamed(path.trim(), root.name)) {
    const target = parseTarget(path.trim(), root);
    if (target.path[0]?.mutability === 'readOnly') throw wrong('mutability', `${path} is read-only`);
    return asRemoval({ op, value, target });
  }
  if (op === 'remove') throw wrong('noTarget', 'path is missing: it says what to remove');
  return { op, value, target: undefined };
}

/** Okta removes members by a filter, one operation each: the same as by their values. */
function asRemoval(step: Step): Step {
  const { op, target } = step;
  const { path = [], filter, rest = [] } = target ?? {};
  if (op !== 'remove' || filter?.op !== 'eq' || rest.length > 0 || filter.path.length > 1) return step;
  if (filter.path[0]?.name !== 'value' || typeof filter.value !== 'string') return step;
  return { op, target: { path, rest }, value: [{ value: filter.value }] };
}

/** Neighbors that add to one list, or take from it, become one: a large group is gone through once. */
function joined(steps: readonly Step[]): readonly Step[] {
  const all: { step: Step; values: Json[] }[] = [];
  for (const step of steps) {
    const last = all.at(-1);
    if (last !== undefined && areJoinable(last.step, step)) last.values.push(...listOf(step.value));
    else all.push({ step, values: [...listOf(step.value)] });
  }
  return all.map(({ step, values }) => (values.length > listOf(step.value).length ? { ...step, value: values } : step));
}

function areJoinable(one: Step, other: Step): boolean {
  const [a, b] = [one.target, other.target];
  if (a === undefined || b === undefined || one.op !== other.op || one.op === 'replace') return false;
  const isPlain = [one, other].every(({ target, value }) => target?.filter === undefined && !isNothing(value));
  return isPlain && a.path.at(-1)?.multiValued === true && isSame(a.path, b.path);
}

type Noted<T> = T & { readonly notes: Notes };

function applyOne(root: Attribute, resource: JsonObject, { target, ...operation }: Noted<Step>): JsonObject {
  if (target !== undefined) return applyAt(resource, target, operation);
  const [value, another] = listOf(operation.value);
  if (!isObject(value) || another !== undefined) {
    throw wrong('invalidValue', 'value must be an object where there is no path');
  }
  return merged(resource, root, { ...operation, value: unwrapped(root, value) });
}

/** Each field of the value as if it were a path. Attributes that are unknown or read-only are left as they are. */
function merged(
  object: JsonObject,
  scope: Attribute,
  { op, value, notes }: Noted<Operation & { value: JsonObject }>,
): JsonObject {
  return Object.entries(value).reduce<JsonObject>(
    (current, [name, given]) =>
      unlessFaulty(notes, () => applyAt(current, parseTarget(name, scope), { op, value: given, notes })) ?? current,
    object,
  );
}

function applyAt(object: JsonObject, { path, filter, rest }: Target, operation: Noted<Operation>): JsonObject {
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

function changeWhole({ op, value, notes }: Noted<Operation>): Change {
  return (current, attribute) => {
    if (attribute.multiValued) {
      if (op === 'replace') return readValue(attribute, value, notes);
      const given = listOf(readValue(attribute, value, notes));
      if (op === 'add') return added(attribute, listOf(current), given);
      // Okta and Entra name the members to remove in the value.
      return isNothing(value) ? undefined : without(attribute, listOf(current), given);
    }
    if (op === 'remove') return undefined;
    if (attribute.type !== 'complex' || !isObject(value)) return readValue(attribute, value, notes);
    return merged(isObject(current) ? current : {}, attribute, { op, value, notes });
  };
}

function changeMatching({ op, value, notes }: Noted<Operation>, filter: Filter, rest: Path): Change {
  return (current, attribute) => {
    const isMeant = (element: Json): element is JsonObject => isObject(element) && matches(filter, element);
    const change = (element: JsonObject): Json => {
      if (rest.length > 0) return changeAt(element, rest, changeWhole({ op, value, notes }));
      if (op === 'remove') return {};
      const [read] = isObject(value)
        ? [readParts(attribute, value, notes)]
        : listOf(readValue(attribute, value, notes));
      return op === 'add' && isObject(read) ? { ...element, ...read } : (read ?? {});
    };
    const elements = listOf(current);
    if (op === 'remove' || elements.some(isMeant)) {
      const changed = elements.map((element) => (isMeant(element) ? change(element) : element));
      // The last word wins, not the last element.
      const chosen = changed.findLastIndex((element, index) => isPrimary(element) && isMeant(elements[index] ?? null));
      return tidied(chosen < 0 ? changed : onePrimary(changed, chosen));
    }
    // Entra sets the work e-mail of a user who has none in this way.
    const described = describedBy(filter);
    if (described === undefined) throw wrong('noTarget', `no element of ${attribute.name} matches the path`);
    return added(attribute, elements, tidied([change(readParts(attribute, described, notes) ?? {})]));
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
function added(attribute: Attribute, current: readonly Json[], more: readonly Json[]): readonly Json[] {
  const keyOf = keysIn(attribute);
  const all = new Map(current.map((element) => [keyOf(element), element]));
  for (const element of more) {
    all.delete(keyOf(element));
    all.set(keyOf(element), element);
  }
  return onePrimary([...all.values()]);
}

function without(attribute: Attribute, current: readonly Json[], others: readonly Json[]): readonly Json[] {
  const keyOf = keysIn(attribute);
  const gone = new Set(others.map(keyOf));
  return current.filter((element) => !gone.has(keyOf(element)));
}

/** Elements are told apart by their value; those without one by all they have. */
function keysIn(attribute: Attribute): (element: Json) => string {
  const isExact = findPart(attribute, 'value')?.caseExact === true;
  return (element) => {
    const value = isObject(element) ? element['value'] : undefined;
    if (typeof value !== 'string') return canonicalJson(element);
    return `value ${isExact ? value : foldCase(value)}`;
  };
}

/** Without elements whose last part was removed, and with one primary element at most. */
const tidied = (elements: readonly Json[]): readonly Json[] =>
  onePrimary(elements.filter((element) => !isObject(element) || !isNothing(element)));
