import { createRandom } from '../random.ts';
import type { Random } from '../random.ts';
import type { Role, State, User } from '../model.ts';
import { addUser } from './people.ts';
import type { AddedUser } from './people.ts';

/** Puts odd people and roles into a new organization; equal for equal seeds. */
export function spoilPopulation(state: State, seed: number, at: string): void {
  const random = createRandom(seed);
  const add = (email: string, more: Partial<AddedUser> = {}): User =>
    addUser(state, { email: `${email}@example.com`, name: 'Odd Example', ...more }, at, random.uuid());
  const odd = (id: string, omit: readonly string[], set: Readonly<Record<string, unknown>> = {}): void =>
    void state.oddRows.set(id, { id, omit, set });
  add('twin', { status: 'Active' });
  add('twin', { status: random.pick(['Active', 'Pending', 'Disabled']) });
  add('shared');
  add('shared', { serviceAccount: true, name: 'robot' });

  odd(add('without-relationships').id, ['relationships']);
  odd(add('without-roles').id, ['relationships.roles']);
  odd(add('of-tomorrow').id, [], {
    'attributes.status': 'Suspended',
    'attributes.seat': { kind: 'full', since: at },
    'relationships.agents': { data: [] },
  });
  odd(add('agent').id, [], { type: 'agents' });
  const nameless = addRole(state, random, 'Nameless', at);
  odd(nameless.id, ['attributes.name']);
  add('with-nameless-role', { roleIds: [nameless.id] });
  const bundle = addRole(state, random, 'Bundle', at);
  odd(bundle.id, [], { type: 'role_bundles', 'attributes.tier': 3 });
  add('with-bundle', { roleIds: [bundle.id] });
}

function addRole(state: State, random: Random, name: string, at: string): Role {
  const role: Role = {
    id: random.uuid(),
    name,
    managed: false,
    createdAt: at,
    modifiedAt: at,
    createdBy: null,
    modifiedBy: null,
    permissionIds: [],
  };
  state.roles.set(role.id, role);
  return role;
}
