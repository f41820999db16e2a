import { createHash } from 'node:crypto';

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, below). */
  integer(below: number): number;
  pick<T>(values: readonly T[]): T;
  uuid(): string;
  hex(length: number): string;
}

/** A deterministic generator (mulberry32): equal seeds yield equal populations. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (below: number): number => Math.floor(next() * below);
  const hex = (length: number): string => Array.from({ length }, () => integer(16).toString(16)).join('');
  return {
    next,
    integer,
    hex,
    pick: (values) => {
      const value = values[integer(values.length)];
      if (value === undefined) throw new RangeError('pick from an empty list');
      return value;
    },
    uuid: () => formatUuid(hex(32)),
  };
}

/** The same name always yields the same id, so that permissions keep theirs across restarts. */
export function namedUuid(name: string): string {
  return formatUuid(createHash('sha256').update(name).digest('hex'));
}

function formatUuid(hex: string): string {
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
