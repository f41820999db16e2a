import { nhiKinds, type KindStates, type NhiKind, type SyncKind } from '../sync/kinds.ts';
import { catalogEntry, type FindingKind } from './catalog.ts';
import type { Severity } from './kinds.ts';

/** Without what is unknown. */
type Evidence = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** One finding of this run. `kind` and `subject` identify it. */
export interface Found {
  readonly kind: FindingKind;
  /** Unique within the kind. A key's begins with the key's kind, one about a person's access with `<personId>/<kind>:`. */
  readonly subject: string;
  /** The id of its row: an account, a person, a key, a role. */
  readonly scope: string;
  /** What readers know the subject by: an e-mail, the name of a role or a key. */
  readonly name: string;
  readonly severity: Severity;
  readonly personId?: string;
  readonly accountId?: string;
  /** When its cause began, where that is known to be before it was found. */
  readonly since?: string;
  /** Values that stay the same while nothing changes: dates, never ages. */
  readonly evidence: Evidence;
  /** Drift only: whether a reconcile of the person would mend it. */
  readonly isRepairable?: boolean;
}

/** Everything that must have been read whole before this finding may open or close. */
export function needsOf({ kind, subject }: Pick<Found, 'kind' | 'subject'>): readonly SyncKind[] {
  const { needs } = catalogEntry(kind);
  const keyKind = nhiKinds.find((one): one is Exclude<NhiKind, 'serviceAccount'> => subject.startsWith(`${one}:`));
  if (keyKind !== undefined) return [...needs, keyKind];
  return isAboutTeam(subject) ? [...needs, 'teams'] : needs;
}

const isAboutTeam = (subject: string): boolean => subject.includes('/team:');

/** Why the finding can neither open nor close now; undefined where everything it needs was read whole. */
export function frozenBecause(found: Pick<Found, 'kind' | 'subject'>, states: KindStates): string | undefined {
  for (const need of needsOf(found)) {
    const state = states[need];
    if (state?.state === 'complete') continue;
    if (state === undefined) return `${need} were not read`;
    return state.state === 'notVisible' ? `${need} not visible: ${state.permission}` : `${need}: ${state.reason}`;
  }
  return undefined;
}

/** Durations in milliseconds, from the policy's `findings`. */
export interface FindingThresholds {
  readonly dormantAfterMs: number;
  readonly neverLoggedInAfterMs: number;
  readonly pendingAfterMs: number;
  readonly keyUnusedAfterMs: number;
  readonly keyMaxAgeMs: number;
  readonly keyInUseWithinMs: number;
  readonly ownerAwayAfterMs: number;
}
