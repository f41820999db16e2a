import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import colors from 'picocolors';
import type { Inventory } from '../inventory/port/inventory.ts';
import { applySchedules } from '../client/operations/schedule.ts';
import type { RunningGateway } from '../client/gateway/serve.ts';
import { startSimulator, type Simulator } from '../simulator/index.ts';
import { startMuster, type RunningMuster } from './compose.ts';
import { readConfig } from '../config/config.ts';
import { playDemonstration } from './demonstration.ts';
import { cacheFolderIn, findEngine } from './engine/find.ts';
import { startEngine } from './engine/start.ts';
import { openGateway } from './gateway.ts';
import { showFirstSync } from './firstSync.ts';
import { lockHome } from './homeLock.ts';
import { removeRuntime, writeRuntime } from '../config/runtime.ts';
import { installTelemetry, jsonLogger, scrub, type Secrets } from '../config/logging.ts';
import { subjectOf } from '../domain/approvals.ts';
import { UsageError } from '../domain/errors.ts';
import { type Config, type DatadogConfig, type TemporalConfig } from '../config/types.ts';

const help = `npm start [-- --once]

Runs Muster on this machine: the Temporal dev server (or the cluster that TEMPORAL_ADDRESS names), a simulated Datadog
(or the organization that DD_SITE, DD_API_KEY and DD_APP_KEY name), the worker, and the sync on its schedule.
With the simulator it plays a demonstration: a person joins, moves and leaves. Ctrl-C ends it; a later start goes on.

  --once   play the demonstration to its end, check the result, and exit with 0 or 1
  --help   this text
`;

const secrets: Secrets = new Set();
const say = (text: string): void => console.log(scrub(text, secrets));

/** Everything on this machine, from the engine up; what was opened is closed in the opposite order. */
async function runLocally(isOnce: boolean): Promise<boolean> {
  await using opened = new AsyncDisposableStack();
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const config = await readConfig(process.env);
  if (isOnce && config.datadog !== undefined) {
    throw new UsageError(
      '--once plays the demonstration, which needs the simulator: unset DD_SITE, MUSTER_DATADOG_URL and the keys',
    );
  }
  opened.use(await lockHome(config.home));
  const temporal = await provideTemporal(config, opened);
  const simulator = config.datadog === undefined ? await provideSimulator(config, opened) : undefined;
  const datadog = config.datadog ?? simulatorConfig(simulator as Simulator);

  const log = createWriteStream(join(config.home, 'muster.log'), { flags: 'a', mode: 0o600 });
  opened.defer(() => new Promise((resolve) => log.end(resolve)));
  const logger = jsonLogger((line) => log.write(line), secrets);
  installTelemetry(logger);
  say('Starting the worker …');
  const running = await startMuster({ ...config, temporal, datadog }, logger, secrets);
  opened.defer(() => running.stop());
  await applySchedules(running.client, running.policy);
  const gateway = opened.use(await openGateway(config, running, logger, secrets));

  await writeRuntime(config.home, {
    pid: process.pid,
    temporalAddress: temporal.connection.address,
    ...(temporal.uiUrl === undefined ? {} : { uiUrl: temporal.uiUrl }),
    policyPath: config.policyPath,
    gatewayUrl: gateway.url,
    ...(simulator === undefined ? {} : { simulator: pickKeys(simulator) }),
  });
  opened.defer(() => removeRuntime(config.home));
  showAddresses(config, temporal, datadog, gateway);

  // A worker that died ends everything, with its reason.
  const died = running.ended.then(() => undefined);
  if (simulator !== undefined) {
    await Promise.race([showFirstSync(running.client, say), died, stopped]);
    const problems = await Promise.race([demonstrate(running, simulator, temporal), died, stopped]);
    if (isOnce) return problems !== undefined && problems.length === 0;
  }
  const announced = new Set<string>();
  const watching = setInterval(() => void announceApprovals(running.inventory, announced), 5_000);
  opened.defer(() => clearInterval(watching));
  await Promise.race([stopped, died]);
  say('Stopping: what runs may end, what waits goes on with the next start …');
  return true;
}

type LocalTemporal = TemporalConfig & Required<Pick<TemporalConfig, 'connection'>>;

