import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import colors from 'picocolors';
import type { Inventory } from '../inventory/port/inventory.ts';
import { ensureSecrets } from '../client/intake/webhooks/secrets.ts';
import { isStopped } from '../client/operations/awaitAway.ts';
import { applySchedules } from '../client/operations/schedule.ts';
import { startSimulator, type Simulator } from '../simulator/index.ts';
import { describeStart, inOtherTerminal, type LocalTemporal } from './banner.ts';
import { startMuster, type RunningMuster } from './compose.ts';
import { readConfig } from '../config/config.ts';
import { playDemonstration } from './demonstration.ts';
import { cacheFolderIn, findEngine, type Engine } from './engine/find.ts';
import { startEngine } from './engine/start.ts';
import { openGateway } from './gateway.ts';
import { showFirstSync } from './firstSync.ts';
import { lockHome } from './homeLock.ts';
import { openToOthers } from '../config/privateHome.ts';
import { removeRuntime, writeRuntime } from '../config/runtime.ts';
import { endProcess, installTelemetry, jsonLogger, scrub, type Secrets } from '../config/logging.ts';
import { subjectOf } from '../domain/approvals.ts';
import { exitCodeOf, UsageError } from '../domain/errors.ts';
import type { Config, DatadogConfig } from '../config/types.ts';

const help = `npm start [-- --once]

Runs Muster on this machine: the Temporal dev server (or the cluster that TEMPORAL_ADDRESS names), a simulated Datadog
(or the organization that DD_SITE, DD_API_KEY and DD_APP_KEY name), the worker, and the sync on its schedule.
With the simulator it plays a demonstration: a person joins, moves and leaves. Ctrl-C ends it; a later start goes on.

  --once           play the demonstration to its end, check the result, and exit with 0 or 1
  --awkward SEED   with a simulator that is as awkward as Datadog can be: the same for the same number
  --help           this text
`;

const secrets: Secrets = new Set();
const say = (text: string): void => console.log(scrub(text, secrets));

interface Asked {
  readonly isOnce: boolean;
  /** The seed of an awkward simulator. */
  readonly awkward: number | undefined;
}

/** Everything on this machine, from the engine up; closed in the opposite order. */
async function runLocally({ isOnce, awkward }: Asked): Promise<boolean> {
  await using opened = new AsyncDisposableStack();
  const config = await takeHome(opened);
  if (isOnce && config.datadog !== undefined) {
    throw new UsageError(
      '--once plays the demonstration, which needs the simulator: unset DD_SITE, MUSTER_DATADOG_URL and the keys',
    );
  }
  const engine = config.temporal.connection === undefined ? await findLocalEngine(config) : undefined;
  // Until here Ctrl-C may end the process at once: nothing runs yet.
  const stop = watchSignals();
  const temporal = await provideTemporal(config, engine, opened);
  const simulator = config.datadog === undefined ? await provideSimulator(config, awkward, opened) : undefined;
  const datadog = config.datadog ?? simulatorConfig(simulator as Simulator);

  const log = createWriteStream(join(config.home, 'muster.log'), { flags: 'a', mode: 0o600 });
  opened.defer(() => new Promise((resolve) => log.end(resolve)));
  const logger = jsonLogger((line) => log.write(line), secrets);
  const sdkUrl = await installTelemetry(logger);
  say('Starting the worker …');
  const starting = startMuster(
    {
      ...{ ...config, temporal, datadog, signal: stop, say },
      followPolicy: (policy) => ensureSecrets(config.secretsFolder, policy.sources),
    },
    logger,
    secrets,
  );
  const running = await starting.catch((error: unknown) => {
    if (!isStopped(error, stop)) throw error;
  });
  // Stopped while it waited for Temporal or the database.
  if (running === undefined) return !isOnce;
  opened.defer(() => running.stop());
  await applySchedules(running.client, running.policy());
  const gateway = opened.use(await openGateway(config, running, { logger, secrets, sdkUrl }));

  await writeRuntime(config.home, {
    pid: process.pid,
    temporalAddress: temporal.connection.address,
    uiUrl: temporal.uiUrl,
    policyPath: config.policyPath,
    gatewayUrl: gateway.url,
    simulator: simulator && pickKeys(simulator),
  });
  opened.defer(() => removeRuntime(config.home));
  say(describeStart({ config, temporal, datadog, gateway, mode: running.policy().mode, env: process.env }));

  if (simulator !== undefined) {
    const play = () => playHere(running, { simulator, temporal, config, signal: stop });
    const problems = await untilStopped(play, running, stop);
    if (isOnce) return problems?.length === 0;
  }
  const announced = new Set<string>();
  const watching = setInterval(() => void announceApprovals(running.inventory, config, announced), 5_000);
  opened.defer(() => clearInterval(watching));
  if (!stop.aborted) await Promise.race([once(stop, 'abort'), running.ended]);
  say('Stopping: what runs may end, what waits goes on with the next start …');
  return true;
}

