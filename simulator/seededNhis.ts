import type { ApiKey, AppKey, State, User } from './model.ts';
import type { Random } from './random.ts';
import { newUser } from './userState.ts';

/** An instant so many days back, ISO 8601. */
export type Ago = (days: number) => string;

const serviceNames = ['deploy', 'terraform', 'backup', 'alerts', 'billing-export', 'ci', 'dashboards', 'synthetics'];

export function managedRoleId(state: State, name: string): string {
  const role = state.roles.values().find((candidate) => candidate.managed && candidate.name === name);
  if (role === undefined) throw new RangeError(`no managed role ${name}`);
  return role.id;
}

/** Service accounts, API keys and application keys in turn. */
export function addNhis(state: State, random: Random, count: number, ago: Ago): void {
  const people = [...state.users.values()];
  const active = people.filter((user) => user.verified && !user.disabled);
  const accounts: User[] = [];
  for (let index = 0; index < count; index += 1) {
    const label = `${random.pick(serviceNames)}-${String(index + 1).padStart(4, '0')}`;
    if (index % 3 === 0) accounts.push(addServiceAccount(state, random, label, ago));
    else if (index % 3 === 1)
      addApiKey(state, {
        id: random.uuid(),
        key: random.hex(32),
        name: label,
        owner: random.pick(people),
        random,
        ago,
      });
    else {
      const owner = accounts.length > 0 && random.next() < 0.6 ? random.pick(accounts) : random.pick(active);
      addAppKey(state, { id: random.uuid(), key: random.hex(40), name: label, owner, random, ago });
    }
  }
}

function addServiceAccount(state: State, random: Random, name: string, ago: Ago): User {
  const fields = { email: `${name}@example.com`, name, title: null, serviceAccount: true };
  const user = newUser(fields, ago(10 + random.integer(700)), random.uuid());
  user.roleIds = [managedRoleId(state, random.next() < 0.15 ? 'Datadog Admin Role' : 'Datadog Standard Role')];
  state.users.set(user.id, user);
  return user;
}

interface SeededKey {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly owner: User;
  readonly random: Random;
  readonly ago: Ago;
}

function addApiKey(state: State, { id, key, name, owner, random, ago }: SeededKey): void {
  const createdAt = ago(5 + random.integer(700));
  const apiKey: ApiKey = {
    id,
    key,
    name,
    category: 'default',
    remoteConfigReadEnabled: true,
    createdAt,
    modifiedAt: createdAt,
    createdBy: owner.id,
    modifiedBy: owner.id,
    lastUsedAt: random.next() < 0.3 ? null : ago(random.next() * 85),
  };
  state.apiKeys.set(id, apiKey);
}

function addAppKey(state: State, { id, key, name, owner, random, ago }: SeededKey): void {
  const scopes = random.next() < 0.5 ? null : ['dashboards_read', 'monitors_read'];
  const lastUsedAt = random.next() < 0.3 ? null : ago(random.next() * 300);
  const appKey: AppKey = {
    id,
    key,
    ownerId: owner.id,
    name,
    createdAt: ago(5 + random.integer(700)),
    lastUsedAt,
    scopes,
  };
  state.appKeys.set(id, appKey);
}

/** One OAuth application, authorized by the first active people. */
export function addAuthorizedClient(state: State, random: Random, ago: Ago): void {
  const users = [...state.users.values()].filter((user) => user.verified && !user.disabled).slice(0, 3);
  const id = random.uuid();
  const userIds = users.map((user) => user.id);
  state.authorizedClients.set(id, {
    id,
    name: 'Chat notifier',
    disabled: false,
    lastExercised: ago(3),
    createdAt: ago(200),
    userIds,
  });
}
