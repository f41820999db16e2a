import { createAwkwardControls } from './awkward/controls.ts';
import type { AwkwardControls } from './awkward/controls.ts';
import type { Buckets } from './awkward/buckets.ts';
import type { SearchIndex } from './awkward/searchIndex.ts';
import type { Faults } from './faults.ts';
import { acceptInvitation, logIn } from './resources/invitations.ts';
import { createKeyControls } from './keyControls.ts';
import type { KeyControls } from './keyControls.ts';
import type { State, User, UserStatus } from './model.ts';
import type { RequestLog } from './requests.ts';
import { stateToJson } from './state.ts';
import { disableUser, statusOf } from './userState.ts';

export interface UserSnapshot extends Readonly<Omit<User, 'roleIds'>> {
  readonly status: UserStatus;
  readonly roleIds: readonly string[];
  /** Names of the roles, sorted. */
  readonly roles: readonly string[];
  /** Handles of the teams, sorted. */
  readonly teams: readonly string[];
}

/** What happens in an organization without a request of ours: people act, time passes, keys are revoked. */
export interface Controls {
  now(): string;
  /** ISO 8601, or milliseconds; time goes on from there. */
  setTime(time: string | number): void;
  advance(ms: number): void;
  /** The person follows the link. @throws RangeError without a usable invitation. */
  accept(userId: string): UserSnapshot;
  /** SAML `attributes` apply the authentication mappings. @throws RangeError unless Active. */
  login(userId: string, attributes?: Readonly<Record<string, string>>): UserSnapshot;
  /** As an administrator does in Datadog's UI. */
  disable(userId: string): UserSnapshot;
  /** Its holders go on naming it, as they do in Datadog for a while. */
  deleteRole(roleId: string): void;
  users(): UserSnapshot[];
  setOrgConfig(name: string, value: unknown): void;
  readonly faults: Omit<Faults, 'take'>;
  readonly requests: RequestLog;
  readonly keys: KeyControls;
  readonly awkward: AwkwardControls;
  /** The whole state as JSON, without secrets. */
  dump(): Record<string, unknown>;
}

interface ControlDeps {
  readonly state: State;
  readonly nowMs: () => number;
  /** Lets due people accept, before anything is read. */
  readonly settle: () => void;
  readonly changed: () => void;
  readonly faults: Controls['faults'];
  readonly requests: RequestLog;
  readonly buckets: Buckets;
  readonly index: SearchIndex;
}

export function createControls(deps: ControlDeps): Controls {
  const { state } = deps;
  const now = (): string => new Date(deps.nowMs()).toISOString();
  const act = (userId: string, change: (user: User) => void): UserSnapshot => {
    deps.settle();
    const user = state.users.get(userId);
    if (user === undefined) throw new RangeError(`no user ${userId}`);
    change(user);
    deps.changed();
    return snapshotUser(state, user, teamsByUser(state));
  };
  const move = (byMs: number): void => {
    state.clock.offsetMs += byMs;
    deps.settle();
    deps.changed();
  };
  return {
    now,
    setTime(time) {
      const at = typeof time === 'number' ? time : Date.parse(time);
      if (Number.isNaN(at)) throw new TypeError(`setTime: "${time}" is not a time; give ISO 8601`);
      move(at - deps.nowMs());
    },
    advance: move,
    accept: (userId) => act(userId, () => acceptInvitation(state, userId, now())),
    login: (userId, attributes = {}) => act(userId, (user) => logIn(state, user, now(), attributes)),
    disable: (userId) =>
      act(userId, (user) => {
        if (!user.disabled) disableUser(state, user, now());
      }),
    deleteRole(roleId) {
      if (!state.roles.delete(roleId)) throw new RangeError(`no role ${roleId}`);
      deps.changed();
    },
    users() {
      deps.settle();
      const teams = teamsByUser(state);
      return [...state.users.values()].map((user) => snapshotUser(state, user, teams));
    },
    setOrgConfig(name, value) {
      const config = state.orgConfigs.get(name);
      if (config === undefined)
        throw new TypeError(`name: no org config ${name}; known: ${[...state.orgConfigs.keys()].join(', ')}`);
      config.value = value;
      config.modifiedAt = now();
      deps.changed();
    },
    faults: deps.faults,
    requests: deps.requests,
    keys: createKeyControls(state, deps.changed),
    awkward: createAwkwardControls({ ...deps, now }),
    dump() {
      deps.settle();
      return withoutSecrets(state);
    },
  };
}

function withoutSecrets(state: State): Record<string, unknown> {
  const secrets = new Set(['key', 'publicPortion']);
  const text = JSON.stringify(stateToJson(state), (name, value: unknown) => (secrets.has(name) ? undefined : value));
  const copy: Record<string, unknown> = JSON.parse(text);
  return copy;
}

function teamsByUser(state: State): ReadonlyMap<string, readonly string[]> {
  const teams = new Map<string, string[]>();
  for (const { handle, memberships } of state.teams.values()) {
    for (const { userId } of memberships) teams.set(userId, [...(teams.get(userId) ?? []), handle]);
  }
  return teams;
}

function snapshotUser(state: State, user: User, teams: ReadonlyMap<string, readonly string[]>): UserSnapshot {
  const roles = user.roleIds.flatMap((id) => state.roles.get(id)?.name ?? []);
  return {
    ...user,
    roleIds: [...user.roleIds],
    status: statusOf(user),
    roles: roles.toSorted(),
    teams: (teams.get(user.id) ?? []).toSorted(),
  };
}
