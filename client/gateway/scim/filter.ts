import { findPart, resolvePath, type Attribute, type Path } from './attributes.ts';
import { UnknownAttribute, wrong } from './errors.ts';
import { maxFilterDepth, maxFilterLength } from './limits.ts';
import { isStorable } from './values.ts';

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
  const rest = isWhole ? [] : takePart(reader, list);
  reader.expect('');
  return { path, filter, rest };
}

const takePath = (reader: Reader, scope: Attribute, resolve = resolvePath): Path =>
  reader.takeKnown((name) => resolve(name, scope));

/** Entra leaves out the URN of an extension. */
function resolveBelow(name: string, scope: Attribute): Path | undefined {
  const extensions = scope.subAttributes?.filter((part) => part.name.startsWith('urn:')) ?? [];
  const [found] = extensions.flatMap((one): Path[] => {
    const inner = resolvePath(name, one);
    return inner === undefined ? [] : [[one, ...inner]];
  });
  return resolvePath(name, scope) ?? found;
}

const takePart = (reader: Reader, list: Attribute): Path =>
  reader.takeKnown((token) => (token.startsWith('.') ? resolvePath(token.slice(1), list) : undefined));

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
  const path = takePath(reader, scope, resolveBelow);
  const attribute = path.at(-1);
  if (attribute !== undefined && reader.skip('[')) {
    const filter = readAlternatives(reader, attribute, depth + 1);
    reader.expect(']');
    if (!reader.peek().startsWith('.')) return { op: 'has', path, filter };
    const part = takePart(reader, attribute);
    return {
      op: 'has',
      path,
      filter: { op: 'and', parts: [filter, readComparison(reader, comparedPath(part), part)] },
    };
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
  const value = reader.take((token) => literal(token, type), 'a value was expected, such as a text in double quotes');
  if (isOrdered && value === null) reader.fail(`null cannot be compared by ${op}`);
  return { op, path: compared, value };
}

/** As the attribute has it, whether the client has put it in quotes or not. */
function literal(token: string, type: Attribute['type'] | undefined): Literal | undefined {
  const isQuoted = /^(["']).*\1$/s.test(token);
  const text = token.startsWith('"') ? parsed(token) : isQuoted ? token.slice(1, -1) : bare(token);
  if (typeof text !== 'string' || !isStorable(text)) return undefined;
  if (token.toLowerCase() === 'null') return null;
  if (type === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (isQuoted || (type !== 'boolean' && type !== 'decimal' && type !== 'integer')) return text;
  const value = parsed(token);
  return typeof value === 'number' ? value : undefined;
}

const bare = (token: string): string | undefined => (/^[^()[\]]+$/.test(token) ? token : undefined);

function parsed(token: string): unknown {
  try {
    return JSON.parse(token) as unknown;
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
    this.#tokens = [...given.matchAll(/[()[\]]|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s()[\]"]+|"/g)];
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

  /** What the schemas have by the next name. */
  takeKnown(read: (name: string) => Path | undefined): Path {
    const found = read(this.peek());
    if (found === undefined && /^[^()[\]"]+$/.test(this.peek())) {
      throw new UnknownAttribute(400, `${this.peek().slice(0, 100)} is not an attribute here`, this.#kind);
    }
    return this.take(() => found, 'the name of an attribute was expected');
  }

  take<T>(read: (token: string) => T | undefined, why: string): T {
    const found = read(this.peek());
    if (found === undefined) this.fail(why);
    this.#next += 1;
    return found;
  }
}
