import type { State, User } from '../model.ts';

export interface SearchIndex {
  /** How long a search may lag behind reads by id, in milliseconds of the wall clock; 0: never. */
  setLag(ms: number): void;
  /** Called before each write: what is there now is what searches see until the index is next renewed. */
  beforeWrite(): void;
  /** The users that a search looks through, as they were when the index was last renewed. */
  users(): Iterable<User>;
}

/** Users as a search sees them: an index of its own, which is renewed when its time is over. */
export function createSearchIndex(state: State): SearchIndex {
  let lagMs = 0;
  let renewedAt = Number.NEGATIVE_INFINITY;
  let known: readonly User[] = [];
  const renew = (): void => {
    const now = performance.now();
    if (now - renewedAt < lagMs) return;
    renewedAt = now;
    known = [...state.users.values()].map((user) => ({ ...user, roleIds: [...user.roleIds] }));
  };
  return {
    setLag(ms) {
      lagMs = ms;
      renewedAt = Number.NEGATIVE_INFINITY;
    },
    beforeWrite() {
      if (lagMs > 0) renew();
    },
    users() {
      if (lagMs === 0) return state.users.values();
      renew();
      return known;
    },
  };
}
