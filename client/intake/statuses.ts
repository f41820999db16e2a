import type { StatusMap } from '../../domain/policy/statuses.ts';
import { foldCase } from '../../domain/text.ts';

export type EmploymentStatus = keyof StatusMap;

/** What a status of HR means by the map, case and outer blanks folded; `undefined` for a word that is not known. */
export function readStatus(text: string, map: StatusMap): EmploymentStatus | undefined {
  const said = folded(text);
  const kinds = ['active', 'leaveOfAbsence', 'ended'] as const;
  return kinds.find((kind) => map[kind].some((word) => folded(word) === said));
}

const folded = (text: string): string => foldCase(text.trim());
