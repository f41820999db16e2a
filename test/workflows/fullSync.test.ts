import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import type { Client } from '@temporalio/client';
import type { DatadogClient } from '../../datadog/types.ts';
import { applySchedules, syncNow } from '../../client/operations/schedule.ts';
import { startDevServer } from '../support/engine.ts';
import { startTestMuster, type TestMuster } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { syncedRows } from '../support/syncedRows.ts';

let opened: AsyncDisposableStack;
let stage: TestMuster;
let client: Client;
let stateFile: string;
/** Called before each page of accounts that is asked for. */
let beforePage: () => void;

beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'muster-sync-'));
  stack.defer(() => rm(folder, { recursive: true }));
  stateFile = join(folder, 'simulator.json');
  const engine = stack.use(await startDevServer());
  const connection = await NativeConnection.connect({ address: engine.address });
  stack.defer(() => connection.close());
  stage = stack.use(
    await startTestMuster({
      client: engine.client,
      connection,
      simulator: { people: 60, nhis: 30, seed: 7, stateFile },
      wrapDatadog,
    }),
  );
  client = engine.client;
  await applySchedules(client, {
    sync: { ...stage.policy.sync, lightEveryMs: 3_600_000, cron: '0 3 1 1 *' },
    roster: stage.policy.roster,
  });
  await addTokensAndMappings();
  opened = stack.move();
});
afterAll(() => opened?.disposeAsync());
beforeEach(() => {
  beforePage = () => undefined;
  stage.simulator.faults.clear();
  stage.simulator.keys.setScopes(null);
});

function wrapDatadog(datadog: DatadogClient): DatadogClient {
  return {
    ...datadog,
    attempt(options) {
      const api = datadog.attempt(options);
      return {
        ...api,
        get requests() {
          return api.requests;
        },
        listAccountsPage(page) {
          beforePage();
          return api.listAccountsPage(page);
        },
      };
    },
  };
}

async function addTokensAndMappings(): Promise<void> {
  const { serviceAccounts, authnMappings } = officialClient(stage.simulator);
  const [robot] = stage.simulator.users().filter(({ serviceAccount }) => serviceAccount);
  await serviceAccounts.createServiceAccountAccessToken({
    serviceAccountId: robot?.id ?? '',
    body: { data: { type: 'service_access_tokens', attributes: { name: 'token', scopes: ['monitors_read'] } } },
  });
  const role = { data: { id: robot?.roleIds[0] ?? '', type: 'roles' as const } };
  const attributes = { attributeKey: 'department', attributeValue: 'it' };
  await authnMappings.createAuthNMapping({
    body: { data: { type: 'authn_mappings', attributes, relationships: { role } } },
  });
}

const everything = { limit: 1_000, offset: 0 };
const kindsOfLast = async () => (await stage.inventory.standingKinds()).last;
const idsOf = async (kind: Parameters<typeof stage.inventory.listNhis>[0]['kind']) =>
  (await stage.inventory.listNhis({ ...everything, isThere: true, ...(kind && { kind }) }))
    .map(({ id }) => id)
    .toSorted();

test('a full sync records teams with members, keys, tokens, clients and mappings', async () => {
  const { simulator, inventory } = stage;
  const summary = await syncNow(client);
  expect(summary).toMatchObject({ complete: true, teams: 2, roles: 3, removed: 0 });
  const kinds = await kindsOfLast();
  expect(new Set(Object.values(kinds).map(({ state }) => state))).toEqual(new Set(['complete']));
  expect(Object.keys(kinds)).toHaveLength(10);

  const keys = simulator.keys.list();
  const robots = new Set(
    simulator
      .users()
      .filter(({ serviceAccount }) => serviceAccount)
      .map(({ id }) => id),
  );
  const keyIds = (kind: string, isRobots?: boolean) =>
    keys
      .filter((key) => key.kind === kind && (isRobots === undefined || robots.has(key.ownerId) === isRobots))
      .map(({ id }) => id)
      .toSorted();
  expect(await idsOf('apiKey')).toEqual(keyIds('api'));
  expect(await idsOf('applicationKey')).toEqual(keyIds('application', false));
  expect(await idsOf('serviceAccountKey')).toEqual(keyIds('application', true));
  expect(await idsOf('serviceAccount')).toEqual([...robots].toSorted());
  expect(await idsOf('serviceAccountToken')).toHaveLength(1);
  expect(await idsOf('oauthClient')).toHaveLength(1);
  expect(await inventory.listNhis({ ...everything, kind: 'authnMapping' })).toMatchObject([
    { name: 'department=it', details: { attributeKey: 'department' } },
  ]);
  expect(summary.keys).toBe(keys.length + 1);

  const handles = new Map((await inventory.listTeams()).map(({ id, handle }) => [id, handle]));
  for (const { id, teams } of simulator.users()) {
    const seen = await inventory.listTeamMembers({ accountId: id });
    expect(seen.map(({ teamId }) => handles.get(teamId) ?? '').toSorted()).toEqual(teams);
  }
});

