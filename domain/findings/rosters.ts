import type { Employment, PersonAttributes, PersonRecord } from '../model.ts';
import type { Found } from './found.ts';

/** A person whom the complete rosters of their source do not list. */
export interface AbsenceSnapshot {
  readonly personId: string;
  readonly employment: Employment;
  readonly attributes?: PersonAttributes;
  readonly accountId?: string;
  readonly lines: PersonRecord['lines'];
  readonly source: string;
  /** When the first roster without them was applied. */
  readonly since: string;
  /** The name of its file, where it is known. */
  readonly roster?: string;
  /** When the newest complete roster of the source was applied. */
  readonly appliedAt: string;
}

/** People who are employed by the record, and whom HR has not named since the newest roster without them. */
export function missingFromRosters(absences: readonly AbsenceSnapshot[]): readonly Found[] {
  const byPerson = Map.groupBy(absences.filter(isMissing), ({ personId }) => personId);
  return [...byPerson.values()].flatMap((all) => {
    const [first] = all.toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since));
    return first === undefined ? [] : [toFound(first)];
  });
}

const isMissing = ({ employment, ...lastWord }: AbsenceSnapshot): boolean =>
  (employment === 'joining' || employment === 'employed') && !isNamedSince(lastWord);

/** Whether HR has stated their employment after the newest roster without them: then they are no longer missing. */
export function isNamedSince({ lines, appliedAt }: Pick<AbsenceSnapshot, 'lines' | 'appliedAt'>): boolean {
  const lastWord = lines.employment?.occurredAt;
  return lastWord !== undefined && Date.parse(lastWord) > Date.parse(appliedAt);
}

function toFound({ personId, attributes, accountId, source, since, roster, employment }: AbsenceSnapshot): Found {
  return {
    kind: 'missingFromHr',
    subject: `missing:${personId}`,
    scope: personId,
    name: attributes?.email ?? personId,
    severity: 'medium',
    since,
    personId,
    accountId,
    evidence: { source, missingSince: since, employment, roster },
  };
}
