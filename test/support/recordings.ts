import { existsSync, readFileSync } from 'node:fs';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** One recorded request and its response. Keys and tokens are redacted; what they were must be learned from the response. */
export interface Exchange {
  readonly name: string;
  readonly source: string;
  readonly seq: number;
  readonly method: string;
  /** The path with its parameters named: `/api/v2/users/{user_id}`. */
  readonly endpoint: string;
  readonly path: string;
  readonly status: number;
  readonly request_body: Json;
  readonly response_body: Json;
  readonly also_at?: readonly (readonly [source: string, name: string, seq: number])[];
}

export interface Scenario {
  readonly name: string;
  readonly exchanges: readonly Exchange[];
}

/** A thing with an id that a scenario needs before its first request, as the recording first shows it. */
export interface Presupposed {
  readonly type: string;
  readonly id: string;
  readonly attributes: JsonObject;
  readonly relationships: JsonObject;
  /** The team of a membership. */
  readonly parent?: string;
}

const file = new URL('../../../shared/datadog/recorded-exchanges.jsonl', import.meta.url);

/** Scenarios in recorded order; undefined where the recordings are not beside the repository. */
export function loadScenarios(): readonly Scenario[] | undefined {
  if (!existsSync(file)) return undefined;
  const scenarios = new Map<string, Exchange[]>();
  const add = (exchange: Exchange) => {
    const name = `${exchange.name} (${exchange.source})`;
    scenarios.set(name, [...(scenarios.get(name) ?? []), { ...exchange, name }]);
  };
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const exchange: Exchange = JSON.parse(line);
    add(exchange);
    // An exchange that is the same in several scenarios is written once.
    for (const [source, name, seq] of exchange.also_at ?? []) add({ ...exchange, source, name, seq });
  }
  return [...scenarios].map(([name, exchanges]) => ({ name, exchanges: exchanges.sort((a, b) => a.seq - b.seq) }));
}

const areas = [
  'users',
  'current_user',
  'user_invitations',
  'roles',
  'permissions',
  'service_accounts',
  'api_keys',
  'application_keys',
  'personal_access_tokens',
  'team',
  'authn_mappings',
  'org_configs',
  'validate',
  'validate_keys',
];

