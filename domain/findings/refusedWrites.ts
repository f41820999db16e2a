import { dayMs } from '../durations.ts';
import { catalogEntry } from './catalog.ts';
import type { Found } from './found.ts';

/** A refused write as its finding keeps it. `at` is an instant. */
export interface RefusedWriteFact {
  readonly personId: string;
  readonly eventId: string;
  /** Such as `assign role`. */
  readonly action: string;
  readonly why: string;
  readonly at: string;
  /** What has just come explains it. */
  readonly isExplained: boolean;
}

/** One finding a person, about the last one: what it was changes at most once an hour. */
export function foundRefused({ personId, eventId, action, why, at, isExplained }: RefusedWriteFact): readonly Found[] {
  if (isExplained) return [];
  const found: Found = {
    kind: 'writeNotOwed',
    subject: personId,
    scope: personId,
    name: personId,
    severity: catalogEntry('writeNotOwed').severity,
    personId,
    evidence: { action, eventId, why, hour: at.slice(0, 13) },
  };
  return [found];
}

const shownForMs = 7 * dayMs;

/** It closes a week after the last one. `hour` such as `2026-01-31T09`. */
export const isStillShown = (hour: unknown, nowMs: number): boolean =>
  typeof hour === 'string' && nowMs - Date.parse(`${hour}:00:00.000Z`) < shownForMs;
