import { parseArgs } from 'node:util';
import { readConfig } from '../config/config.ts';
import { startMuster } from './compose.ts';
import { openMetrics } from './metrics.ts';
import { endProcess, installTelemetry, jsonLogger, scrub, type Secrets } from '../config/logging.ts';
import { openToOthers } from '../config/privateHome.ts';
import { exitCodeOf, UsageError } from '../domain/errors.ts';
import { isStopped } from '../client/operations/awaitAway.ts';

// The worker as a service: everything from the environment but the address of its metrics, logs as JSON lines on stderr, SIGTERM drains.
const secrets: Secrets = new Set();
const stopping = new AbortController();
const { signal: stop } = stopping;
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
try {
  const { values } = parseArgs({ options: { host: { type: 'string', default: '127.0.0.1' } } });
  const config = await readConfig();
  const { connection } = config.temporal;
  if (connection === undefined)
    throw new UsageError(
      'TEMPORAL_ADDRESS is not set: set it to the frontend of a Temporal cluster, such as temporal:7233',
    );
  if (config.datadog === undefined)
    throw new UsageError(
      'DD_SITE is not set: set it to your Datadog site, with DD_API_KEY and DD_APP_KEY (or their _FILE forms)',
    );
  const logger = jsonLogger((line) => process.stderr.write(line), secrets);
  const sdkUrl = await installTelemetry(logger);
  const open = await openToOthers(config.home);
  if (open !== undefined) logger.warn(open.detail, { fix: open.fix });
  const running = await startMuster(
    { ...config, temporal: { ...config.temporal, connection }, datadog: config.datadog, signal: stop },
    logger,
    secrets,
  );
  logger.info('worker started', { datadog: config.datadog.baseUrl, namespace: config.temporal.namespace });
  stop.addEventListener('abort', () => void running.stop().catch(() => undefined));
  if (stop.aborted) void running.stop().catch(() => undefined);
  const { host } = values;
  await using opened = new AsyncDisposableStack();
  opened.defer(() => running.stop());
  opened.use(await openMetrics(config, running, { host, sdkUrl, logger }));
  await running.ended;
} catch (error) {
  // Stopped while it waited for Temporal or the database.
  if (!isStopped(error, stop)) {
    process.stderr.write(`error: ${scrub(error instanceof Error ? error.message : String(error), secrets)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
await endProcess();
