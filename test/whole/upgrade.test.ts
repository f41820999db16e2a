import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NativeConnection, Worker } from '@temporalio/worker';
import { examplePolicyPath } from '../../config/config.ts';
import { version } from '../../config/version.ts';
import { describeDeployment } from '../../client/operations/deployment.ts';
import { createMuster } from '../../client/operations/muster.ts';
import { accountActivatedSignal, personWorkflowId } from '../../domain/contracts.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { startSimulator, type Simulator } from '../../simulator/index.ts';
import { startDevServer } from '../support/engine.ts';
import { openInventory } from '../support/inventory.ts';
import { eventually, hrEvent } from '../support/muster.ts';
import { startProgram, type Program } from '../support/processes.ts';

const withinMs = 120_000;
const [first, second, third] = ['a', 'b', 'c'].map((letter) => letter.repeat(12)) as [string, string, string];
const buildOf = (commit: string) => `${version}+${commit}`;

let opened: AsyncDisposableStack;
let engine: Awaited<ReturnType<typeof startDevServer>>;
let simulator: Simulator;
let home: string;
let inventory: Inventory;

beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  home = await mkdtemp(join(tmpdir(), 'muster-upgrade-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  engine = stack.use(await startDevServer());
  simulator = stack.use(await startSimulator());
  inventory = stack.use(await openInventory({ file: join(home, 'inventory.db') }));
  opened = stack.move();
}, 300_000);
afterAll(() => opened?.disposeAsync());

function begin(path: string, commit: string, args: string[] = []): Program {
  const env = {
    ...engine.env,
    MUSTER_COMMIT: commit,
    MUSTER_HOME: home,
    MUSTER_POLICY: examplePolicyPath,
    MUSTER_DATADOG_URL: simulator.url,
    DD_API_KEY: simulator.apiKey,
    DD_APP_KEY: simulator.appKey,
  };
  const program = startProgram(path, { args, env });
  opened.defer(async () => void (await program.end('SIGKILL')));
  return program;
}
const startWorker = (commit: string) => begin('workers/main.ts', commit);
const run = async (commit: string, ...args: string[]) => {
  const { code, out, err } = await begin('client/cli/main.ts', commit, ['upgrade', ...args]).exited;
  return { code, said: `${out}${err}` };
};
const current = async () => (await describeDeployment(engine.client))?.current;
const untilCurrent = (commit: string) =>
  eventually(`${commit} to be current`, async () => (await current()) === buildOf(commit), withinMs);
const said = (program: Program, text: string) =>
  eventually(`"${text}"`, () => program.said.err.includes(text), withinMs);

async function invited(personId: string) {
  const joiner = hrEvent('joiner', personId);
  await createMuster({ client: engine.client, inventory }).submitEvent(joiner);
  const accountId = await eventually(
    `${personId} to be invited`,
    async () => (await inventory.listPending(personId))[0]?.accountId,
    withinMs,
  );
  const accept = async () => {
    simulator.accept(accountId);
    await engine.client.workflow.getHandle(personWorkflowId(personId)).signal(accountActivatedSignal, { accountId });
    return eventually('the outcome', async () => (await inventory.findEvent(joiner.eventId))?.outcome, withinMs);
  };
  return { accept };
}

test('people who wait go on with another build once it is promoted, and back', async () => {
  const one = startWorker(first);
  await untilCurrent(first);
  const ada = await invited('e-1');
  const ben = await invited('e-2');

  const two = startWorker(second);
  await said(two, `it waits for \`npx muster upgrade promote\``);
  expect(await run(second, 'check')).toEqual({
    code: 0,
    said: `All 2 open runs replay with build ${buildOf(second)}.\n`,
  });
  const promoted = await run(second, 'promote', '--as', 'it@example.com', '--reason', 'a new version');
  expect(promoted).toMatchObject({ code: 0 });
  expect(promoted.said).toContain(`Build ${buildOf(second)} is current now; it was ${buildOf(first)}.`);
  await one.end('SIGTERM');
  expect(await ada.accept()).toMatchObject({ kind: 'completed' });

  const again = startWorker(first);
  await said(again, 'it waits for');
  expect(await run(second, 'promote', '--build', buildOf(first))).toMatchObject({ code: 0 });
  expect(await run(second, 'promote', '--build', '9.9.9')).toMatchObject({ code: 1 });
  await two.end('SIGTERM');
  expect(await ben.accept()).toMatchObject({ kind: 'completed' });
  const evidence = await inventory.listEvidence({ personId: 'deployment', limit: 9, offset: 0 });
  expect(evidence).toMatchObject([
    { action: 'promote build', before: buildOf(first), after: buildOf(second), reason: 'a new version' },
    { action: 'promote build', before: buildOf(second), after: buildOf(first) },
  ]);
  await again.end('SIGTERM');
}, 300_000);

test('a worker that replaces another takes over by itself, unless an open run would fail', async () => {
  const connection = await NativeConnection.connect({ address: engine.address });
  opened.defer(() => connection.close());
  const { client } = engine;
  const { namespace } = client.options;
  // An open run of a type of Muster that no code of Muster has led to.
  const foreign = await Worker.create({
    ...{ connection, namespace, taskQueue: 'foreign' },
    workflowsPath: fileURLToPath(new URL('support/foreignWorkflow.ts', import.meta.url)),
  });
  const running = foreign.run();
  opened.defer(async () => {
    if (foreign.getState() === 'RUNNING') foreign.shutdown();
    await running;
  });
  const odd = await client.workflow.start('rosterImport', { workflowId: 'odd', taskQueue: 'foreign' });
  await eventually('its timer', async () =>
    (await odd.fetchHistory()).events?.some(({ timerStartedEventAttributes }) => Boolean(timerStartedEventAttributes)),
  );
  const three = startWorker(third);
  await said(three, `1 of 1 open runs would fail with build ${buildOf(third)}, the first is odd`);
  const checked = await run(third, 'check');
  expect(checked.code).toBe(1);
  expect(checked.said).toMatch(/odd .*[Nn]ondeterminis/s);
  expect(await run(third, 'promote')).toMatchObject({ code: 3 });
  expect(await current()).toBe(buildOf(first));
  await odd.terminate();
  foreign.shutdown();
  await running;
  // It looks again every half minute.
  await untilCurrent(third);
  const cleo = await invited('e-3');
  expect(await cleo.accept()).toMatchObject({ kind: 'completed' });
  expect(await three.end('SIGTERM')).toMatchObject({ code: 0 });
}, 300_000);
