import type { State } from './model.ts';
import { copyState } from './state.ts';

export interface Lag {
  /** Keeps what is now for the reads of the next `ms` of wall-clock time. */
  begin(ms: number): void;
  /** What a read sees now: the oldest picture still in force, or the state. */
  visible(): State;
  end(): void;
}

/** Read-after-write lag: reads come from pictures taken before a write. */
export function createLag(state: State): Lag {
  let pictures: { readonly until: number; readonly state: State }[] = [];
  return {
    begin(ms) {
      pictures.push({ until: performance.now() + ms, state: copyState(state) });
    },
    visible() {
      const now = performance.now();
      pictures = pictures.filter((picture) => picture.until > now);
      return pictures[0]?.state ?? state;
    },
    end() {
      pictures = [];
    },
  };
}
