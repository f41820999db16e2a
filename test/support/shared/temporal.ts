import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { findDevServer } from '../programs.ts';

const startsWithinMs = 60_000;
const mostTries = 3;

/** Dynamic configuration of the server, by name. */
export type Settings = Readonly<Record<string, number>>;

/** The dev server with its state in memory, unless a file is given: that costs it three times the CPU. It outlives no test. */
export async function startTemporal(settings: Settings = {}, file?: string) {
  const path = await findDevServer();
  for (let tries = 1; ; tries += 1) {
    const server = await launch(path, settings, file);
    if (server !== undefined) return server;
    if (tries === mostTries) throw new Error(`The Temporal dev server ended ${tries} times while it started: ${path}`);
  }
}

/** Undefined where the server ends at once: the port that was free has been taken. */
async function launch(path: string, settings: Settings, file: string | undefined) {
  const address = `127.0.0.1:${await freePort()}`;
  const [ip = '', port = ''] = address.split(':');
  const flags = [
    ...['--headless', '--log-level', 'error', '--ip', ip, '--port', port],
    ...(file === undefined ? [] : ['--db-filename', file]),
    ...Object.entries(settings).flatMap(([name, value]) => ['--dynamic-config-value', `${name}=${value}`]),
  ];
  const child = spawn(path, ['server', 'start-dev', ...flags], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  for (const until = Date.now() + startsWithinMs; Date.now() < until; await pause(50)) {
    if (child.exitCode !== null) return undefined;
    if (await answers(address)) return { address, [Symbol.asyncDispose]: stop };
  }
  await stop();
  throw new Error(`The Temporal dev server did not answer within ${startsWithinMs} ms`);
}

async function answers(address: string): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: 1_000 });
    try {
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
