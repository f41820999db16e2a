import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import type { Client } from '@temporalio/client';
import type { DatadogClient } from '../../datadog/types.ts';
import { applySchedules, syncNow } from '../../client/operations/schedule.ts';
import { accessSyncScheduleId, personWorkflowId } from '../../domain/contracts.ts';
import { startDevServer } from '../support/engine.ts';
import { startHoldingProxy } from '../support/holdingProxy.ts';
import { eventually, hrEvent, inPhase, startTestMuster, type TestMuster } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { startPostgres } from '../support/postgres.ts';
import { syncedRows } from '../support/syncedRows.ts';
import { tellPerson } from '../../client/operations/startPerson.ts';

const started = await startPostgres();
const postgres = 'unavailable' in started ? undefined : started;
const onPostgres = postgres === undefined ? test.skip : test;

type AccountsPage = Awaited<ReturnType<ReturnType<DatadogClient['attempt']>['listAccountsPage']>>;

let opened: AsyncDisposableStack;
let stage: TestMuster;
let client: Client;
let proxy: Awaited<ReturnType<typeof startHoldingProxy>> | undefined;
/** What happens at a page of accounts that was asked for, and at the judgement of what was read. */
let atPage: (page: AccountsPage, number: number) => Promise<AccountsPage> | AccountsPage;
let atAssessment: () => void;
let requestDeadlineMs: number | undefined;
const pageSize = 20;

beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  if (postgres !== undefined) stack.use(postgres);
  const engine = stack.use(await startDevServer());
  const connection = await NativeConnection.connect({ address: engine.address });
  stack.defer(() => connection.close());
  proxy = postgres && stack.use(await startHoldingProxy(postgres.socket));
  stage = stack.use(
    await startTestMuster({
      client: engine.client,
      connection,
      simulator: { people: 90, nhis: 30, seed: 7 },
      ...(await inventoryBehindProxy()),
      wrapDatadog,
      policy: (example) => ({
        ...example,
        get findings() {
          atAssessment();
          return example.findings;
        },
      }),
    }),
  );
  client = engine.client;
  await applySchedules(client, {
    sync: { ...stage.policy.sync, lightEveryMs: 3_600_000, cron: '0 3 1 1 *' },
    roster: stage.policy.roster,
  });
  opened = stack.move();
}, 120_000);
afterAll(() => opened?.disposeAsync());
beforeEach(() => {
  atPage = (page) => page;
  atAssessment = () => undefined;
  requestDeadlineMs = undefined;
  stage.simulator.faults.clear();
});

async function inventoryBehindProxy() {
  if (postgres === undefined || proxy === undefined) return {};
  const { url } = await postgres.createDatabase();
  return { inventory: { url: `postgres://muster@${proxy.address}${new URL(url).pathname}` } };
}

function wrapDatadog(datadog: DatadogClient): DatadogClient {
  return {
    ...datadog,
    attempt(options) {
      const api = datadog.attempt({ ...options, ...(requestDeadlineMs === undefined ? {} : { requestDeadlineMs }) });
      return {
        ...api,
        get requests() {
          return api.requests;
        },
        async listAccountsPage(page) {
          // Asked for the first time it would take the largest size: then there were no second page.
          return atPage(await api.listAccountsPage({ ...page, size: page.size ?? pageSize }), page.number);
        },
      };
    },
  };
}

/** Until an activity of the sync that runs was tried again. */
async function untilItWaits(withinMs?: number): Promise<void> {
  await eventually(
    'an activity of the sync to be tried again',
    async () => {
      const { info } = await client.schedule.getHandle(accessSyncScheduleId).describe();
      const running = info.runningActions.at(-1)?.workflow;
      return running !== undefined && (await isRetrying(running.workflowId));
    },
    withinMs,
  );
}

async function isRetrying(workflowId: string, attempts = 2): Promise<boolean | undefined> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  return raw.pendingActivities?.some(({ attempt }) => (attempt ?? 0) >= attempts);
}

/** Somebody new in Datadog, so that there is something to write. */
async function addSomebody(): Promise<void> {
  const email = `new-${stage.simulator.users().length}@example.com`;
  const body = { data: { type: 'users' as const, attributes: { email } } };
  await officialClient(stage.simulator).users.createUser({ body });
}

