import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { searchAttributes } from '../../domain/contracts.ts';
import { childEnvironment } from '../../config/childEnvironment.ts';
import { isAlive } from '../../config/runtime.ts';
import type { Engine } from './find.ts';
import { UsageError } from '../../domain/errors.ts';

/** A Temporal dev server on this machine, with its state in a file of the folder. */
interface RunningEngine extends AsyncDisposable {
  /** The frontend, such as `127.0.0.1:7233`. */
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  /** Ends the server. A server that was found running is ended too: the process that started it is gone. */
  stop(): Promise<void>;
}

interface State {
  readonly pid: number;
  readonly port: number;
  readonly uiPort: number;
  readonly serverVersion: string;
}

interface StartOptions {
  readonly engine: Engine;
  /** Exists already, and belongs to this process alone: two servers on one file both start, and must not. */
  readonly home: string;
  /** Taken where they are free; else others. */
  readonly preferredPorts?: { readonly frontend: number; readonly ui: number };
}

const startsWithinMs = 60_000;
const mostTries = 3;

/**
 * Starts the dev server, or joins the one that a killed process left running on the same file. Throws where a server of
 * another version is running on it, or where it does not become ready within a minute.
 */
export async function startEngine(options: StartOptions): Promise<RunningEngine> {
  const { home } = options;
  const statePath = join(home, 'engine.json');
  const left = await readState(statePath);
  if (left !== undefined && (await isServer(left.pid))) {
    if (!(await responds(`127.0.0.1:${left.port}`, 10_000))) {
      throw new UsageError(
        `A Temporal dev server (pid ${left.pid}) uses ${home} but does not respond: end it, then start again.`,
      );
    }
    return running(left, statePath);
  }
  await mkdir(home, { recursive: true, mode: 0o700 });
  for (let tries = 1; ; tries += 1) {
    try {
      return await launch(options, statePath);
    } catch (error) {
      // A port that was free when it was looked for, here or by the server itself.
      const isPortTaken = error instanceof Error && error.message.includes('address already in use');
      if (!isPortTaken || tries === mostTries) throw error;
    }
  }
}

async function launch({ engine, home, preferredPorts }: StartOptions, statePath: string): Promise<RunningEngine> {
  const [port, uiPort] = await freePorts(preferredPorts);
  const log = createWriteStream(join(home, 'engine.log'), { flags: 'a', mode: 0o600 });
  await new Promise((resolve) => log.once('open', resolve));
  const args = [
    'server',
    'start-dev',
    ...flagsOf({
      ip: '127.0.0.1',
      port,
      'ui-port': uiPort,
      'db-filename': join(home, `temporal-${engine.serverVersion}.db`),
      'log-level': 'error',
    }),
    ...Object.values(searchAttributes).flatMap(({ name }) => ['--search-attribute', `${name}=Keyword`]),
  ];
  const env = childEnvironment({ downloads: false });
  // Its own group: Ctrl-C on a terminal must reach the worker first, which then ends the server.
  const child = withPrivateFiles(() => spawn(engine.path, args, { stdio: ['ignore', log, log], detached: true, env }));
  child.unref();
  log.close();
  const pid = await spawned(child);
  const state: State = { pid, port, uiPort, serverVersion: engine.serverVersion };
  await writeState(statePath, state);
  await ready(child, `127.0.0.1:${port}`, join(home, 'engine.log'));
  return running(state, statePath);
}

/** The program that is started makes its files for its owner alone. */
function withPrivateFiles<T>(start: () => T): T {
  const before = process.umask(0o077);
  try {
    return start();
  } finally {
    process.umask(before);
  }
}

function running({ pid, port, uiPort }: State, statePath: string): RunningEngine {
  const stop = async (): Promise<void> => {
    await end(pid);
    await rm(statePath, { force: true });
  };
  return {
    address: `127.0.0.1:${port}`,
    uiUrl: `http://127.0.0.1:${uiPort}`,
    pid,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const flagsOf = (flags: Readonly<Record<string, string | number>>): string[] =>
  Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);

async function spawned(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid as number));
  });
}

async function ready(child: ChildProcess, address: string, logPath: string): Promise<void> {
  const until = Date.now() + startsWithinMs;
  while (Date.now() < until) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    if (await responds(address, 1_000)) return;
    await pause(100);
  }
  if (child.exitCode === null) child.kill('SIGKILL');
  const log = await readFile(logPath, 'utf8').catch(() => '');
  throw new Error(
    `The Temporal dev server did not start. The end of ${logPath}:\n${log.trim().split('\n').slice(-5).join('\n')}`,
  );
}

/** Whether a Temporal frontend with its default namespace responds there. */
async function responds(address: string, timeoutMs: number): Promise<boolean> {
  const until = Date.now() + timeoutMs;
  try {
    const connection = await Connection.connect({ address, connectTimeout: timeoutMs });
    try {
      await connection.withDeadline(until, () =>
        connection.workflowService.describeNamespace({ namespace: 'default' }),
      );
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}

/** Asks it to end, and insists after ten seconds. */
async function end(pid: number): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGTERM', 10_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!isAlive(pid)) return;
    process.kill(pid, signal);
    const until = Date.now() + waitMs;
    while (isAlive(pid) && Date.now() < until) await pause(50);
  }
}

/** A pid may be another program's by now. */
async function isServer(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  return command === undefined || command.includes('start-dev');
}

async function readState(path: string): Promise<State | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as State);
}

async function writeState(path: string, state: State): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

async function freePorts(preferred?: { frontend: number; ui: number }): Promise<[number, number]> {
  return [(await take(preferred?.frontend)) ?? (await anyPort()), (await take(preferred?.ui)) ?? (await anyPort())];
}

const anyPort = async (): Promise<number> => (await take(0)) as number;

/** The port if it is free, else nothing. */
async function take(port: number | undefined): Promise<number | undefined> {
  if (port === undefined) return undefined;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
