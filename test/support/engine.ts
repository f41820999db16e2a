import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { connectTemporal } from '../../client/operations/temporal.ts';
import { cacheFolderIn, findEngine, findTestServer } from '../../workers/engine/find.ts';
import { startEngine } from '../../workers/engine/start.ts';
import { searchAttributes } from '../../domain/contracts.ts';

const findOptions = () => ({
  ...(process.env['TEMPORAL_CLI_PATH'] ? { cliPath: process.env['TEMPORAL_CLI_PATH'] } : {}),
  searchPath: process.env['PATH'] ?? '',
  cacheFolder: cacheFolderIn(process.env['XDG_CACHE_HOME']),
  onProgress: (text: string) => void process.stderr.write(`${text}\n`),
});

let isQuiet = false;

/** Retries and refusals are what the tests are about: only what no test expects is printed. */
function quietRuntime(): void {
  if (!isQuiet) Runtime.install({ logger: new DefaultLogger('ERROR') });
  isQuiet = true;
}

/** The official dev server, with its state in a folder that goes with it; with `settings` of the server where they are given. */
export async function startDevServer({ settings = {} }: { settings?: Readonly<Record<string, number>> } = {}) {
  quietRuntime();
  const home = await mkdtemp(join(tmpdir(), 'muster-engine-'));
  const found = await findEngine(findOptions());
  const engine = await startEngine({
    engine:
      Object.keys(settings).length === 0 ? found : { ...found, path: await withSettings(found.path, home, settings) },
    home,
  });
  const connected = await connectTemporal({ connection: { address: engine.address }, namespace: 'default' });
  return {
    ...engine,
    home,
    client: connected.client,
    [Symbol.asyncDispose]: async () => {
      await connected.close();
      await engine.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** A program that starts the same server with these settings. */
async function withSettings(path: string, home: string, settings: Readonly<Record<string, number>>): Promise<string> {
  const script = join(home, 'temporal-with-settings.sh');
  const flags = Object.entries(settings).map(([name, value]) => `--dynamic-config-value '${name}=${value}'`);
  await writeFile(script, `#!/bin/sh\nexec '${path}' "$@" ${flags.join(' ')}\n`, { mode: 0o700 });
  return script;
}

/** The time-skipping server. One open chain of runs each: after a result its clock is years ahead. */
export async function startTimeSkipping() {
  quietRuntime();
  const path = await findTestServer(findOptions());
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  // This server can add them, but not list them.
  const keyword = 2;
  await environment.connection.operatorService.addSearchAttributes({
    namespace: environment.namespace ?? 'default',
    searchAttributes: Object.fromEntries(Object.values(searchAttributes).map(({ name }) => [name, keyword])),
  });
  return environment;
}
