import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { openAttestor } from '../../auth/attestation.ts';
import { openKeys, readEvidenceSigner } from '../../auth/keys.ts';
import { notifyByLog } from '../../activities/notify/index.ts';
import { openInventory } from '../../inventory/index.ts';
import { loadPolicy } from '../../policy/file.ts';
import { readConfig } from '../../config/config.ts';
import { jsonLogger, scrub, type Secrets } from '../../config/logging.ts';
import { openToOthers } from '../../config/privateHome.ts';
import { startLivePolicy } from '../operations/livePolicy.ts';
import { isStopped, onceReachable } from '../operations/awaitAway.ts';
import { createMuster } from '../operations/muster.ts';
import { reachTemporal } from '../operations/temporal.ts';
import { readSecretsIn } from '../intake/webhooks/secrets.ts';
import { serveGateway } from './serve.ts';
import { refuseStrangeInventory } from './strangeInventory.ts';
import { aliveSince } from '../../domain/instances.ts';
import { exitCodeOf, UsageError } from '../../domain/errors.ts';

// The gateway as a service: everything from the environment but the address to listen at, logs as JSON lines on stderr.
// SIGTERM: takes nothing new, finishes what it has, and ends.
const secrets: Secrets = new Set();
const stopping = new AbortController();
const { signal: stop } = stopping;
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
try {
  const { values } = parseArgs({ options: { host: { type: 'string', default: '127.0.0.1' } } });
  const config = await readConfig();
  const { connection } = config.temporal;
  if (connection === undefined) {
    throw new UsageError(
      'TEMPORAL_ADDRESS is not set: set it to the frontend of a Temporal cluster, such as temporal:7233',
    );
  }
  const logger = jsonLogger((line) => process.stderr.write(line), secrets);
  const open = await openToOthers(config.home);
  if (open !== undefined) logger.warn(open.detail, { fix: open.fix });
  await using opened = new AsyncDisposableStack();
  // It needs the policy's sources: the worker checks what the policy must say about a Datadog site.
  const readAs = { datadogIsSimulator: config.datadog?.isSimulator ?? true };
  const policy = await loadPolicy(config.policyPath, readAs);
  const signer = await readEvidenceSigner(config.signingKey);
  const waiting = { signal: stop, say: (text: string) => logger.warn(`gateway: ${text}`) };
  const inventory = opened.use(await onceReachable(() => openInventory(config.inventory, signer), waiting));
  const { client } = opened.use(await reachTemporal({ ...config.temporal, connection }));
  const strange = Promise.withResolvers<never>();
  opened.use(await refuseStrangeInventory(client, inventory, strange.reject));
  const live = opened.use(
    await startLivePolicy({
      kind: 'gateway',
      inventory,
      path: config.policyPath,
      policy,
      ...readAs,
      // A worker judges it, and puts it in force.
      admit: async ({ hash }) =>
        (await inventory.listInstances(aliveSince(Date.now()))).some(
          ({ kind, policyHash }) => kind === 'worker' && policyHash === hash,
        ),
      logger,
    }),
  );
  const gateway = await serveGateway({
    client,
    inventory,
    keys: openKeys(config.signingKey),
    muster: createMuster({ client, inventory, attestor: openAttestor(config.signingKey) }),
    policy: live.current,
    secrets: readSecretsIn(config.secretsFolder, (secret) => secrets.add(secret)),
    host: values.host,
    port: config.port,
    metricsPort: config.metricsPort,
    notify: notifyByLog(logger),
    trustedProxies: config.trustedProxies,
    publicUrl: config.publicUrl,
    log: (message, fields) => logger.info(`gateway: ${message}`, { ...fields }),
    onError: (error, what) => logger.error(`gateway: ${what}`, { error }),
  });
  opened.use(gateway);
  logger.info('gateway started', { url: gateway.url, metrics: gateway.metricsUrl });
  const stopped = stop.aborted ? Promise.resolve() : once(stop, 'abort');
  await Promise.race([stopped, strange.promise]);
} catch (error) {
  // Stopped while it waited for the database.
  if (!isStopped(error, stop)) {
    process.stderr.write(`error: ${scrub(error instanceof Error ? error.message : String(error), secrets)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
