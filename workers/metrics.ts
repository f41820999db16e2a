import type { Logger } from '@temporalio/worker';
import { serveMetrics } from '../client/operations/metrics/serve.ts';
import type { Config } from '../config/types.ts';
import type { RunningMuster } from './compose.ts';
import { portOfMetrics } from './ports.ts';

interface ServeOptions {
  readonly host: string;
  readonly sdkUrl: string | undefined;
  readonly logger: Logger;
}

/** The metrics of a worker that is a process of its own. */
export async function openMetrics(
  config: Pick<Config, 'metricsPort' | 'isMetricsPortGiven'>,
  { registry, client, inventory, policy }: RunningMuster,
  { host, sdkUrl, logger }: ServeOptions,
): Promise<AsyncDisposable> {
  const port = await portOfMetrics(config, host);
  if (port === 0) logger.warn(`metrics: ${config.metricsPort} is taken, so a free port serves them`);
  const served = await serveMetrics({ registry, kind: 'worker', client, inventory, policy, sdkUrl }, { host, port });
  logger.info('metrics', { url: served.url });
  return served;
}
