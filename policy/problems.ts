import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter } from 'yaml';
import type { z } from 'zod';
import { similarNames } from '../domain/text.ts';
import { knownKeys } from './schema.ts';

type Path = readonly PropertyKey[];

/** One problem: its place in the file (from 1), the field, what is wrong and the fix. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly field: string;
  readonly message: string;
}

/** The schema's issues, each with its place in the file. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], document: Document, lines: LineCounter): Problem[] {
  const at = (path: Path, message: string, onKey: boolean): Problem => {
    const { line, col } = lines.linePos(offsetOf(document, path, onKey));
    return { line: Math.max(line, 1), column: Math.max(col, 1), field: fieldName(path), message };
  };
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => at([...issue.path, key], adviseOnKey(issue.path, key), true));
    }
    const onKey = issue.code === 'custom' && issue.params?.['onKey'] === true;
    return [at(issue.path, messageOf(issue, document.getIn(issue.path)), onKey)];
  });
}

function messageOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'invalid_value') return `must be ${issue.values.join(' or ')}, ${notSo(value)}`;
  if (issue.code !== 'invalid_type' || !issue.message.startsWith('Invalid input')) return issue.message;
  const expected = expectations[issue.expected] ?? issue.expected;
  if (value === undefined) return `is missing: add it, it must be ${expected}`;
  const isPlain = typeof value === 'number' || typeof value === 'boolean';
  return `must be ${expected}, ${notSo(value)}${issue.expected === 'string' && isPlain ? ': put it in quotes' : ''}`;
}

const expectations: Readonly<Record<string, string>> = {
  string: 'a text',
  array: 'a list',
  object: 'a map of fields',
  record: 'a map of attributes to values',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
};

function notSo(value: unknown): string {
  if (value === undefined) return 'and is missing: add it';
  if (value === null) return 'but is empty: fill it in, or remove the line';
  if (isMap(value)) return 'not a map';
  if (isSeq(value)) return 'not a list';
  return `not ${JSON.stringify(value)}`;
}

/** The most similar known key, the place where the key belongs, or all keys that are known here. */
function adviseOnKey(path: Path, key: string): string {
  const place = placeOf(path);
  const here = knownKeys[place] ?? [];
  const [nearest] = similarNames(key, here);
  if (nearest !== undefined) return `is not known: did you mean ${nearest}?`;
  const other = Object.entries(knownKeys).find(([section, keys]) => section !== '' && keys.includes(key))?.[0];
  if (other !== undefined) return `is not known here: it belongs under ${other.replace('.*', '[…]')}`;
  return `is not known: the fields here are ${here.join(', ')}`;
}

const placeOf = (path: Path): string => path.map((step) => (typeof step === 'number' ? '*' : String(step))).join('.');

/** Such as `rules[2].approval.quorum`. */
function fieldName(path: Path): string {
  const name = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return name === '' ? 'the policy' : name.replace(/^\./, '');
}

/** Where the value of this path begins or, if the path does not exist, where its closest parent begins. */
function offsetOf(document: Document, path: Path, onKey: boolean): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, step] of path.entries()) {
    const parent = isAlias(node) ? node.resolve(document) : node;
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => (isScalar(key) ? key.value : key) === step);
      if (pair === undefined) break;
      node = pair.value;
      const keyOffset = startOf(pair.key) ?? offset;
      const isWanted = onKey && index === path.length - 1;
      // An empty value comes after its key's line: the key is the better place to show.
      offset = isWanted || (isScalar(node) && node.value === null) ? keyOffset : (startOf(node) ?? keyOffset);
    } else if (isSeq(parent) && typeof step === 'number') {
      node = parent.items[step];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return offset;
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);