/** Whether an endpoint belongs to what the simulator is meant to play. */
export function isConcerned(exchange: Exchange): boolean {
  return areas.includes(exchange.endpoint.split('/')[3] ?? '');
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Replaces every known id, wherever it stands in texts and keys. */
export function translate<T extends Json>(value: T, ids: ReadonlyMap<string, string>): T {
  const text = JSON.stringify(value);
  if (text === undefined) return value;
  const translated: T = JSON.parse(text.replace(uuid, (id) => ids.get(id) ?? id));
  return translated;
}

function idsIn(value: Json): ReadonlySet<string> {
  return new Set(JSON.stringify(value ?? null).match(uuid) ?? []);
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

export const idOf = (thing: Json | undefined): string => (isObject(thing) ? textOf(thing['id']) : '');

export const typeOf = (thing: Json | undefined): string => (isObject(thing) ? textOf(thing['type']) : '');

export const attributesOf = (thing: Json | undefined): JsonObject =>
  isObject(thing) && isObject(thing['attributes']) ? thing['attributes'] : {};

export const relationshipsOf = (thing: Json | undefined): JsonObject =>
  isObject(thing) && isObject(thing['relationships']) ? thing['relationships'] : {};

export function* objectsIn(value: Json | undefined): Generator<JsonObject> {
  if (Array.isArray(value)) for (const item of value as readonly Json[]) yield* objectsIn(item);
  if (!isObject(value)) return;
  yield value;
  for (const child of Object.values(value)) yield* objectsIn(child);
}

export const dataOf = (value: Json | undefined): readonly JsonObject[] => {
  const data = isObject(value) ? value['data'] : undefined;
  return Array.isArray(data) ? (data as readonly JsonObject[]).filter(isObject) : isObject(data) ? [data] : [];
};

const isCreation = (exchange: Exchange): boolean =>
  exchange.method === 'POST' &&
  exchange.status < 300 &&
  !/\/(users|permissions)$/.test(exchange.endpoint.replace('/api/v2/users', ''));

/** The owner of the keys that a scenario was recorded with, by the ids in the recording. */
export function callersOf(scenario: Scenario): ReadonlySet<string> {
  const callers = new Set<string>();
  for (const exchange of scenario.exchanges) {
    if (/^\/api\/v2\/current_user$/.test(exchange.endpoint))
      for (const user of dataOf(exchange.response_body)) callers.add(idOf(user));
    if (exchange.status >= 300) continue;
    for (const made of isCreation(exchange) ? dataOf(exchange.response_body) : []) {
      const names = exchange.endpoint.includes('service_accounts') ? [] : ['created_by', 'owned_by'];
      for (const name of names) for (const user of dataOf(relationshipsOf(made)[name])) callers.add(idOf(user));
      const by = attributesOf(made)['provisioned_by_id'];
      if (typeof by === 'string') callers.add(by);
    }
  }
  return callers;
}

const typeOfSegment: Readonly<Record<string, string>> = {
  users: 'users',
  roles: 'roles',
  team: 'team',
  service_accounts: 'users',
  memberships: 'users',
  authn_mappings: 'authn_mappings',
  api_keys: 'api_keys',
};

/**
 * What a scenario needs and does not create: things that responses show before any request made them, and things that
 * a successful request names in its path or body.
 */
export function presupposedBy(scenario: Scenario): readonly Presupposed[] {
  const found = new Map<string, Presupposed>();
  const created = new Set<string>();
  const need = (type: string, id: string, seen?: JsonObject, parent?: string) => {
    if (created.has(id)) return;
    const known = found.get(id);
    const attributes = attributesOf(seen);
    const relationships = relationshipsOf(seen);
    found.set(id, {
      type,
      id,
      attributes: { ...attributes, ...known?.attributes },
      relationships: { ...relationships, ...known?.relationships },
      ...(parent === undefined ? {} : { parent }),
    });
  };
  const callers = callersOf(scenario);
  for (const { response_body } of scenario.exchanges) {
    for (const { attributes } of objectsIn(response_body)) {
      if (!isObject(attributes) || attributes['provisioned_by'] !== 'service_account') continue;
      const id = textOf(attributes['provisioned_by_id']);
      if (callers.has(id)) need('users', id, { attributes: { service_account: true } });
    }
  }
  for (const exchange of scenario.exchanges) {
    if (exchange.status >= 300) continue;
    const segments = exchange.path.split('?')[0]!.split('/');
    const named = exchange.endpoint.split('/');
    for (const [index, segment] of segments.entries()) {
      const type = typeOfSegment[named[index - 1] ?? ''];
      if (named[index]?.startsWith('{') && type !== undefined && segment.match(uuid)) need(type, segment);
    }
    for (const object of objectsIn(exchange.request_body)) {
      const type = object['type'];
      const id = object['id'];
      if (typeof id !== 'string' || !id.match(uuid)) continue;
      if (type === 'users' || type === 'roles' || type === 'team' || type === 'permissions') need(type, id);
    }
    if (isCreation(exchange))
      for (const made of dataOf(exchange.response_body)) if (!found.has(idOf(made))) created.add(idOf(made));
    const team = /\/team\/([^/]+)\/memberships/.exec(exchange.path)?.[1];
    for (const object of objectsIn(exchange.response_body)) {
      if (typeof object['id'] !== 'string' || typeof object['type'] !== 'string' || !isObject(object['attributes']))
        continue;
      need(object['type'], object['id'], object, object['type'] === 'team_memberships' ? team : undefined);
    }
  }
  return [...found.values()];
}

const naturalKeys = (thing: { type: string; attributes: JsonObject }): readonly string[] =>
  (thing.type === 'users'
    ? ['handle']
    : thing.type === 'roles' || thing.type === 'permissions'
      ? ['name']
      : thing.type === 'team'
        ? ['handle']
        : []
  )
    .filter((key) => typeof thing.attributes[key] === 'string')
    .map((key) => `${thing.type} ${key} ${textOf(thing.attributes[key])}`);

/**
 * Some recordings were made with two orgs at once (a tool that copies one into the other), which shows in two ids
 * with one name. Their exchanges are told apart by the ids that they share.
 */
export function splitByOrg(scenario: Scenario): readonly Scenario[] {
  const owners = new Map<string, string>();
  const things = presupposedBy(scenario).map((thing) => ({ ...thing }));
  for (const exchange of scenario.exchanges) {
    if (!isCreation(exchange)) continue;
    for (const made of dataOf(exchange.response_body)) {
      if (isObject(made['attributes'])) {
        things.push({
          type: typeOf(made),
          id: idOf(made),
          attributes: made['attributes'],
          relationships: {},
        });
      }
    }
  }
  const isTwofold = things.some((thing) =>
    naturalKeys(thing).some((key) => {
      const owner = owners.get(key) ?? thing.id;
      owners.set(key, owner);
      return owner !== thing.id;
    }),
  );
  if (!isTwofold) return [scenario];

  const permissions = new Set(things.filter((thing) => thing.type === 'permissions').map((thing) => thing.id));
  let groups: { ids: Set<string>; exchanges: Exchange[] }[] = [];
  for (const exchange of scenario.exchanges) {
    const ids = new Set(
      [...idsIn([exchange.path, exchange.request_body, exchange.response_body])].filter((id) => !permissions.has(id)),
    );
    for (const object of objectsIn(exchange.response_body))
      if (object['type'] === 'permissions') ids.delete(idOf(object));
    const touching = groups.filter((group) => [...ids].some((id) => group.ids.has(id)));
    groups = [
      ...groups.filter((group) => !touching.includes(group)),
      {
        ids: new Set([...ids, ...touching.flatMap((group) => [...group.ids])]),
        exchanges: [...touching.flatMap((group) => group.exchanges), exchange].sort((a, b) => a.seq - b.seq),
      },
    ];
  }
  return groups.map((group) => ({ name: scenario.name, exchanges: group.exchanges }));
}
