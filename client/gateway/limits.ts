import type { FastifyRequest } from 'fastify';
import type { TokenRow } from '../../inventory/port/tokens.ts';
import { HttpProblem } from './problems.ts';

/** How many requests one sender may send in a window of time. */
export interface Limit {
  readonly max: number;
  /** In milliseconds. */
  readonly timeWindow: number;
}

/** Who has sent how much. Whoever is proven counts as a source, and nobody else's requests count against it. */
export interface Limits {
  /** Throws 429 where the source, or the person of the token, is over the limit. */
  countSource(name: string): void;
  /** The same for a sender of whom nothing is proven, by the remote address. */
  countAddress(request: Pick<FastifyRequest, 'ip'>): void;
}

/** More than the sources of a policy; beyond it the one that was first seen is forgotten. */
const keptSenders = 10_000;

export function createLimits(limit: Limit, now: () => Date): Limits {
  const countOf = () => {
    const counter = createCounter(limit, now);
    return (sender: string): void => {
      const againInS = counter(sender);
      if (againInS === undefined) return;
      throw new HttpProblem(429, `too many requests: again in ${againInS} s`, { 'retry-after': `${againInS}` });
    };
  };
  // Apart, so that a flood of addresses makes no source forgotten.
  const [countSource, countAddress] = [countOf(), countOf()];
  return { countSource, countAddress: ({ ip }) => countAddress(ip) };
}

/** The name under which a token's requests count: all tokens of a source are that source. */
export const senderOf = ({ id, source }: TokenRow): string => source ?? `token ${id}`;

/** Counts, and returns the seconds until the next window where the sender is over the limit. */
function createCounter({ max, timeWindow }: Limit, now: () => Date): (sender: string) => number | undefined {
  const windows = new Map<string, { readonly endsAt: number; count: number }>();
  return (sender) => {
    const at = now().getTime();
    const known = windows.get(sender);
    const window = known !== undefined && known.endsAt > at ? known : { endsAt: at + timeWindow, count: 0 };
    window.count += 1;
    if (window !== known) {
      windows.delete(sender);
      windows.set(sender, window);
      const [oldest] = windows.keys();
      if (windows.size > keptSenders && oldest !== undefined) windows.delete(oldest);
    }
    return window.count > max ? Math.ceil((window.endsAt - at) / 1_000) : undefined;
  };
}
