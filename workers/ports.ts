import { createServer } from 'node:net';
import { UsageError } from '../domain/errors.ts';
import type { Config } from '../config/types.ts';

export function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** The port of the metrics; 0, for a free one, where that is taken and nobody has asked for it. */
export async function portOfMetrics(
  { metricsPort, isMetricsPortGiven }: Pick<Config, 'metricsPort' | 'isMetricsPortGiven'>,
  host: string,
): Promise<number> {
  if (await canListen(metricsPort, host)) return metricsPort;
  if (!isMetricsPortGiven) return 0;
  throw new UsageError(`MUSTER_METRICS_PORT is ${metricsPort}, and something listens there already: give another port`);
}
