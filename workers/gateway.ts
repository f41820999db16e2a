import { createServer } from 'node:net';
import type { Logger } from '@temporalio/worker';
import { openKeys } from '../auth/keys.ts';
import { ensureSecrets, readSecretsIn } from '../client/intake/webhooks/secrets.ts';
import { serveGateway, type RunningGateway } from '../client/gateway/serve.ts';
import type { RunningMuster } from './compose.ts';
import type { Secrets } from '../config/logging.ts';
import { UsageError } from '../domain/errors.ts';
import type { Config } from '../config/types.ts';

const host = '127.0.0.1';

/** The gateway of `npm start`: beside the worker, on loopback, with a secret made for each source that has none. */
export async function openGateway(
  { port, isPortGiven, secretsFolder, signingKey, trustedProxies, publicUrl }: Config,
  { client, inventory, muster, policy }: RunningMuster,
  logger: Logger,
  secrets: Secrets,
): Promise<RunningGateway> {
  await ensureSecrets(secretsFolder, policy().sources);
  const isFree = await canListen(port);
  if (!isFree && isPortGiven) {
    throw new UsageError(`MUSTER_PORT is ${port}, and something listens there already: give another port`);
  }
  const metricsPort = isFree && port < 65_535 && (await canListen(port + 1)) ? port + 1 : 0;
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
    trustedProxies,
    publicUrl,
    log: (message, fields) => logger.info(`gateway: ${message}`, { ...fields }),
    onError: (error, what) => logger.error(`gateway: ${what}`, { error }),
  });
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