test('a second sync without changes writes no row but its own', async () => {
  const before = await syncedRows(stage.inventory);
  expect(await syncNow(client)).toMatchObject({ complete: true, added: 0, changed: 0, removed: 0 });
  expect(await syncedRows(stage.inventory)).toEqual(before);
});

test('no key value reaches a row or a history', async () => {
  const text = await readFile(stateFile, 'utf8');
  const secrets = [...text.matchAll(/"key":"([^"]+)"/g)].map(([, key]) => key ?? '');
  expect(secrets.length).toBeGreaterThan(20);
  stage.simulator.faults.add({ kind: 'wrongTypes', match: { path: 'api_keys' } });
  await syncNow(client);
  const said = [
    JSON.stringify(await syncedRows(stage.inventory)),
    JSON.stringify(await stage.inventory.listSyncRuns(100)),
  ];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const event of history.events ?? []) said.push(JSON.stringify(event), textsIn(event));
  }
  expect(said.join('')).toContain('API keys');
  for (const secret of secrets) expect(said.some((one) => one.includes(secret))).toBe(false);
});

test('kinds that the key may not see are named with the missing permission, and their rows stay', async () => {
  const before = await stage.inventory.listNhis({ ...everything, isThere: true });
  const members = await stage.inventory.listTeamMembers({});
  stage.simulator.keys.setScopes(['user_access_read', 'user_app_keys']);
  stage.simulator.requests.reset();
  expect(await syncNow(client)).toMatchObject({ complete: true, added: 0, changed: 0, removed: 0 });
  expect(await kindsOfLast()).toEqual({
    accounts: { state: 'complete' },
    roles: { state: 'complete' },
    authnMapping: { state: 'complete' },
    teams: { state: 'notVisible', permission: 'teams_read' },
    apiKey: { state: 'notVisible', permission: 'api_keys_read' },
    applicationKey: { state: 'notVisible', permission: 'org_app_keys_read' },
    personalAccessToken: { state: 'notVisible', permission: 'org_app_keys_read' },
    serviceAccountKey: { state: 'notVisible', permission: 'service_account_write' },
    serviceAccountToken: { state: 'notVisible', permission: 'service_account_write' },
    oauthClient: { state: 'notVisible', permission: 'org_authorized_apps_read' },
  });
  const after = await stage.inventory.listNhis({ ...everything, isThere: true });
  expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  expect(await stage.inventory.listTeamMembers({})).toEqual(members);
  // The probe of what the key may do asks for an account that does not exist.
  const robots = stage.simulator.users().filter(({ serviceAccount }) => serviceAccount);
  const toRobots = stage.simulator.requests.list().filter(({ path }) => robots.some(({ id }) => path.includes(id)));
  expect(toRobots).toHaveLength(1);
});

test('the list of all application keys covers service accounts whose own lists are not visible', async () => {
  const before = await idsOf('serviceAccountKey');
  stage.simulator.keys.setScopes(['user_access_read', 'org_app_keys_read']);
  const [gone] = before;
  stage.simulator.keys.revoke(gone ?? '');
  expect(await syncNow(client)).toMatchObject({ complete: true, removed: 1 });
  expect(await kindsOfLast()).toMatchObject({ serviceAccountKey: { state: 'complete' } });
  stage.simulator.keys.restore(gone ?? '');
  expect(await syncNow(client)).toMatchObject({ added: 1 });
  expect(await idsOf('serviceAccountKey')).toEqual(before);
});

