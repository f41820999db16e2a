import type { Policy } from '../policy/rules.ts';

/** Whose word counts: sources have a rank by the policy, whatever the order in which their words arrive. */
export interface Ranks {
  /** Sources, the highest first. One that is not among them ranks below all of them. */
  readonly authority: readonly string[];
  /** By source: the attributes that it may add to a person of whom a higher source speaks. */
  readonly mayAdd: Readonly<Record<string, readonly string[]>>;
  /** Sources that may end the employment of a person of whom a higher source speaks. */
  readonly mayEndEmployment: readonly string[];
}

/** Sources of what an operator says: it counts as the word of the source that has it, and the newer of the two holds. */
const operatorSources: readonly string[] = ['cli', 'console'];
export const isOperators = (source: string): boolean => operatorSources.includes(source);

/** Names that no source may have: Muster itself uses them. */
export const reservedSources: readonly string[] = [...operatorSources, 'signal', 'sync'];

/** Without `identity.authority` the sources rank in the order in which the policy lists them. */
export function ranksOf({ identity, sources }: Pick<Policy, 'identity' | 'sources'>): Ranks {
  return {
    authority: identity.authority ?? sources.map(({ name }) => name),
    mayAdd: Object.fromEntries(sources.map(({ name, mayAdd = [] }) => [name, mayAdd])),
    mayEndEmployment: identity.mayEndEmployment,
  };
}

/** Negative where `a` ranks higher. */
export function compareRank({ authority }: Pick<Ranks, 'authority'>, a: string, b: string): number {
  const [rankA, rankB] = [a, b].map((source) => (authority.includes(source) ? authority.indexOf(source) : Infinity));
  if (rankA !== rankB) return (rankA ?? 0) < (rankB ?? 0) ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
