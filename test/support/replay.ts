import type { Site } from './officialClient.ts';
import {
  attributesOf,
  callersOf,
  dataOf,
  idOf,
  isObject,
  objectsIn,
  presupposedBy,
  relationshipsOf,
  textOf,
  translate,
  typeOf,
  type Exchange,
  type Json,
  type JsonObject,
  type Presupposed,
  type Scenario,
} from './recordings.ts';
import { compareShapes, compareValues, learnIds, short, type Difference } from './shapes.ts';

interface Answer {
  readonly status: number;
  readonly body: Json;
}

/** A site with what the simulator offers besides Datadog's own interface: a person who accepts the invitation. */
interface Playable extends Site {
  readonly accept: (userId: string) => void;
}

export interface Finding extends Difference {
  readonly exchange: Exchange;
}

/** One request to the simulated site, with the keys as a recording's response says they were. */
export async function send(
  site: Site,
  method: string,
  path: string,
  body?: Json,
  keys: 'good' | 'none' | 'bad' = 'good',
): Promise<Answer> {
  const credentials: Record<string, string> =
    keys === 'none'
      ? {}
      : {
          'dd-api-key': keys === 'bad' ? '0'.repeat(32) : site.apiKey,
          'dd-application-key': keys === 'bad' ? '0'.repeat(40) : site.appKey,
        };
  const response = await fetch(`${site.url}${path}`, {
    method,
    headers: {
      ...credentials,
      accept: 'application/json',
      ...(body === undefined || body === null ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined || body === null ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : parse(text) };
}

function parse(text: string): Json {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}

/** Keys are redacted in recordings; how they were bad shows only in the refusal. */
function keysOf(exchange: Exchange): 'good' | 'none' | 'bad' {
  if (exchange.status !== 403) return 'good';
  return JSON.stringify(exchange.response_body).includes('API key required') ? 'none' : 'bad';
}

/** What changes without a request of ours for an existing user: the last login. */
const isUnseedable = /users[\])]\.attributes\.last_login_time$/;

/** Plays a scenario's requests in recorded order against a fresh site, and says where the responses differ. */
export async function replay(
  scenario: Scenario,
  site: Playable,
  permissionNames: ReadonlyMap<string, string>,
): Promise<readonly Finding[]> {
  const ids = new Map<string, string>();
  const findings: Finding[] = [];
  const caller = await seed(scenario, site, permissionNames, ids);
  for (const exchange of scenario.exchanges) {
    const answer = await send(
      caller,
      exchange.method,
      translate(exchange.path, ids),
      translate(exchange.request_body, ids),
      keysOf(exchange),
    );
    if (answer.status !== exchange.status) {
      const because = `${answer.status} ${answer.status >= 400 ? short(answer.body) : ''}`;
      findings.push({ exchange, at: 'status', kind: 'status', recorded: `${exchange.status}`, simulated: because });
      continue;
    }
    learnIds(exchange.response_body, answer.body, ids);
    const differences =
      exchange.status >= 400
        ? compareErrors(translate(exchange.response_body, ids), answer.body)
        : [
            ...compareShapes(exchange.response_body, answer.body, ids),
            ...compareValues(exchange.response_body, answer.body, ids),
          ];
    findings.push(
      ...unique(differences)
        .filter((difference) => difference.kind !== 'type' || !isUnseedable.test(difference.at))
        .map((difference) => ({ ...difference, exchange })),
    );
  }
  return findings;
}

function compareErrors(recorded: Json, simulated: Json): readonly Difference[] {
  if (canonical(recorded) === canonical(simulated)) return [];
  return [{ at: 'errors', kind: 'error', recorded: JSON.stringify(recorded), simulated: JSON.stringify(simulated) }];
}

const canonical = (value: Json): string =>
  JSON.stringify(value, (_, child: Json) =>
    isObject(child) ? Object.fromEntries(Object.entries(child).sort(([a], [b]) => a.localeCompare(b))) : child,
  );

const unique = (differences: readonly Difference[]): readonly Difference[] => [
  ...new Map(differences.map((difference) => [`${difference.at} ${difference.kind}`, difference])).values(),
];

/**
 * Puts what a scenario presupposes into the site, by Datadog's own interface, so that ids are matched on the way.
 * `ids` also matches the few names that had to differ. Gives back the site with the keys to use.
 */
async function seed(
  scenario: Scenario,
  site: Playable,
  permissionNames: ReadonlyMap<string, string>,
  ids: Map<string, string>,
): Promise<Site> {
  const needed = presupposedBy(scenario);
  const of = (type: string) => needed.filter((thing) => thing.type === type && !ids.has(thing.id));
  await matchPermissions(site, permissionNames, ids);
  const keys = await becomeCaller(needed, callersOf(scenario), site, ids);
  const org = [...objectsIn((await send(keys, 'GET', '/api/v2/current_user')).body)].find(
    (thing) => typeOf(thing) === 'orgs' && 'attributes' in thing,
  );
  for (const { attributes } of of('orgs')) ids.set(textOf(attributes['name']), textOf(attributesOf(org)['name']));
  await matchLogin(scenario, site);
  const existing = dataOf((await send(site, 'GET', '/api/v2/roles?page[size]=100')).body);
  for (const role of of('roles')) {
    const name = text(role.attributes['name']) ?? `presupposed role ${role.id}`;
    const same = existing.find((other) => attributesOf(other)['name'] === name);
    if (same !== undefined && role.attributes['managed'] === true) {
      ids.set(role.id, idOf(same));
      continue;
    }
    // An org that has a role of its own with a managed role's name has not the managed one.
    const free = same === undefined ? name : `${name} of its own`;
    ids.set(name, free);
    await make(site, ids, role, '/api/v2/roles', { type: 'roles', attributes: { name: free } });
  }
  for (const user of of('users')) await seedUser(site, ids, user);
  for (const team of dataOf((await send(site, 'GET', '/api/v2/team?page[size]=100')).body)) {
    await send(site, 'DELETE', `/api/v2/team/${idOf(team)}`);
  }
  for (const team of of('team')) {
    const attributes = {
      name: text(team.attributes['name']) ?? `presupposed team ${team.id}`,
      handle: text(team.attributes['handle']) ?? team.id,
    };
    await make(site, ids, team, '/api/v2/team', {
      type: 'team',
      attributes: { ...attributes, ...given(team, ['description', 'summary']) },
    });
  }
  for (const membership of of('team_memberships')) {
    const attributes = { role: membership.attributes['role'] ?? null };
    const user = membership.relationships['user'] ?? { data: null };
    const path = translate(`/api/v2/team/${membership.parent ?? ''}/memberships`, ids);
    await make(site, ids, membership, path, {
      type: 'team_memberships',
      attributes,
      relationships: translate({ user }, ids),
    });
  }
  for (const mapping of of('authn_mappings')) {
    const attributes = given(mapping, ['attribute_key', 'attribute_value']);
    const held = ['role', 'team'].filter((name) => dataOf(mapping.relationships[name]).length > 0);
    const relationships = translate(Object.fromEntries(held.map((name) => [name, mapping.relationships[name]!])), ids);
    await make(site, ids, mapping, '/api/v2/authn_mappings', { type: 'authn_mappings', attributes, relationships });
  }
  for (const sync of of('team_sync_bulk')) {
    await send(site, 'POST', '/api/v2/team/sync', { data: { type: sync.type, attributes: sync.attributes } });
  }
  for (const type of ['application_keys', 'api_keys']) {
    const path = type === 'api_keys' ? '/api/v2/api_keys' : '/api/v2/current_user/application_keys';
    for (const key of of(type)) {
      const name = text(key.attributes['name']) ?? `presupposed key ${key.id}`;
      await make(keys, ids, key, path, { type, attributes: { name, ...given(key, ['scopes']) } });
    }
  }
  return keys;
}

/** Only an org with Google login sends invitations of this type. */
async function matchLogin(scenario: Scenario, site: Site): Promise<void> {
  const answers = scenario.exchanges.map((exchange) => exchange.response_body);
  if (![...objectsIn(answers)].some((object) => object['invite_type'] === 'openid_invite')) return;
  for (const provider of dataOf((await send(site, 'GET', '/api/v2/identity_providers')).body)) {
    if (attributesOf(provider)['authentication_method'] !== 'Google') continue;
    const data = { type: 'identity_providers', id: idOf(provider), attributes: { enabled: true } };
    await send(site, 'PATCH', `/api/v2/identity_providers/${idOf(provider)}`, { data });
  }
}

/** The holder of the keys: the site's administrator, or a service account where the recording was made with one. */
async function becomeCaller(
  needed: readonly Presupposed[],
  callers: ReadonlySet<string>,
  site: Playable,
  ids: Map<string, string>,
): Promise<Site> {
  const admin = dataOf((await send(site, 'GET', '/api/v2/current_user')).body)[0]!;
  const service = needed.find((thing) => callers.has(thing.id) && thing.attributes['service_account'] === true);
  for (const id of callers) if (id !== service?.id) ids.set(id, idOf(admin));
  for (const thing of needed) {
    if (!callers.has(thing.id) || thing === service) continue;
    for (const key of ['name', 'email', 'title']) {
      const [recorded, simulated] = [thing.attributes[key], attributesOf(admin)[key]];
      if (typeof recorded === 'string' && typeof simulated === 'string') ids.set(recorded, simulated);
    }
  }
  if (service === undefined) return site;
  const { roles } = relationshipsOf(admin);
  const attributes = {
    email: text(service.attributes['email']) ?? 'caller@example.com',
    service_account: true,
    ...given(service, ['name', 'title']),
  };
  await make(site, ids, service, '/api/v2/service_accounts', {
    type: 'users',
    attributes,
    relationships: { roles: roles! },
  });
  const path = `/api/v2/service_accounts/${ids.get(service.id) ?? ''}/application_keys`;
  const made = await send(site, 'POST', path, { data: { type: 'application_keys', attributes: { name: 'recorder' } } });
  return { ...site, appKey: textOf(attributesOf(dataOf(made.body)[0])['key']) };
}

async function seedUser(site: Playable, ids: Map<string, string>, user: Presupposed): Promise<void> {
  const isService = user.attributes['service_account'] === true;
  const email = text(user.attributes['email']) ?? `presupposed-${user.id}@example.com`;
  const attributes = { email, ...given(user, ['name', 'title']), ...(isService ? { service_account: true } : {}) };
  const roles = dataOf(user.relationships['roles']).filter((role) => ids.has(idOf(role)));
  const path = isService ? '/api/v2/service_accounts' : '/api/v2/users';
  await make(site, ids, user, path, {
    type: 'users',
    attributes,
    relationships: { roles: { data: translate(roles, ids) } },
  });
  const id = ids.get(user.id) ?? '';
  const isActive = user.attributes['status'] === 'Active' || user.attributes['verified'] === true;
  if (!isService && isActive) {
    const invitation = { type: 'user_invitations', relationships: { user: { data: { type: 'users', id } } } };
    await send(site, 'POST', '/api/v2/user_invitations', { data: [invitation] });
    site.accept(id);
  }
  if (user.attributes['disabled'] === true) await send(site, 'DELETE', `/api/v2/users/${id}`);
}

/** Permissions are the site's own: known by name, or any that is free where a recording never names one. */
async function matchPermissions(
  site: Site,
  names: ReadonlyMap<string, string>,
  ids: Map<string, string>,
): Promise<void> {
  const offered = new Map(
    dataOf((await send(site, 'GET', '/api/v2/permissions')).body).map((item) => [
      attributesOf(item)['name'],
      idOf(item),
    ]),
  );
  for (const [id, name] of names) {
    const same = offered.get(name);
    if (same !== undefined) ids.set(id, same);
  }
}

async function make(
  site: Site,
  ids: Map<string, string>,
  thing: Presupposed,
  path: string,
  data: JsonObject,
): Promise<void> {
  const answer = await send(site, 'POST', path, { data });
  const made = dataOf(answer.body)[0];
  if (answer.status >= 300 || made === undefined)
    throw new Error(`cannot seed ${thing.type} ${thing.id}: ${answer.status} ${short(answer.body)}`);
  ids.set(thing.id, idOf(made));
}

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const given = (thing: Presupposed, keys: readonly string[]): JsonObject =>
  Object.fromEntries(
    keys.flatMap((key) =>
      thing.attributes[key] === undefined || thing.attributes[key] === null ? [] : [[key, thing.attributes[key]]],
    ),
  );