async function expectTheWholePicture(): Promise<void> {
  const rows = await stage.inventory.listAccounts({ limit: 1_000, offset: 0 });
  const known = rows.map(({ id, status, roleNames }) => [id, status, roleNames.toSorted()]);
  const there = stage.simulator.users().map(({ id, status, roles }) => [id, status.toLowerCase(), roles.toSorted()]);
  const byId = (one: unknown[], other: unknown[]) => String(one[0]).localeCompare(String(other[0]));
  expect(known.toSorted(byId)).toEqual(there.toSorted(byId));
}

const lastRun = async () => (await stage.inventory.listSyncRuns(1))[0];

onPostgres.each([
  ['before it begins', 'start'],
  ['in the middle of the accounts', 'accounts'],
  ['while findings are worked out', 'assessment'],
] as const)(
  'a database that goes down %s is waited for, and the sync goes on to the whole picture',
  expectOutageIsWaitedFor,
  120_000,
);

async function expectOutageIsWaitedFor(_title: string, when: 'start' | 'accounts' | 'assessment'): Promise<void> {
  await addSomebody();
  let isDown = false;
  const goDown = async () => {
    if (isDown) return;
    isDown = true;
    await postgres?.goDown();
  };
  if (when === 'start') await goDown();
  if (when === 'accounts') {
    atPage = async (page, number) => {
      if (number === 2) await goDown();
      return page;
    };
  }
  if (when === 'assessment') atAssessment = () => void goDown();

  const syncing = syncNow(client);
  syncing.catch(() => undefined);
  await untilItWaits(60_000);
  await postgres?.goUp();
  expect(await syncing).toMatchObject({ complete: true, removed: 0 });
  await expectTheWholePicture();
  expect((await lastRun())?.reason).toBeUndefined();
  expect(await syncNow(client)).toMatchObject({ complete: true, added: 0, changed: 0, removed: 0 });
}

const absences = {
  down: { begin: () => postgres?.goDown(), end: async () => postgres?.goUp() },
  'cut off': { begin: () => proxy?.hold(true), end: async () => proxy?.hold(false) },
} as const;

onPostgres.each(['down', 'cut off'] as const)(
  'while the database is %s a person’s process waits in one activity, and goes on once it is back',
  expectPersonToWait,
  120_000,
);

async function expectPersonToWait(absence: keyof typeof absences): Promise<void> {
  const personId = `e-${absence.replace(' ', '-')}`;
  const workflowId = personWorkflowId(personId);
  await using back = new AsyncDisposableStack();
  back.defer(() => absences[absence].end());
  const joiner = hrEvent('joiner', personId);
  await stage.inventory.receiveEvent(joiner, joiner.occurredAt);
  await absences[absence].begin();
  await tellPerson(client, joiner);
  const lengthAtAttempt = async (attempts: number): Promise<number> => {
    await eventually(`attempt ${attempts} of its first record`, () => isRetrying(workflowId, attempts), 60_000);
    return (await client.workflow.getHandle(workflowId).describe()).historyLength;
  };
  // A heartbeat of the workflow task is three events every eight seconds. Four local attempts may cost two of them on a
  // slow machine; the activity that waits after that costs none, however long it takes.
  const length = await lengthAtAttempt(2);
  expect(length).toBeLessThan(9 + 2 * 3);
  expect(await lengthAtAttempt(3)).toBe(length);
  await back.disposeAsync();
  await inPhase(stage, personId, 'waitingForAcceptance');
}

onPostgres(
  'a database that is cut off in the middle of a write, with its lock held, is given up, and the sync goes on',
  expectCutOffIsWaitedFor,
  180_000,
);

async function expectCutOffIsWaitedFor(): Promise<void> {
  await addSomebody();
  proxy?.holdFrom('muster/accounts');
  const syncing = syncNow(client);
  syncing.catch(() => undefined);
  await untilItWaits(80_000);
  proxy?.hold(false);
  expect(await syncing).toMatchObject({ complete: true, removed: 0 });
  await expectTheWholePicture();
}

