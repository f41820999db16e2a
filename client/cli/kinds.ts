import type { KindStates } from '../../domain/sync/kinds.ts';

/** What the last sync could not show, so that an empty list is not taken for a clean one. */
export function describeUnseen(kinds: KindStates): readonly string[] {
  return Object.entries(kinds).flatMap(([kind, state]) => {
    if (state.state === 'complete') return [];
    if (state.state === 'incomplete') return [`${kind}: not read whole: ${state.reason}`];
    return [`${kind}: not visible; the application key needs ${state.permission}`];
  });
}