/** The home folder for this process alone, and the configuration. */
async function takeHome(opened: AsyncDisposableStack): Promise<Config> {
  const { home } = await readConfig();
  opened.use(await lockHome(home));
  const open = await openToOthers(home);
  if (open !== undefined) say(`Warning: ${open.detail}. Close it: ${open.fix}`);
  // Nobody else runs here: files of a killed process name an engine and a simulator that are gone.
  await removeRuntime(home);
  return readConfig();
}

/** Aborted by the first signal. npm passes on the one that the terminal sends, so a second one counts only later. */
function watchSignals(): AbortSignal {
  const stopping = new AbortController();
  let stoppedAt = 0;
  const stop = (): void => {
    if (stopping.signal.aborted && Date.now() - stoppedAt > 1_000) process.exit(130);
    if (!stopping.signal.aborted) stoppedAt = Date.now();
    stopping.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  return stopping.signal;
}

/** What the work comes to; undefined where Muster is stopped first. The work has ended then: it needs what is closed next. */
async function untilStopped<T>(
  work: () => Promise<T>,
  { ended }: Pick<RunningMuster, 'ended'>,
  stop: AbortSignal,
): Promise<T | undefined> {
  const working = work();
  try {
    // A worker that died ends everything, with its reason.
    return await Promise.race([working, ended.then(() => undefined)]);
  } catch (error) {
    if (!stop.aborted) throw error;
    await working.catch(() => undefined);
    return undefined;
  }
}

function findLocalEngine(config: Config): Promise<Engine> {
  const { cliPath, searchPath } = config;
  return findEngine({ cliPath, searchPath, cacheFolder: cacheFolderIn(config.cacheHome), onProgress: say });
}

async function provideTemporal(
  { temporal, home }: Config,
  engine: Engine | undefined,
  opened: AsyncDisposableStack,
): Promise<LocalTemporal> {
  if (temporal.connection !== undefined) return { ...temporal, connection: temporal.connection };
  if (engine === undefined) throw new Error('there is neither a cluster nor a dev server');
  say(`Starting the Temporal dev server ${engine.serverVersion} …`);
  const server = await startEngine({ engine, home, preferredPorts: { frontend: 7233, ui: 8233 } });
  opened.use(server);
  return { connection: { address: server.address }, namespace: 'default', uiUrl: server.uiUrl };
}

async function provideSimulator(
  config: Config,
  awkward: number | undefined,
  opened: AsyncDisposableStack,
): Promise<Simulator> {
  const simulator = await startSimulator({
    people: 200,
    nhis: 40,
    seed: 1,
    awkward,
    // Simulated people accept their invitation after a while.
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

interface Scene {
  readonly simulator: Simulator;
  readonly temporal: LocalTemporal;
  readonly config: Config;
  readonly signal: AbortSignal;
}

/** The first sync, then the demonstration; says how it ended. */
async function playHere(
  { client, muster, inventory }: RunningMuster,
  { simulator, temporal, config, signal }: Scene,
): Promise<readonly string[]> {
  const npx = inOtherTerminal(config);
  await showFirstSync(client, { say, npx, signal });
  say(colors.bold('The demonstration'));
  const problems = await playDemonstration({ client, muster, inventory, simulator, say, npx, signal });
  for (const problem of problems) say(colors.red(`   ${problem}`));
  if (problems.length === 0) say(colors.green('The demonstration ended as it should.'));
  if (temporal.uiUrl !== undefined) say(`All of it in the Temporal UI: ${temporal.uiUrl}/namespaces/default/workflows`);
  return problems;
}

/** Until there are channels, the person who runs Muster sees here what waits for an approval. */
async function announceApprovals(inventory: Inventory, config: Config, seen: Set<string>): Promise<void> {
  for (const approval of await inventory.listApprovals({ state: 'open' })) {
    const { approvalId, personId, approvers } = approval;
    const key = `${personId} ${approvalId}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const command = `${inOtherTerminal(config)} approvals approve ${approvalId} --as ${approvers.people[0] ?? 'EMAIL'}`;
    say(`${personId} waits for an approval of ${subjectOf(approval)}: ${command}`);
  }
}

function readSeed(text: string | undefined): number | undefined {
  if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new UsageError('--awkward: give a whole number, such as 7');
}

// Ctrl-C ends the `tee` of `npm start | tee` too: what nobody reads must not keep Muster from stopping in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  const { values } = parseArgs({
    options: { once: { type: 'boolean' }, awkward: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) console.log(help);
  else {
    const isDone = await runLocally({ isOnce: values.once ?? false, awkward: readSeed(values.awkward) });
    process.exitCode = isDone ? 0 : 1;
    await endProcess();
  }
} catch (error) {
  console.error(scrub(`error: ${error instanceof Error ? error.message : String(error)}`, secrets));
  process.exitCode = exitCodeOf(error);
  await endProcess();
}
