import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runCli } from '../../client/cli/run.ts';
import { applySchedules, syncNow } from '../../client/operations/schedule.ts';
import { examplePolicyPath } from '../../config/config.ts';
import { loadPolicy } from '../../policy/file.ts';
import { startSimulator } from '../../simulator/index.ts';
import { createShell } from '../client/support/shell.ts';
import { startDevServer } from '../support/engine.ts';
import { eventually } from '../support/muster.ts';
import { gatewayPort } from '../support/ports.ts';
import { startProgram } from '../support/processes.ts';
import { sdkSeries } from '../support/shownMetrics.ts';

/** A worker and a gateway as they run in production, seen from outside. */

let opened: AsyncDisposableStack;
let env: Readonly<Record<string, string>>;
/** Of both processes. */
let pages: Readonly<Record<'worker' | 'gateway', string>>;
/** Its exit code. */
let endWorker: () => Promise<unknown>;

beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'muster-watched-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const engine = stack.use(await startDevServer());
  const simulator = stack.use(await startSimulator({ people: 5 }));
  env = {
    ...engine.env,
    ...{ MUSTER_HOME: home, MUSTER_POLICY: examplePolicyPath, MUSTER_DATADOG_URL: simulator.url },
    ...{ DD_API_KEY: simulator.apiKey, DD_APP_KEY: simulator.appKey },
  };
  const start = async (path: string, said: string) => {
    const [port, metrics] = [await gatewayPort(), await gatewayPort()];
    const program = startProgram(path, {
      env: { ...env, MUSTER_PORT: String(port), MUSTER_METRICS_PORT: String(metrics) },
    });
    stack.defer(async () => void (await program.end('SIGKILL')));
    await eventually(`"${said}" to be said`, () => program.said.err.includes(said), 120_000);
    return { program, read: async () => (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text() };
  };
  const worker = await start('workers/main.ts', 'worker started');
  const gateway = await start('client/gateway/main.ts', 'gateway started');
  await applySchedules(engine.client, await loadPolicy(examplePolicyPath, { datadogIsSimulator: true }));
  await syncNow(engine.client);
  pages = { worker: await worker.read(), gateway: await gateway.read() };
  endWorker = async () => (await worker.program.end('SIGTERM')).code;
  opened = stack.move();
}, 300_000);
afterAll(() => opened?.disposeAsync());

/** Names with their labels, of the metrics that a process has not counted itself. */
const shapeOf = (page: string): readonly string[] =>
  page
    .split('\n')
    .filter((line) => /^muster_(?!datadog|gateway|scim|build|process_)/.test(line))
    .map((line) => line.slice(0, line.lastIndexOf(' ')))
    .toSorted();

test('the worker and the gateway show what is on record on one shape', () => {
  expect(shapeOf(pages.worker).length).toBeGreaterThan(50);
  expect(shapeOf(pages.gateway)).toEqual(shapeOf(pages.worker));
  for (const [kind, page] of Object.entries(pages)) {
    expect(page).toContain(`muster_process_info{process="${kind}"} 1`);
    expect(page).toContain('muster_engine_up 1');
    expect(page).toContain('muster_processes{process="worker"} 1');
    expect(page).toContain('muster_sync_complete{kind="accounts"} 1');
    expect(page).toMatch(/^muster_sync_age_seconds \d+$/m);
    expect(page).toMatch(/^muster_pollers\{work="worker datadog leavers"\} 1$/m);
  }
});

test('the worker shows its calls to Datadog, and what the SDK counts', () => {
  expect(pages.worker).toMatch(/^muster_datadog_calls_total\{operation="[^"]+",result="200"\} \d+$/m);
  expect(pages.worker).toMatch(/^muster_datadog_limiter_wait_seconds_count\{priority="sync"\} [1-9]/m);
  expect(pages.worker).toMatch(/^temporal_workflow_completed_total\{[^}]*workflow_type="accessSync"[^}]*\} 1$/m);
  expect(pages.worker).toMatch(/^temporal_worker_task_slots_available\{/m);
});

test('the worker shows what alerts and the dashboard ask of the SDK', () => {
  const shown = pages.worker.split('\n');
  for (const [name, labels] of Object.entries(sdkSeries)) {
    const lines = shown.filter((line) => line.startsWith(`${name}{`));
    expect({ name, isShown: lines.length > 0 }).toEqual({ name, isShown: true });
    const whole = lines.filter((line) => labels.every((label) => new RegExp(`[{,]${label}="`).test(line)));
    expect({ name, labels, isWhole: whole.length > 0 }).toEqual({ name, labels, isWhole: true });
  }
});

test('both pages are in Prometheus’ format, and each metric is described once', () => {
  for (const page of Object.values(pages)) {
    const lines = page.split('\n').filter((line) => line !== '');
    const odd = lines.filter((line) => !/^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? (NaN|Nan|[+-]?[\d.e+-]+))$/.test(line));
    expect(odd).toEqual([]);
    const described = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]);
    expect(new Set(described).size).toBe(described.length);
  }
});

test('the status of a deployment in which all of it runs is that everything is well', async () => {
  const shell = createShell({ env });
  const code = await runCli(['status'], shell);
  expect({ code, out: shell.out(), err: shell.err() }).toEqual({
    code: 0,
    err: '',
    out: expect.stringMatching(/^Everything is well\./),
  });
  expect(shell.out()).toMatch(/^processes  1 workers, 1 gateways$/m);
  expect(shell.out()).toMatch(/^full sync  ended \d+ seconds? ago$/m);
}, 60_000);

test('the status after the worker has ended is at once that nobody polls, and how to mend it', async () => {
  expect(await endWorker()).toBe(0);
  const shell = createShell({ env });
  const code = await runCli(['status'], shell);
  expect({ code, out: shell.out() }).toEqual({ code: 1, out: expect.stringContaining('not well') });
  expect(shell.out()).toMatch(/^worker datadog leavers: no worker polls /m);
  expect(shell.out()).toMatch(/^ {2}→ start a worker: /m);
}, 60_000);