test.each(['torn', 'notJson', 'wrongTypes', '500'] as const)(
  'pages that stay %s end their kind as incomplete and keep its rows; one that mends is read',
  async (kind) => {
    const before = await idsOf('apiKey');
    stage.simulator.faults.add({ kind, match: { path: '/api/v2/api_keys' } });
    stage.simulator.faults.add({ kind, match: { path: '/api/v2/users$' }, times: 1 });
    expect(await syncNow(client)).toMatchObject({ complete: false, added: 0, removed: 0 });
    const { apiKey, accounts } = await kindsOfLast();
    expect(apiKey).toMatchObject({ state: 'incomplete' });
    expect(accounts).toEqual({ state: 'complete' });
    const [run] = await stage.inventory.listSyncRuns(1);
    expect(run?.reason).toContain('apiKey: list API keys');
    expect(await idsOf('apiKey')).toEqual(before);
  },
);

test('a key that is revoked in the middle closes nothing, and the run says what to do', async () => {
  const before = await stage.inventory.listAccounts(everything);
  beforePage = () => stage.simulator.keys.revoke('application');
  const summary = await syncNow(client);
  stage.simulator.keys.restore('application');
  expect(summary).toMatchObject({ complete: false, removed: 0 });
  const [run] = await stage.inventory.listSyncRuns(1);
  expect(run?.reason).toContain('muster doctor');
  expect(await stage.inventory.listAccounts(everything)).toEqual(before);
  beforePage = () => undefined;
  expect(await syncNow(client)).toMatchObject({ complete: true, added: 0, removed: 0 });
});

test('odd rows are counted and named, stay as they are known, and hide no others', async () => {
  const { simulator, inventory } = stage;
  await syncNow(client);
  const before = await syncedRows(inventory);
  const email = 'seen-beside-odd-rows@example.com';
  const body = { data: { type: 'users' as const, attributes: { email, name: 'A first one' } } };
  const { data } = await officialClient(simulator).users.createUser({ body });
  const odd = {
    users: await spoilLast('users', (user) => ({ ...user, relationships: undefined })),
    roles: await spoilLast('roles', (role) => ({ ...role, attributes: [] })),
    team: await spoilLast('team', (team) => ({ id: team['id'], type: 'team' })),
  };

  const refused = before.teams.find(({ id }) => id !== odd.team)?.id ?? '';
  simulator.faults.add({ kind: '403', match: { method: 'GET', path: `/team/${refused}/memberships$` } });

  const summary = await syncNow(client);
  expect(summary).toMatchObject({ complete: true, added: 1, changed: 0, removed: 0, odd: { count: 4 } });
  expect(new Set(summary.odd.rows.map(({ id }) => id))).toEqual(new Set([...Object.values(odd), refused]));
  const [run] = await inventory.listSyncRuns(1);
  expect(run?.summary?.odd).toEqual(summary.odd);
  const now = await syncedRows(inventory);
  expect({ ...now, accounts: now.accounts.filter(({ id }) => id !== data?.id) }).toEqual(before);
});

/** Datadog's last row of this list from now on; returns its id. */
async function spoilLast(
  list: 'users' | 'roles' | 'team',
  spoil: (row: Readonly<Record<string, unknown>>) => unknown,
): Promise<string> {
  const { url, apiKey, appKey, faults } = stage.simulator;
  const headers = { 'dd-api-key': apiKey, 'dd-application-key': appKey };
  const answer = await fetch(`${url}/api/v2/${list}?page[size]=1000`, { headers });
  const { data, ...rest } = (await answer.json()) as { data: { id: string }[] };
  const last = data.pop();
  const body = { ...rest, data: [...data, spoil({ ...last })] };
  faults.add({ kind: 'reply', match: { method: 'GET', path: `^/api/v2/${list}$` }, reply: { status: 200, body } });
  return last?.id ?? '';
}

test('two syncs at once are one', async () => {
  const runs = (await stage.inventory.listSyncRuns(100)).length;
  const [one, other] = await Promise.all([syncNow(client), syncNow(client)]);
  expect(one).toEqual(other);
  expect(await stage.inventory.listSyncRuns(100)).toHaveLength(runs + 1);
});

/** Payloads are bytes: the texts in them. */
function textsIn(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(textsIn).join('\n');
}
