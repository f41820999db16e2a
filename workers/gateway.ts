import type { Logger } from '@temporalio/worker';
import { openKeys } from '../auth/keys.ts';
import { ensureSecrets, readSecretsIn } from '../client/intake/webhooks/secrets.ts';
import { serveGateway, type RunningGateway } from '../client/gateway/serve.ts';
import type { RunningMuster } from './compose.ts';
import { notifyByLog } from '../activities/notify/index.ts';
import { canListen, portOfMetrics } from './ports.ts';
import type { Secrets } from '../config/logging.ts';
import { UsageError } from '../domain/errors.ts';
import type { Config } from '../config/types.ts';

const host = '127.0.0.1';

interface GatewayExtras {
  readonly logger: Logger;
  readonly secrets: Secrets;
  /** Where the SDK serves the metrics of the worker beside it. */
  readonly sdkUrl: string | undefined;
}

/** The gateway of `npm start`: beside the worker, on loopback, with a secret made for each source that has none. */
export async function openGateway(
  config: Config,
  { client, inventory, muster, policy, registry }: RunningMuster,
  { logger, secrets, sdkUrl }: GatewayExtras,
): Promise<RunningGateway> {
  const { port, isPortGiven, secretsFolder, signingKey, trustedProxies, publicUrl } = config;
  await ensureSecrets(secretsFolder, policy().sources);
  const isFree = await canListen(port, host);
  if (!isFree && isPortGiven) {
    throw new UsageError(`MUSTER_PORT is ${port}, and something listens there already: give another port`);
  }
  // Beside another gateway that has both ports, neither is its own.
  const metricsPort = isFree || config.isMetricsPortGiven ? await portOfMetrics(config, host) : 0;
  return serveGateway({
    client,
    inventory,
    keys: openKeys(signingKey),
    muster,
    policy,
    secrets: readSecretsIn(secretsFolder, (secret) => secrets.add(secret)),
    host,
    port: isFree ? port : 0,
    metricsPort,
    registry,
    sdkMetricsUrl: sdkUrl,
    notify: notifyByLog(logger),
    trustedProxies,
    publicUrl,
    log: (message, fields) => logger.info(`gateway: ${message}`, { ...fields }),
    onError: (error, what) => logger.error(`gateway: ${what}`, { error }),
  });
}
