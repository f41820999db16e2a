import { foldCase } from '../../../domain/text.ts';
import type { Attribute, Path } from './attributes.ts';
import { comparedPath, type Comparison, type Filter, type Literal } from './filter.ts';
import { elementsAt, isNothing, isObject, type Json, type JsonObject } from './values.ts';

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
      return elementsAt(value, filter.path).some((one) => !isNothing(one));
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
      return elementsAt(value, path).some((one) => {
        const attribute = path.at(-1);
        return compares(op, foldedFor(attribute, one), foldedFor(attribute, wanted));
      });
    }
  }
}

/** The sort key of a list: the primary or the first value at the path. */
export function sortKeyOf(value: JsonObject, path: Path): string | number | undefined {
  const elements = elementsAt(value, path);
  const chosen = elements.find((one) => isObject(one) && one['primary'] === true) ?? elements[0];
  const key = foldedFor(comparedPath(path).at(-1), isObject(chosen) ? chosen['value'] : chosen);
  return typeof key === 'boolean' ? Number(key) : (key ?? undefined);
}

function isEqualTo(value: JsonObject, path: Path, wanted: Literal): boolean {
  const attribute = path.at(-1);
  const actual = elementsAt(value, path);
  if (wanted === null) return actual.length === 0;
  return actual.some((one) => foldedFor(attribute, one) === foldedFor(attribute, wanted));
}

function compares(op: Exclude<Comparison, 'eq' | 'ne'>, left: Literal, right: Literal): boolean {
  if (left === null || right === null || typeof left !== typeof right) return false;
  switch (op) {
    case 'co':
      return typeof left === 'string' && left.includes(String(right));
    case 'sw':
      return typeof left === 'string' && left.startsWith(String(right));
    case 'ew':
      return typeof left === 'string' && left.endsWith(String(right));
    case 'gt':
      return left > right;
    case 'ge':
      return left >= right;
    case 'lt':
      return left < right;
    case 'le':
      return left <= right;
  }
}

function foldedFor(attribute: Attribute | undefined, value: Json | undefined): Literal {
  if (value === undefined || value === null || typeof value === 'object') return null;
  if (typeof value !== 'string') return value;
  if (attribute?.type === 'dateTime' && !Number.isNaN(Date.parse(value))) return Date.parse(value);
  // Entra writes booleans as texts.
  if (attribute?.type === 'boolean') return value.toLowerCase() === 'true';
  return attribute?.caseExact === true ? value : foldCase(value);
}
