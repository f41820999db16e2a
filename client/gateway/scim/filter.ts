import { findPart, resolvePath, type Attribute, type Path } from './attributes.ts';
import { wrong } from './errors.ts';
import { maxFilterDepth, maxFilterLength } from './limits.ts';

/** Filters (RFC 7644, 3.4.2.2) and the paths of PATCH (3.5.2), read against the schemas. */

const comparisons = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const;
export type Comparison = (typeof comparisons)[number];
export type Literal = string | number | boolean | null;

export type Filter =
  | { readonly op: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly op: 'not'; readonly part: Filter }
  | { readonly op: 'present'; readonly path: Path }
  | { readonly op: Comparison; readonly path: Path; readonly value: Literal }
  | { readonly op: 'has'; readonly path: Path; readonly filter: Filter };

export interface Target {
  readonly path: Path;
  readonly filter?: Filter;
  /** What follows the filter, from an element of the list on. */
  readonly rest: Path;
}

export function parseFilter(given: string, scope: Attribute): Filter {
  if (given.length > maxFilterLength)
    throw wrong('invalidFilter', `a filter has at most ${maxFilterLength} characters`);
  const reader = new Reader(given);
  const filter = readAlternatives(reader, scope, 0);
  reader.expect('');
  return filter;
}

/** The path of a PATCH operation: `attribute`, `attribute.sub`, `attribute[filter]`, `attribute[filter].sub`. */
export function parseTarget(given: string, scope: Attribute): Target {
  if (given.length > maxFilterLength) throw wrong('invalidPath', `a path has at most ${maxFilterLength} characters`);
  const reader = new Reader(given, 'invalidPath');
  const path = takePath(reader, scope);
  if (!reader.skip('[')) {
    reader.expect('');
    return { path, rest: [] };
  }
  const list = path.at(-1);
  if (list?.multiValued !== true) return reader.fail('only lists take a filter');
  const filter = readAlternatives(reader, list, 0);
  reader.expect(']');
  const isWhole = reader.peek() === '';
  const rest = isWhole ? [] : reader.take((token) => partAfterDot(token, list), `${list.name} has no such part`);
  reader.expect('');
  return { path, filter, rest };
}

const takePath = (reader: Reader, scope: Attribute): Path =>
  reader.take((name) => resolvePath(name, scope), `${reader.peek().slice(0, 100)} is not an attribute here`);

const partAfterDot = (token: string, list: Attribute): Path | undefined =>
  token.startsWith('.') ? resolvePath(token.slice(1), list) : undefined;

/** A complex attribute is compared by its `value`. */
export function comparedPath(path: Path): Path {
  const last = path.at(-1);
  const value = last?.type === 'complex' ? findPart(last, 'value') : undefined;
  return value === undefined ? path : [...path, value];
}

function readAlternatives(reader: Reader, scope: Attribute, depth: number): Filter {
  if (depth > maxFilterDepth) throw wrong('invalidFilter', `a filter has at most ${maxFilterDepth} levels`);
  return readParts(reader, 'or', () => readParts(reader, 'and', () => readTerm(reader, scope, depth)));
}

function readParts(reader: Reader, op: 'and' | 'or', read: () => Filter): Filter {
  const first = read();
  const parts = [first];
  while (reader.skip(op)) parts.push(read());
  return parts.length === 1 ? first : { op, parts };
}

function readTerm(reader: Reader, scope: Attribute, depth: number): Filter {
  const isNegated = reader.skip('not');
  if (reader.skip('(')) {
    const part = readAlternatives(reader, scope, depth + 1);
    reader.expect(')');
    return isNegated ? { op: 'not', part } : part;
  }
  if (isNegated) reader.fail('( must follow not');
  const path = takePath(reader, scope);
  const attribute = path.at(-1);
  if (attribute !== undefined && reader.skip('[')) {
    const filter = readAlternatives(reader, attribute, depth + 1);
    reader.expect(']');
    return { op: 'has', path, filter };
  }
  return readComparison(reader, comparedPath(path), path);
}

function readComparison(reader: Reader, compared: Path, path: Path): Filter {
  if (reader.skip('pr')) return { op: 'present', path };
  const find = (token: string) => comparisons.find((one) => one === token.toLowerCase());
  const op = reader.take(find, `an operator was expected: pr, ${comparisons.join(', ')}`);
  const type = compared.at(-1)?.type;
  const isOrdered = op !== 'eq' && op !== 'ne';
  if (isOrdered && (type === 'boolean' || type === 'binary')) reader.fail(`${type} values cannot be compared by ${op}`);
  const value = reader.take(literal, 'a value was expected: a text in double quotes, a number, true, false or null');
  if (isOrdered && value === null) reader.fail(`null cannot be compared by ${op}`);
  return { op, path: compared, value };
}

function literal(token: string): Literal | undefined {
  if (!/^("|-?\d|(true|false|null)$)/i.test(token)) return undefined;
  try {
    return JSON.parse(token.startsWith('"') ? token : token.toLowerCase()) as Literal;
  } catch {
    return undefined;
  }
}

/** The signs, names and texts of a filter, from left to right. */
class Reader {
  readonly #kind: 'invalidFilter' | 'invalidPath';
  readonly #tokens: readonly RegExpExecArray[];
  #next = 0;

  constructor(given: string, kind: 'invalidFilter' | 'invalidPath' = 'invalidFilter') {
    this.#kind = kind;
    this.#tokens = [...given.matchAll(/[()[\]]|"(?:[^"\\]|\\.)*"|[^\s()[\]"]+|"/g)];
  }

  fail(why: string): never {
    const at = this.#tokens[this.#next]?.index;
    throw wrong(this.#kind, `${at === undefined ? 'at the end' : `at character ${at + 1}`}: ${why}`);
  }

  /** Empty at the end. */
  peek(): string {
    return this.#tokens[this.#next]?.[0] ?? '';
  }

  skip(token: string): boolean {
    const isNext = this.peek().toLowerCase() === token;
    if (isNext) this.#next += 1;
    return isNext;
  }

  expect(token: string): void {
    if (!this.skip(token)) this.fail(`${token === '' ? 'the end' : token} was expected`);
  }

  take<T>(read: (token: string) => T | undefined, why: string): T {
    const found = read(this.peek());
    if (found === undefined) this.fail(why);
    this.#next += 1;
    return found;
  }
}
