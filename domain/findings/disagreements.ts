import { disagreementsAt } from '../facts/disagreements.ts';
import { employmentAt } from '../facts/employment.ts';
import type { Ranks } from '../facts/ranks.ts';
import type { Statement } from '../facts/statements.ts';
import { catalogEntry } from './catalog.ts';
import type { Found } from './found.ts';

/** A person of whom several sources have spoken, with all that was said. */
export interface StatementsSnapshot {
  readonly personId: string;
  readonly email?: string;
  readonly accountId?: string;
  readonly statements: readonly Statement[];
}

/** One finding a person whose sources say different things. The values are not in it: the events have them. */
export function sourcesThatDisagree(
  { personId, email, accountId, statements }: StatementsSnapshot,
  ranks: Ranks,
  at: string,
): readonly Found[] {
  const others = disagreementsAt(statements, ranks, at);
  if (others.length === 0) return [];
  const { state, source } = employmentAt(statements, ranks, at);
  const says = others.map((other) => {
    const employment = other.employment === undefined ? [] : [`employment ${other.employment}`];
    return `${other.source}: ${[...employment, ...other.attributes].join(', ')}`;
  });
  return [
    {
      kind: 'sourcesDisagree',
      subject: `sources:${personId}`,
      scope: personId,
      name: email ?? personId,
      severity: catalogEntry('sourcesDisagree').severity,
      personId,
      accountId,
      evidence: { employment: state, saidBy: source, otherwise: says.toSorted() },
    },
  ];
}
