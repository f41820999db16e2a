import { UsageError } from '../../../domain/errors.ts';

/** The body of a delivery: JSON, or a form with nested names. */

export const formType = 'application/x-www-form-urlencoded';

/** Throws a `UsageError` where it can be read in no way. */
export function readBody(body: Buffer, contentType = 'application/json'): unknown {
  const text = textOf(body);
  if (contentType.startsWith(formType)) return readForm(text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UsageError('the body is not JSON in UTF-8');
  }
}

function textOf(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new UsageError('the body is not text in UTF-8');
  }
}

/**
 * HiBob tries an address before there is a secret, with a text or, where that fails, with an object that holds it. It says nothing
 * of anybody.
 */
export function isConnectionCheck(body: Buffer): boolean {
  if (body.length > 100) return false;
  const text = body.toString('utf8').trim();
  return ['Ping test', '"Ping test"'].includes(text) || /^\{\s*"text"\s*:\s*"Ping test"\s*\}$/.test(text);
}

interface Branch extends Map<string, Branch | string> {}

/** `employees[0][fields][status]=Active`: brackets are fields of fields, and numbers from 0 on a list. */
function readForm(text: string): unknown {
  const root: Branch = new Map();
  for (const [name, value] of new URLSearchParams(text)) {
    const [, first = name, rest = ''] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? [];
    const steps = [first, ...rest.matchAll(/\[([^[\]]*)\]/g).map(([, step = '']) => step)];
    place(root, steps, value);
  }
  return plainOf(root);
}

function place(root: Branch, steps: readonly string[], value: string): void {
  let branch = root;
  for (const [index, step] of steps.entries()) {
    const key = step === '' ? String(branch.size) : step;
    const there = branch.get(key);
    const isLast = index === steps.length - 1;
    if (there !== undefined && (isLast || typeof there === 'string')) {
      throw new UsageError(`the form has more than one value for a field: ${steps[0]}`);
    }
    if (isLast) branch.set(key, value);
    else {
      const next: Branch = there instanceof Map ? there : new Map();
      branch.set(key, next);
      branch = next;
    }
  }
}

function plainOf(node: Branch | string): unknown {
  if (typeof node === 'string') return node;
  const isList = node.size > 0 && [...node.keys()].every((_key, index) => node.has(String(index)));
  if (isList) return Array.from({ length: node.size }, (_none, index) => plainOf(node.get(String(index)) ?? ''));
  return Object.fromEntries([...node].map(([key, value]) => [key, plainOf(value)]));
}
