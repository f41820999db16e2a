import { createRandom } from '../random.ts';
import type { Random } from '../random.ts';
import type { State, User } from '../model.ts';
import { managedRoleId } from '../seededNhis.ts';
import { addRole, addTeam } from '../seededParts.ts';
import { addMappedMembership } from './controls.ts';
import { addUser } from './people.ts';
import type { AddedUser } from './people.ts';

/** What it takes to add to a new organization. */
interface Making {
  readonly state: State;
  readonly random: Random;
  readonly at: string;
}

/** Puts odd people, roles, teams and habits into a new organization; equal for equal seeds. */
export function spoilPopulation(state: State, seed: number, at: string): void {
  const making = { state, random: createRandom(seed), at };
  addSharedAddresses(making);
  addOddRows(making);
  addOwnedByOthers(making);
  addHoldersOfDeletedRole(making);
  const { random } = making;
  Object.assign(state.habits, {
    stripsRolesAtLogin: true,
    defaultRoleId: managedRoleId(state, random.pick(['Datadog Read Only Role', 'Datadog Standard Role'])),
    neverAccept: 0.1 + random.next() * 0.3,
  });
}

function add({ state, random, at }: Making, name: string, more: Partial<AddedUser> = {}): User {
  return addUser(state, { email: `${name}@example.com`, name: 'Odd Example', ...more }, at, random.uuid());
}

function addSharedAddresses(making: Making): void {
  add(making, 'twin');
  add(making, 'twin', { status: making.random.pick(['Active', 'Pending', 'Disabled']) });
  add(making, 'shared');
  add(making, 'shared', { serviceAccount: true, name: 'robot' });
}

/** Rows that lack what Datadog describes, or have what it will describe tomorrow. */
function addOddRows(making: Making): void {
  const { state, random, at } = making;
  const custom = { managed: false, permissionIds: [] };
  const odd = ({ id }: { id: string }, omit: readonly string[], set: Readonly<Record<string, unknown>> = {}): void =>
    void state.oddRows.set(id, { id, omit, set });
  odd(add(making, 'without-relationships'), ['relationships']);
  odd(add(making, 'without-roles'), ['relationships.roles']);
  odd(add(making, 'of-tomorrow'), [], {
    'attributes.status': 'Suspended',
    'attributes.seat': { kind: 'full', since: at },
    'relationships.agents': { data: [] },
  });
  odd(add(making, 'agent'), [], { type: 'agents' });
  const nameless = addRole(state, random, { name: 'Nameless', ...custom, at });
  odd(nameless, ['attributes.name']);
  add(making, 'with-nameless-role', { roleIds: [nameless.id] });
  const bundle = addRole(state, random, { name: 'Bundle', ...custom, at });
  odd(bundle, [], { type: 'role_bundles', 'attributes.tier': 3 });
  add(making, 'with-bundle', { roleIds: [bundle.id] });
}

/** A user of SCIM, a team that refuses the key, and a membership that a mapping made. */
function addOwnedByOthers(making: Making): void {
  const { state, random, at } = making;
  const { id } = add(making, 'of-scim');
  state.locks.set(id, {
    id,
    status: random.pick([400, 403]),
    errors: ['This user is managed by SCIM and cannot be changed'],
  });
  const guarded = addTeam(state, random, { handle: 'guarded', name: 'Guarded', at });
  state.locks.set(guarded.id, { id: guarded.id, status: 403, errors: ['Forbidden'] });
  addMappedMembership(state, guarded.id, id);
  addMappedMembership(state, addTeam(state, random, { handle: 'mapped', name: 'Mapped', at }).id, id);
}

function addHoldersOfDeletedRole(making: Making): void {
  add(making, 'with-deleted-role', { roleIds: [making.random.uuid()] });
}
