import { wrong } from './errors.ts';
import { maxFilterDepth, maxFilterLength } from './limits.ts';
import { type Attribute, coreAttributes, findAttribute, findExtension, type ResourceType } from './schemas.ts';

/** Filters (RFC 7644, 3.4.2.2) and attribute paths (3.5.2), read against the schemas. */

/** Where a value stands: in an extension or at the top, in an attribute or in a part of it. */
export interface Path {
  readonly urn?: string;
  readonly attribute: Attribute;
  readonly sub?: Attribute;
}

const comparisons = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const;
type Comparison = (typeof comparisons)[number];
export type Literal = string | number | boolean | null;

export type Filter =
  | { readonly op: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly op: 'not'; readonly part: Filter }
  | { readonly op: 'present'; readonly path: Path }
  | { readonly op: Comparison; readonly path: Path; readonly value: Literal }
  | { readonly op: 'has'; readonly path: Path; readonly filter: Filter };

/** What names are looked up in: a resource, or the parts of one attribute. */
type Scope = ResourceType | readonly Attribute[];

export function parseFilter(text: string, scope: Scope): Filter {
  if (text.length > maxFilterLength) throw wrong('invalidFilter', `a filter has at most ${maxFilterLength} characters`);
  const reader = new Reader(text);
  const filter = readAlternatives(reader, scope, 0);
  reader.end();
  return filter;
}

export interface TargetPath {
  readonly path: Path;
  readonly filter?: Filter;
}

/** The path of a PATCH operation: `attribute`, `attribute.sub`, `attribute[filter]`, `attribute[filter].sub`. */
export function parseTarget(text: string, type: ResourceType): TargetPath {
  if (text.length > maxFilterLength) throw wrong('invalidPath', `a path has at most ${maxFilterLength} characters`);
  const reader = new Reader(text, 'invalidPath');
  const path = resolvePath(reader.word(), type);
  if (path === undefined) throw wrong('invalidPath', `${text.slice(0, 100)} is no attribute of a ${type.name}`);
  if (!reader.skip('[')) {
    reader.end();
    return { path };
  }
  if (!path.attribute.multiValued || path.sub !== undefined) throw wrong('invalidPath', 'only lists take a filter');
  const filter = readAlternatives(reader, path.attribute.subAttributes ?? [], 0);
  reader.expect(']');
  const rest = reader.rest();
  if (rest === '') return { path, filter };
  const sub = rest.startsWith('.') ? findAttribute(path.attribute.subAttributes, rest.slice(1)) : undefined;
  if (sub === undefined) throw wrong('invalidPath', `${path.attribute.name} has no part ${rest.slice(1, 100)}`);
  return { path: { ...path, sub }, filter };
}

/** Undefined for a name that the schemas do not have. */
export function resolvePath(text: string, scope: Scope): Path | undefined {
  if (!isResourceType(scope)) {
    const attribute = findAttribute(scope, text);
    return attribute && { attribute };
  }
  const cut = /^urn:/i.test(text) ? text.lastIndexOf(':') : -1;
  const [name = '', subName, ...more] = splitName(text.slice(cut + 1));
  const urn = cut < 0 ? undefined : text.slice(0, cut);
  const extension = urn === undefined ? undefined : findExtension(scope, urn);
  if (urn !== undefined && extension === undefined && urn.toLowerCase() !== scope.schema.id.toLowerCase()) {
    return undefined;
  }
  const attribute = findAttribute(extension?.attributes ?? coreAttributes(scope), name);
  if (attribute === undefined || more.length > 0) return undefined;
  const place = { ...(extension === undefined ? {} : { urn: extension.id }), attribute };
  if (subName === undefined) return place;
  const sub = findAttribute(attribute.subAttributes, subName);
  return sub && { ...place, sub };
}

const splitName = (text: string): readonly string[] => text.split('.');
const isResourceType = (scope: Scope): scope is ResourceType => 'schema' in scope;

function readAlternatives(reader: Reader, scope: Scope, depth: number): Filter {
  if (depth > maxFilterDepth) throw wrong('invalidFilter', `a filter has at most ${maxFilterDepth} levels`);
  const parts = [readConjunction(reader, scope, depth)];
  while (reader.skipWord('or')) parts.push(readConjunction(reader, scope, depth));
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { op: 'or', parts };
}

function readConjunction(reader: Reader, scope: Scope, depth: number): Filter {
  const parts = [readTerm(reader, scope, depth)];
  while (reader.skipWord('and')) parts.push(readTerm(reader, scope, depth));
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { op: 'and', parts };
}

function readTerm(reader: Reader, scope: Scope, depth: number): Filter {
  const isNegated = reader.skipWord('not');
  if (reader.skip('(')) {
    const part = readAlternatives(reader, scope, depth + 1);
    reader.expect(')');
    return isNegated ? { op: 'not', part } : part;
  }
  if (isNegated) reader.fail('after not comes (');
  const name = reader.word();
  const path = resolvePath(name, scope);
  if (path === undefined) return reader.fail(`${name.slice(0, 100)} is no attribute here`);
  if (reader.skip('[')) {
    if (!path.attribute.subAttributes || path.sub) return reader.fail(`${name} has no parts`);
    const filter = readAlternatives(reader, path.attribute.subAttributes, depth + 1);
    reader.expect(']');
    return { op: 'has', path, filter };
  }
  const operator = reader.word().toLowerCase();
  if (operator === 'pr') return { op: 'present', path };
  const op = comparisons.find((one) => one === operator);
  if (op === undefined) return reader.fail(`${operator.slice(0, 20)} is no operator`);
  const value = reader.literal();
  const { type } = path.sub ?? path.attribute;
  if (op !== 'eq' && op !== 'ne' && (type === 'boolean' || type === 'binary' || value === null)) {
    return reader.fail(`${name} cannot be compared by ${op}`);
  }
  return { op, path, value };
}

/** Reads one text from left to right. */
class Reader {
  readonly #text: string;
  readonly #kind: 'invalidFilter' | 'invalidPath';
  #at = 0;

  constructor(text: string, kind: 'invalidFilter' | 'invalidPath' = 'invalidFilter') {
    this.#text = text;
    this.#kind = kind;
  }

  fail(why: string): never {
    throw wrong(this.#kind, `at character ${this.#at + 1}: ${why}`);
  }

  skip(sign: string): boolean {
    return this.#take(/\s*([()[\]])/y, (found) => found === sign) !== undefined;
  }

  skipWord(word: string): boolean {
    return this.#take(/\s*([A-Za-z]+)(?=[\s(])/y, (found) => found.toLowerCase() === word) !== undefined;
  }

  expect(sign: string): void {
    if (!this.skip(sign)) this.fail(`${sign} is missing`);
  }

  word(): string {
    return this.#take(/\s*([A-Za-z$][\w$:.-]*)/y) ?? this.fail('a name is missing');
  }

  literal(): Literal {
    const text = this.#take(/\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null)(?=[\s)\]]|$)/iy);
    if (text === undefined)
      return this.fail('a value is missing: a text in double quotes, a number, true, false or null');
    try {
      return JSON.parse(text.startsWith('"') ? text : text.toLowerCase()) as Literal;
    } catch {
      return this.fail('the value is malformed');
    }
  }

  rest(): string {
    return this.#text.slice(this.#at).trim();
  }

  end(): void {
    if (this.rest() !== '') this.fail('the end was expected');
  }

  #take(pattern: RegExp, isMeant: (found: string) => boolean = () => true): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match?.[1] === undefined || !isMeant(match[1])) return undefined;
    this.#at = pattern.lastIndex;
    return match[1];
  }
}
