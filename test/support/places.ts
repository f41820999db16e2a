import { parseSync } from '@swc/core';

/** Where an activity could be added to a workflow: before a statement, or a bare result, of an asynchronous function. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

type Node = Readonly<Record<string, unknown>>;

const declarations = ['FunctionDeclaration', 'TsInterfaceDeclaration', 'TsTypeAliasDeclaration'];
const blocks = ['FunctionBody', 'BlockStatement'];
const withBody = ['consequent', 'alternate', 'body'];
const branching = ['IfStatement', 'ForStatement', 'ForOfStatement', 'ForInStatement', 'WhileStatement'];

/** Rewrites a source so that each of its places asks `isHere(number)`, and adds an activity where that holds. */
export class PlaceMarker {
  readonly places: Place[] = [];
  #file = '';
  #source = Buffer.alloc(0);
  #insertions: Insertion[] = [];

  mark(file: string, text: string, importFrom: string): string {
    this.#file = file;
    this.#source = Buffer.from(text);
    this.#insertions = [];
    this.#walk(parseSync(text, { syntax: 'typescript', target: 'es2022' }), false);
    return `${this.#written()}\nimport { addActivity, isHere } from '${importFrom}';\n`;
  }

  #walk(node: unknown, isAsync: boolean): void {
    if (Array.isArray(node)) {
      for (const one of node as unknown[]) this.#walk(one, isAsync);
    } else if (isNode(node)) {
      const inside = typeof node.async === 'boolean' ? node.async : isAsync;
      if (inside) this.#markIn(node);
      for (const child of Object.values(node)) this.#walk(child, inside);
    }
  }

  #markIn(node: Node): void {
    const { type } = node;
    if (isBlock(node)) this.#markEach(node.stmts);
    if (type === 'SwitchCase') this.#markEach(node.consequent);
    if (type === 'ArrowFunctionExpression') this.#wrap(node.body, (call) => [`(${call}, `, ')']);
    if (!branching.some((one) => one === type)) return;
    for (const key of withBody) this.#wrap(node[key], (call) => [`{ ${call}; `, ' }']);
  }

  #markEach(statements: unknown): void {
    for (const statement of statements as readonly unknown[]) {
      if (!isNode(statement) || declarations.includes(String(statement.type))) continue;
      const { start } = spanOf(statement);
      this.#insert(start, `${this.#call(start)}; `);
    }
  }

  /** A single statement or expression; those of a block are marked by themselves. */
  #wrap(node: unknown, around: (call: string) => readonly [string, string]): void {
    if (!isNode(node) || isBlock(node)) return;
    const { start, end } = spanOf(node);
    const [before, after] = around(this.#call(start));
    this.#insert(start, before);
    this.#insert(end, after);
  }

  #call(at: number): string {
    const line = this.#source.subarray(0, at).toString().split('\n').length;
    this.places.push({ file: this.#file, line });
    // Nothing is awaited elsewhere: one more turn could change the order of commands by itself.
    return `(isHere(${this.places.length - 1}) && (await addActivity()))`;
  }

  #insert(at: number, text: string): void {
    this.#insertions.push({ at, text });
  }

  #written(): string {
    let from = 0;
    const parts: string[] = [];
    for (const { at, text } of this.#insertions.toSorted((a, b) => a.at - b.at)) {
      parts.push(this.#source.subarray(from, at).toString(), text);
      from = at;
    }
    return [...parts, this.#source.subarray(from).toString()].join('');
  }
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

const isBlock = ({ type }: Node): boolean => blocks.some((one) => one === type);

/** SWC counts bytes, from 1. */
function spanOf({ span }: Node): { readonly start: number; readonly end: number } {
  const { start, end } = span as { readonly start: number; readonly end: number };
  return { start: start - 1, end: end - 1 };
}
