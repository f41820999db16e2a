import type { Habits, OddRow, State, UserStatus } from '../model.ts';
import { addUser } from './people.ts';
import type { AddedUser } from './people.ts';
import type { Buckets } from './buckets.ts';
import type { SearchIndex } from './searchIndex.ts';

/** What makes an organization awkward; nothing of it unless it is asked for. */
export interface AwkwardControls {
  /** Limits by endpoint. */
  readonly buckets: Omit<Buckets, 'count'>;
  /** Lists with a filter lag behind reads by id for up to this time of the wall clock; 0: no longer. */
  setSearchLag(ms: number): void;
  /** From now on each row of this object leaves out or shows what Datadog does not describe. */
  makeOdd(row: Pick<OddRow, 'id'> & Partial<OddRow>): void;
  /** Answers the id. */
  addUser(user: AddedUser): string;
  /** The membership was made by a SAML mapping, and cannot be taken away. @throws RangeError without team or user. */
  addMappedMembership(teamId: string, userId: string): void;
  /** Every write to this user or team is refused; without words, as a key is that may not. */
  lock(lock: {
    readonly id: string;
    readonly status?: number | undefined;
    readonly errors?: readonly string[] | undefined;
  }): void;
  unlock(id: string): void;
  setHabits(habits: Partial<Omit<Habits, 'defaultRoleId'>> & { readonly defaultRole?: string | null }): void;
}

interface AwkwardDeps {
  readonly state: State;
  readonly now: () => string;
  readonly changed: () => void;
  readonly buckets: Buckets;
  readonly index: SearchIndex;
}

export function createAwkwardControls({ state, now, changed, buckets, index }: AwkwardDeps): AwkwardControls {
  return {
    buckets,
    setSearchLag: (ms) => index.setLag(ms),
    makeOdd({ id, omit = [], set = {} }) {
      state.oddRows.set(id, { id, omit, set });
      changed();
    },
    addUser(added) {
      const user = addUser(state, added, now());
      changed();
      return user.id;
    },
    addMappedMembership(teamId, userId) {
      addMappedMembership(state, teamId, userId);
      changed();
    },
    lock({ id, status = 403, errors = ['Forbidden'] }) {
      state.locks.set(id, { id, status, errors });
      changed();
    },
    unlock(id) {
      if (!state.locks.delete(id)) throw new RangeError(`no lock of ${id}`);
      changed();
    },
    setHabits({ defaultRole, ...habits }) {
      Object.assign(state.habits, habits);
      if (defaultRole !== undefined) state.habits.defaultRoleId = defaultRole && roleNamed(state, defaultRole);
      changed();
    },
  };
}

function roleNamed(state: State, name: string): string {
  const role = state.roles.values().find((candidate) => candidate.name === name);
  if (role === undefined) throw new RangeError(`defaultRole: no role ${name}`);
  return role.id;
}

export function addMappedMembership(state: State, teamId: string, userId: string): void {
  const team = state.teams.get(teamId);
  if (team === undefined) throw new RangeError(`no team ${teamId}`);
  if (!state.users.has(userId)) throw new RangeError(`no user ${userId}`);
  state.counters.membership += 1;
  team.memberships.push({
    id: `TeamMembership-${team.id}-${state.counters.membership}`,
    userId,
    role: null,
    provisionedBy: 'saml_mapping',
    provisionedById: null,
  });
}

export const statuses: readonly UserStatus[] = ['Active', 'Pending', 'Disabled'];
