import type { Filter, Literal, Path } from './filter.ts';
import type { Attribute } from './schemas.ts';
import { isObject, type Json, type JsonObject } from './values.ts';

/** Whether the resource, or the part of one, is as the filter says. */
export function matches(filter: Filter, value: JsonObject): boolean {
  switch (filter.op) {
    case 'and':
      return filter.parts.every((part) => matches(part, value));
    case 'or':
      return filter.parts.some((part) => matches(part, value));
    case 'not':
      return !matches(filter.part, value);
    case 'present':
      return elementsAt(value, filter.path).some(isPresent);
    case 'has':
      return elementsAt(value, filter.path).some((one) => isObject(one) && matches(filter.filter, one));
    case 'ne':
      return !isEqualTo(value, filter.path, filter.value);
    case 'eq':
      return isEqualTo(value, filter.path, filter.value);
    case 'co':
    case 'sw':
    case 'ew':
    case 'gt':
    case 'ge':
    case 'lt':
    case 'le': {
      const { op, path, value: wanted } = filter;
      const attribute = comparedBy(path);
      return comparedAt(value, path).some((one) => compares(op, attribute, one, wanted));
    }
  }
}

/** By what a list is ordered: the first value at the path, those without one last. */
export function sortKeyOf(value: JsonObject, path: Path): string | number | undefined {
  const elements = elementsAt(value, path);
  const chosen = elements.find((one) => isObject(one) && one['primary'] === true) ?? elements[0];
  const [key] = chosen === undefined ? [] : simple(path, [chosen]);
  const folded = foldedFor(comparedBy(path), key);
  return typeof folded === 'boolean' ? Number(folded) : (folded ?? undefined);
}

function isEqualTo(value: JsonObject, path: Path, wanted: Literal): boolean {
  const attribute = comparedBy(path);
  const actual = comparedAt(value, path);
  if (wanted === null) return actual.length === 0;
  return actual.some((one) => foldedFor(attribute, one) === foldedFor(attribute, wanted));
}

function compares(
  op: 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le',
  attribute: Attribute,
  one: Json,
  wanted: Literal,
) {
  const [left, right] = [foldedFor(attribute, one), foldedFor(attribute, wanted)];
  if (typeof left === 'string' && typeof right === 'string') {
    if (op === 'co') return left.includes(right);
    if (op === 'sw') return left.startsWith(right);
    if (op === 'ew') return left.endsWith(right);
  }
  if (left === null || right === null || typeof left !== typeof right) return false;
  if (op === 'gt') return left > right;
  if (op === 'ge') return left >= right;
  if (op === 'lt') return left < right;
  return op === 'le' && left <= right;
}

/** A complex attribute is compared by its `value`. */
const comparedBy = ({ attribute, sub }: Path): Attribute =>
  sub ?? attribute.subAttributes?.find(({ name }) => name === 'value') ?? attribute;

const comparedAt = (value: JsonObject, path: Path): readonly Json[] => simple(path, elementsAt(value, path));

function simple({ attribute, sub }: Path, elements: readonly Json[]): readonly Json[] {
  if (sub !== undefined || attribute.type !== 'complex') return elements;
  return elements.flatMap((one) => (isObject(one) && one['value'] !== undefined ? [one['value']] : []));
}

/** All that stands there, lists laid open. */
export function elementsAt(value: JsonObject, { urn, attribute, sub }: Path): readonly Json[] {
  const holder = urn === undefined ? value : value[urn];
  const found = isObject(holder) ? [holder[attribute.name] ?? []].flat() : [];
  if (sub === undefined) return found;
  return found.flatMap((one) => (isObject(one) ? [one[sub.name] ?? []].flat() : []));
}

const isPresent = (value: Json): boolean =>
  value !== null && value !== '' && !(isObject(value) && Object.keys(value).length === 0);

function foldedFor({ type, caseExact }: Attribute, value: Json | undefined): string | number | boolean | null {
  if (value === undefined || value === null || typeof value === 'object') return null;
  if (type === 'dateTime' && typeof value === 'string' && !Number.isNaN(Date.parse(value))) return Date.parse(value);
  // Entra writes booleans as texts.
  if (type === 'boolean' && typeof value === 'string') return value.toLowerCase() === 'true';
  return typeof value === 'string' && caseExact !== true ? value.toLowerCase() : value;
}
