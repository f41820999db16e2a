import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { examplePolicyPath } from '../../config/config.ts';
import { createMuster } from '../../client/operations/muster.ts';
import { accountActivatedSignal, personWorkflowId } from '../../domain/contracts.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { startSimulator, type Simulator } from '../../simulator/index.ts';
import { startDevServer } from '../support/engine.ts';
import { openInventory } from '../support/inventory.ts';
import { accountOf, eventually, hrEvent } from '../support/muster.ts';
import { gatewayPort } from '../support/ports.ts';
import { startProgram, type Program } from '../support/processes.ts';

const withinMs = 120_000;
let opened: AsyncDisposableStack;
let engine: Awaited<ReturnType<typeof startDevServer>>;
let simulator: Simulator;
let folder: string;
/** Two people had joined when this was copied; they have left since. */
let older: string;
let current: string;

beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  folder = await mkdtemp(join(tmpdir(), 'muster-known-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  engine = stack.use(await startDevServer());
  simulator = stack.use(await startSimulator());
  [current, older] = [join(folder, 'current'), join(folder, 'older')];
  opened = stack.move();
  await liveThrough();
}, 300_000);
afterAll(() => opened?.disposeAsync());

const envOf = (home: string) => ({
  ...engine.env,
  MUSTER_HOME: home,
  MUSTER_POLICY: examplePolicyPath,
  MUSTER_DATADOG_URL: simulator.url,
  DD_API_KEY: simulator.apiKey,
  DD_APP_KEY: simulator.appKey,
});

function begin(path: string, home: string, { args = [], env = {} }: { args?: string[]; env?: NodeJS.ProcessEnv } = {}) {
  const program = startProgram(path, { args, env: { ...envOf(home), ...env } });
  opened.defer(async () => void (await program.end('SIGKILL')));
  return program;
}
const startWorker = (home: string): Program => begin('workers/main.ts', home);
const inventoryIn = (home: string): Promise<Inventory> => openInventory({ file: join(home, 'inventory.db') });
const syncLight = () =>
  engine.client.workflow.execute('accessSync', {
    workflowId: 'light',
    taskQueue: 'muster',
    args: [{ depth: 'light' }],
  });
const outcomeOf = (inventory: Inventory, eventId: string) =>
  eventually(`the outcome of ${eventId}`, async () => (await inventory.findEvent(eventId))?.outcome, withinMs);

/** Two join; a copy is made while one of them has yet to accept; both leave. */
async function liveThrough(): Promise<void> {
  const worker = startWorker(current);
  await using inventory = await inventoryIn(current);
  const muster = createMuster({ client: engine.client, inventory });
  const accept = async (personId: string, eventId: string) => {
    const accountId = await eventually(
      `${personId} to be invited`,
      async () => {
        const [pending] = await inventory.listPending(personId);
        return pending?.accountId;
      },
      withinMs,
    );
    simulator.accept(accountId);
    await engine.client.workflow.getHandle(personWorkflowId(personId)).signal(accountActivatedSignal, { accountId });
    await outcomeOf(inventory, eventId);
  };
  const joiners = [hrEvent('joiner', 'e-1'), hrEvent('joiner', 'e-2')];
  for (const joiner of joiners) await muster.submitEvent(joiner);
  await accept('e-1', joiners[0]?.eventId ?? '');
  await eventually('e-2 to be invited', async () => (await inventory.listPending('e-2')).length === 1, withinMs);
  await copy(current, older);
  await accept('e-2', joiners[1]?.eventId ?? '');
  for (const personId of ['e-1', 'e-2']) {
    const leaver = hrEvent('leaver', personId);
    await muster.submitEvent(leaver);
    await outcomeOf(inventory, leaver.eventId);
  }
  // Which notes how far the evidence goes.
  await syncLight();
  await worker.end('SIGTERM');
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(to);
  await copyFile(join(from, 'signing.key'), join(to, 'signing.key'));
  const database = new Database(join(from, 'inventory.db'));
  await database.backup(join(to, 'inventory.db'));
  database.close();
}

const held = () => ['e-1', 'e-2'].map((personId) => accountOf({ simulator }, personId));
const nothing = [expect.objectContaining({ status: 'Disabled', roles: [] })];

test('a worker or gateway on an older copy of the inventory refuses to start, and says so', async () => {
  const port = String(await gatewayPort());
  for (const program of [startWorker(older), begin('client/gateway/main.ts', older, { env: { MUSTER_PORT: port } })]) {
    const { code, err } = await program.exited;
    expect({ code, err }).toMatchObject({
      code: 3,
      err: expect.stringMatching(
        /this is an older copy: its evidence ends with link \d+, and the namespace \S+ has noted link \d+/,
      ),
    });
    expect(err).toContain('npx muster inventory accept --reason');
  }
  expect(held()).toEqual([...nothing, ...nothing]);
});

test('a worker on an empty inventory in a namespace that knows another one refuses to start', async () => {
  const { code, err } = await startWorker(join(folder, 'empty')).exited;
  expect({ code, err }).toMatchObject({
    code: 3,
    err: expect.stringMatching(/this is inventory [0-9a-f-]+, and the namespace \S+ knows inventory [0-9a-f-]+/),
  });
});

test('an older copy that an operator has accepted revives nobody who has left since', async () => {
  const accept = begin('client/cli/main.ts', older, {
    args: ['inventory', 'accept', '--reason', 'a backup', '--json'],
  });
  expect(await accept.exited).toMatchObject({ code: 0 });
  const worker = startWorker(older);
  await using inventory = await inventoryIn(older);
  const evidence = await inventory.listEvidence({ personId: 'inventory', limit: 9, offset: 0 });
  expect(evidence).toMatchObject([{ action: 'accept inventory', reason: 'a backup' }]);

  // The joiner of e-2 has no outcome in this copy: it is carried out again, as far as it goes without a person.
  // Who has just been told is left alone for a moment, so one light sync may be too early.
  await eventually(
    'e-2 to wait for a person',
    async () => {
      await syncLight();
      const [row] = (await inventory.listPeople({ limit: 9, offset: 0 })).filter(({ personId }) => personId === 'e-2');
      return row?.phase === 'waitingForApproval';
    },
    withinMs,
  );
  expect(held()).toEqual([...nothing, ...nothing]);
  expect((await worker.end('SIGTERM')).code).toBe(0);
  expect((await startWorker(current).exited).code).toBe(3);
}, 180_000);
