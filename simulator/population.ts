import type { State, User } from './model.ts';
import { managedRoles } from './resources/permissions.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { addAuthorizedClient, addNhis, managedRoleId } from './seededNhis.ts';
import type { Ago } from './seededNhis.ts';
import { addRole, addTeam } from './seededParts.ts';
import { emptyState } from './state.ts';
import { newUser } from './userState.ts';

interface PopulationOptions {
  /** Humans besides the administrator who owns the application key. */
  readonly people: number;
  /** Service accounts, API keys and application keys, a third each. */
  readonly nhis: number;
  readonly seed: number;
  readonly nowMs: number;
}

const givenNames = [
  'Ada',
  'Bo',
  'Cleo',
  'Dara',
  'Eli',
  'Fay',
  'Gil',
  'Hana',
  'Ivo',
  'Jun',
  'Kit',
  'Lior',
  'Mika',
  'Noor',
  'Ona',
  'Pia',
];
const familyNames = [
  'Alder',
  'Birch',
  'Cedar',
  'Elm',
  'Fir',
  'Hazel',
  'Juniper',
  'Larch',
  'Maple',
  'Oak',
  'Pine',
  'Rowan',
  'Willow',
];
const dayMs = 86_400_000;

/** The e-mail of the seeded person with this number, from 1: `person0001@example.com`. */
function seededEmail(index: number): string {
  return `person${String(index).padStart(4, '0')}@example.com`;
}

/** An organization with managed roles, two teams, an active administrator and the population; equal for equal options. */
export function createPopulation(options: PopulationOptions): State {
  const random = createRandom(options.seed);
  const ago = (days: number): string => new Date(options.nowMs - Math.round(days * dayMs)).toISOString();
  const state = emptyState(random.uuid(), ago(900));
  addManagedRoles(state, random, ago(900));
  addOrgConfigs(state, random);
  addIdentityProviders(state, random);
  const admin = addPerson(state, random, { email: 'admin@example.com', name: 'Simulator Administrator', at: ago(890) });
  admin.verified = true;
  admin.lastLoginTime = ago(0.1);
  admin.roleIds = [managedRoleId(state, 'Datadog Admin Role')];
  addTeam(state, random, { handle: 'engineering', name: 'Engineering', at: ago(880) });
  addTeam(state, random, { handle: 'support', name: 'Support', at: ago(880) });
  for (let index = 1; index <= options.people; index += 1) addSeededPerson(state, random, index, ago);
  addNhis(state, random, options.nhis, ago);
  addAuthorizedClient(state, random, ago);
  return state;
}

export function findAdmin(state: State): User {
  const admin = state.users.values().find((user) => user.handle === 'admin@example.com');
  if (admin === undefined) throw new RangeError('the state has no administrator admin@example.com');
  return admin;
}

function addManagedRoles(state: State, random: Random, at: string): void {
  for (const [name, permissionIds] of Object.entries(managedRoles))
    addRole(state, random, { name, managed: true, permissionIds, at });
}

function addOrgConfigs(state: State, random: Random): void {
  const configs = [
    {
      name: '30d_invite_expiration',
      description: 'Invitations expire after 30 days instead of 2',
      valueType: 'bool',
      value: false,
    },
    { name: 'monitor_timezone', description: 'Time zone of monitor notifications', valueType: 'string', value: 'UTC' },
  ] as const;
  for (const config of configs) state.orgConfigs.set(config.name, { id: random.uuid(), ...config, modifiedAt: null });
}

/** Logging in with a password is on, everything else off. */
function addIdentityProviders(state: State, random: Random): void {
  for (const method of ['Standard', 'SAML', 'Google']) {
    const id = random.uuid();
    state.identityProviders.set(id, { id, method, enabled: method === 'Standard' });
  }
}

function addPerson(state: State, random: Random, person: { email: string; name: string; at: string }): User {
  const user = newUser(
    { email: person.email, name: person.name, title: null, serviceAccount: false },
    person.at,
    random.uuid(),
  );
  state.users.set(user.id, user);
  return user;
}

function addSeededPerson(state: State, random: Random, index: number, ago: Ago): void {
  const name = `${random.pick(givenNames)} ${random.pick(familyNames)}`;
  const user = addPerson(state, random, { email: seededEmail(index), name, at: ago(30 + random.integer(800)) });
  const chance = random.next();
  user.verified = chance >= 0.08;
  user.disabled = chance >= 0.92 || (chance < 0.08 && chance >= 0.06);
  if (user.verified) user.lastLoginTime = ago(random.next() < 0.1 ? 100 + random.integer(200) : random.next() * 25);
  const roleChance = random.next();
  const roleName =
    roleChance < 0.02 ? 'Datadog Admin Role' : roleChance < 0.6 ? 'Datadog Standard Role' : 'Datadog Read Only Role';
  if (roleChance < 0.97) user.roleIds = [managedRoleId(state, roleName)];
  if (random.next() < 0.4) joinTeam(state, random, user);
}

function joinTeam(state: State, random: Random, user: User): void {
  const team = random.pick([...state.teams.values()]);
  state.counters.membership += 1;
  team.memberships.push({
    id: `TeamMembership-${team.id}-${state.counters.membership}`,
    userId: user.id,
    role: random.next() < 0.05 ? 'admin' : null,
    provisionedBy: null,
    provisionedById: user.id,
  });
}