async function provideTemporal(config: Config, opened: AsyncDisposableStack): Promise<LocalTemporal> {
  const { connection } = config.temporal;
  if (connection !== undefined) return { ...config.temporal, connection };
  const engine = await findEngine({
    ...(config.cliPath === undefined ? {} : { cliPath: config.cliPath }),
    searchPath: config.searchPath,
    cacheFolder: cacheFolderIn(config.cacheHome),
    onProgress: say,
  });
  say(`Starting the Temporal dev server ${engine.serverVersion} …`);
  const server = await startEngine({ engine, home: config.home, preferredPorts: { frontend: 7233, ui: 8233 } });
  opened.use(server);
  return { connection: { address: server.address }, namespace: 'default', uiUrl: server.uiUrl };
}

async function provideSimulator(config: Config, opened: AsyncDisposableStack): Promise<Simulator> {
  const simulator = await startSimulator({
    people: 200,
    nhis: 40,
    seed: 1,
    // Simulated people answer their invitation after a while.
    acceptAfterMs: 20_000,
    stateFile: join(config.home, 'simulator.json'),
  });
  opened.defer(() => simulator.close());
  return simulator;
}

const pickKeys = ({ url, apiKey, appKey }: Simulator) => ({ url, apiKey, appKey });

function simulatorConfig({ url, apiKey, appKey }: Simulator): DatadogConfig {
  return { baseUrl: url, isSimulator: true, keys: () => Promise.resolve({ apiKey, appKey }) };
}

function showAddresses(
  config: Config,
  temporal: LocalTemporal,
  datadog: DatadogConfig,
  gateway: Pick<RunningGateway, 'url' | 'metricsUrl'>,
): void {
  const { inventory } = config;
  const rows = [
    ['Temporal', `${temporal.connection.address}, namespace ${temporal.namespace}`],
    ...(temporal.uiUrl === undefined ? [] : [['Temporal UI', temporal.uiUrl]]),
    ['Datadog', `${datadog.baseUrl}${datadog.isSimulator ? ' (simulated)' : ''}`],
    ['Gateway', `${gateway.url}${describePort(config, gateway.url)}`],
    ['Metrics', gateway.metricsUrl],
    ['Policy', config.policyPath],
    ['Inventory', 'file' in inventory ? inventory.file : 'PostgreSQL (DATABASE_URL)'],
    ['Log', join(config.home, 'muster.log')],
  ] as const;
  say('');
  for (const [name, value] of rows) say(`  ${colors.bold((name ?? '').padEnd(12))} ${value}`);
  say(`
  In another terminal, in this folder:
    npx muster doctor
    npx muster joiner --person-id e-1001 --email pat@example.com --name "Pat Example" --department Engineering --wait
    npx muster person list
    npx muster approvals list
`);
}

const describePort = ({ port }: Config, url: string): string => (url.endsWith(`:${port}`) ? '' : ` (${port} is taken)`);

/** Plays the demonstration and says how it ended. */
async function demonstrate(
  { client, muster, inventory }: RunningMuster,
  simulator: Simulator,
  temporal: LocalTemporal,
): Promise<readonly string[]> {
  say(colors.bold('The demonstration'));
  const problems = await playDemonstration({ client, muster, inventory, simulator, say });
  for (const problem of problems) say(colors.red(`   ${problem}`));
  if (problems.length === 0) say(colors.green('The demonstration ended as it should.'));
  if (temporal.uiUrl !== undefined) say(`All of it in the Temporal UI: ${temporal.uiUrl}/namespaces/default/workflows`);
  return problems;
}

/** Until there are channels, who runs Muster by hand sees here what waits for an approval. */
async function announceApprovals(inventory: Inventory, seen: Set<string>): Promise<void> {
  for (const approval of await inventory.listApprovals({ state: 'open' })) {
    const { approvalId, personId } = approval;
    const key = `${personId} ${approvalId}`;
    if (seen.has(key)) continue;
    seen.add(key);
    say(
      `${personId} waits for an approval of ${subjectOf(approval)}: npx muster approvals approve ${approvalId} --as EMAIL`,
    );
  }
}

try {
  const { values } = parseArgs({ options: { once: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help) console.log(help);
  else if (!(await runLocally(values.once ?? false))) process.exitCode = 1;
} catch (error) {
  console.error(scrub(`error: ${error instanceof Error ? error.message : String(error)}`, secrets));
  const isUsage = error instanceof UsageError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
  process.exitCode = isUsage || (error as Error).name === 'PolicyError' ? 2 : 1;
}
