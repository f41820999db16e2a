import type { Employment, PersonAttributes, PersonRecord } from '../model.ts';
import type { Found } from './found.ts';

/** Somebody whom the complete rosters of their source have not named. */
export interface AbsenceSnapshot {
  readonly personId: string;
  readonly employment: Employment;
  readonly attributes?: PersonAttributes;
  readonly accountId?: string;
  readonly lines: PersonRecord['lines'];
  readonly source: string;
  /** When the first roster that did not name them was applied. */
  readonly since: string;
  /** The name of its file, where it is known. */
  readonly roster?: string;
  /** When the newest complete roster of the source was applied. */
  readonly appliedAt: string;
}

/** Who is still here for Muster, and was not named by HR since the newest roster that left them out. */
export function missingFromRosters(absences: readonly AbsenceSnapshot[]): readonly Found[] {
  const byPerson = Map.groupBy(absences.filter(isMissing), ({ personId }) => personId);
  return [...byPerson.values()].flatMap((all) => {
    const [first] = all.toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since));
    return first === undefined ? [] : [toFound(first)];
  });
}

const isMissing = ({ employment, ...lastWord }: AbsenceSnapshot): boolean =>
  (employment === 'joining' || employment === 'employed') && !isNamedSince(lastWord);

/** Whether HR has spoken of their employment after the newest roster that left them out: they are missing no more. */
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
