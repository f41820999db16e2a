import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { sharedVariable } from './shared/client.ts';

export const projectFolder = resolve(import.meta.dirname, '../..');

/** The bundle that the run shares, for the worker alone: `npm start` makes its own, as a user's does. */
function sharing(path: string): { readonly flags: readonly string[]; readonly env: Record<string, string> } {
  const address = process.env[sharedVariable];
  if (path !== 'workers/main.ts' || address === undefined) return { flags: [], env: {} };
  const flags = ['--import', resolve(import.meta.dirname, 'shared/register.ts')];
  return { flags, env: { [sharedVariable]: address } };
}

/** A program of the project in a process of its own, which knows nothing but `env`. */
export function startProgram(
  path: string,
  { args = [], env, cwd = projectFolder }: { args?: readonly string[]; env: Record<string, string>; cwd?: string },
) {
  const { flags, env: shared } = sharing(path);
  const child: ChildProcess = spawn(process.execPath, [...flags, resolve(projectFolder, path), ...args], {
    cwd,
    env: { NODE_COMPILE_CACHE: resolve(projectFolder, 'node_modules/.cache/compiled'), ...shared, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const exited = once(child, 'close').then(([code, signal]: unknown[]) => ({ code, signal, ...said }));
  return {
    pid: child.pid as number,
    said,
    exited,
    /** As where the `tee` behind a pipe has ended. */
    hangUp: () => [child.stdout, child.stderr].forEach((stream) => stream?.destroy()),
    isRunning: () => child.exitCode === null && child.signalCode === null,
    /** Only ever this process. */
    async end(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return exited;
    },
  };
}

export type Program = ReturnType<typeof startProgram>;

/** This process's environment without anything that would point Muster somewhere; an engine given by its path stays. */
export function cleanEnvironment(): Record<string, string> {
  const isOurs = (name: string) => /^(TEMPORAL_|DD_|MUSTER_|DATABASE_URL)/.test(name) && name !== 'TEMPORAL_CLI_PATH';
  const given = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(given.filter(([name]) => !isOurs(name)));
}
