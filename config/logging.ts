import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  type Logger,
  type MetricsExporterConfig,
} from '@temporalio/worker';
import { tokenPattern } from '../auth/tokens.ts';

/** Values that must never be printed. They are found by value, wherever they stand. */
export type Secrets = Set<string>;

/** One JSON object a line, with times in ISO 8601. */
export function jsonLogger(write: (line: string) => void, secrets: Secrets): Logger {
  return new DefaultLogger('INFO', ({ level, message, timestampNanos, meta }) => {
    const at = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
    write(`${scrub(JSON.stringify({ at, level, message, ...meta }, plain), secrets)}\n`);
  });
}

export function scrub(text: string, secrets: Secrets): string {
  let scrubbed = text.replaceAll(tokenPattern, '[secret]');
  for (const secret of secrets) scrubbed = scrubbed.replaceAll(secret, '[secret]');
  return scrubbed;
}

/** Errors and big integers, which JSON would lose or refuse. */
function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack };
  return typeof value === 'bigint' ? String(value) : value;
}

/**
 * Sends the SDK's own logs the same way, and has it serve its own metrics on a free port of loopback: returns their address, undefined where
 * that failed. Call it once in a process.
 */
export async function installTelemetry(logger: Logger): Promise<string | undefined> {
  const logging = { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) };
  const install = (metrics?: MetricsExporterConfig): Runtime =>
    Runtime.install({ logger, telemetryOptions: { logging, metrics }, shutdownSignals: [] });
  const bindAddress = `127.0.0.1:${await freePort()}`;
  try {
    install({ attachServiceName: false, prometheus: { bindAddress, countersTotalSuffix: true } });
    return `http://${bindAddress}/metrics`;
  } catch (error) {
    // Somebody else took the port meanwhile.
    install();
    logger.warn("the SDK's own metrics are not served", { error });
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

/** How long the SDK may take to end its threads. */
const endsWithinMs = 3_000;

/**
 * Ends the process with `process.exitCode`. The SDK ends its threads with the last worker and connection: where one did not come up, or
 * does not go, they would keep the process alive.
 */
export async function endProcess(): Promise<never> {
  await Promise.race([
    Runtime.instance()
      .shutdown()
      .catch(() => undefined),
    delay(endsWithinMs),
  ]);
  return process.exit();
}