test('a page that hangs is requested again, then its kind ends incomplete and keeps its rows', async () => {
  expect(await syncNow(client)).toMatchObject({ complete: true });
  const before = await syncedRows(stage.inventory);
  requestDeadlineMs = 300;
  stage.simulator.faults.add({ kind: 'hang', match: { path: '/api/v2/api_keys$' } });
  stage.simulator.faults.add({ kind: 'hang', match: { path: '/api/v2/users$' }, times: 2 });
  expect(await syncNow(client)).toMatchObject({ complete: false, added: 0, changed: 0, removed: 0 });
  const { apiKey, ...others } = (await stage.inventory.standingKinds()).last;
  expect(apiKey).toEqual({
    state: 'incomplete',
    reason: 'list API keys got no complete answer: the deadline passed',
  });
  expect(new Set(Object.values(others).map(({ state }) => state))).toEqual(new Set(['complete']));
  expect((await lastRun())?.reason).toContain('apiKey: list API keys got no complete answer');
  expect(await syncedRows(stage.inventory)).toEqual(before);
}, 60_000);

test.each(['torn', 'wrongTypes', 'notJson'] as const)(
  'pages that stay %s leave accounts and findings as they were, and other kinds are read',
  async (kind) => {
    const before = await syncedRows(stage.inventory);
    const findings = await openFindings();
    stage.simulator.faults.add({ kind, match: { path: '/api/v2/users$' } });
    expect(await syncNow(client)).toMatchObject({ complete: false, added: 0, changed: 0, removed: 0 });
    const { accounts, ...others } = (await stage.inventory.standingKinds()).last;
    expect(accounts).toMatchObject({ state: 'incomplete', reason: expect.stringContaining('list users') });
    expect(new Set(Object.values(others).map(({ state }) => state))).toEqual(new Set(['complete']));
    expect(await syncedRows(stage.inventory)).toEqual(before);
    expect(await openFindings()).toEqual(findings);
  },
  60_000,
);

test('pages that contradict their count close nothing; read again and whole, they do', async () => {
  const before = await syncedRows(stage.inventory);
  const hidden = stage.simulator.users().find(({ serviceAccount }) => !serviceAccount)?.id;
  const without = ({ accounts, ...page }: AccountsPage, total = page.total) => ({
    ...page,
    total,
    accounts: accounts.filter(({ id }) => id !== hidden),
  });
  atPage = (page) => without(page);
  expect(await syncNow(client)).toMatchObject({ complete: false, removed: 0 });
  expect((await stage.inventory.standingKinds()).last.accounts).toEqual({
    state: 'incomplete',
    reason: expect.stringMatching(/counts \d+ users, but fewer are listed, twice/),
  });
  expect(await syncedRows(stage.inventory)).toEqual(before);

  let isFirst = true;
  atPage = (page, number) => {
    const pages = Math.ceil(page.total / pageSize);
    const shown = isFirst ? without(page) : page;
    if (number === pages - 1) isFirst = false;
    return shown;
  };
  expect(await syncNow(client)).toMatchObject({ complete: true, added: 0, changed: 0, removed: 0 });
  expect(isFirst).toBe(false);

  // What is neither listed nor counted is gone.
  atPage = (page) => without(page, page.total - 1);
  expect(await syncNow(client)).toMatchObject({ complete: true, removed: 1 });
  atPage = (page) => page;
  await syncNow(client);
  await expectTheWholePicture();
}, 60_000);

test('while keys are refused each run says what to do, and closes nothing', async () => {
  const before = await syncedRows(stage.inventory);
  atPage = (page, number) => {
    if (number === 1) stage.simulator.keys.revoke('application');
    return page;
  };
  for (let run = 1; run <= 2; run += 1) {
    stage.simulator.requests.reset();
    expect(await syncNow(client)).toMatchObject({ complete: false, added: 0, changed: 0, removed: 0 });
    expect((await lastRun())?.reason).toContain('check DD_API_KEY and DD_APP_KEY with `npx muster doctor`');
    expect(await syncedRows(stage.inventory)).toEqual(before);
    atPage = (page) => page;
  }
  stage.simulator.keys.restore('application');
  expect(await syncNow(client)).toMatchObject({ complete: true, added: 0, changed: 0, removed: 0 });
  expect((await lastRun())?.reason).toBeUndefined();
}, 60_000);

async function openFindings() {
  const rows = await stage.inventory.listFindings({ state: 'open', limit: 1_000, offset: 0 }, new Date().toISOString());
  return rows.map(({ id, since, evidence }) => ({ id, since, evidence }));
}
