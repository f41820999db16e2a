import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatadogConfig } from './types.ts';

/**
 * The file that a running `npm start` leaves in its folder, so that `npx muster` beside it needs no variables. It holds
 * keys only of a simulator.
 */
export interface Runtime {
  readonly pid: number;
  readonly temporalAddress: string;
  readonly uiUrl?: string;
  readonly policyPath: string;
  readonly gatewayUrl?: string;
  readonly simulator?: { readonly url: string; readonly apiKey: string; readonly appKey: string };
}

const pathIn = (home: string): string => join(home, 'runtime.json');

export async function writeRuntime(home: string, runtime: Runtime): Promise<void> {
  const temporary = `${pathIn(home)}.${runtime.pid}`;
  await writeFile(temporary, JSON.stringify(runtime, undefined, 2), { mode: 0o600 });
  await rename(temporary, pathIn(home));
}

export async function removeRuntime(home: string): Promise<void> {
  await rm(pathIn(home), { force: true });
}

/** Undefined where no `npm start` runs in this folder. */
export async function readRuntime(
  home: string,
): Promise<(Omit<Runtime, 'simulator'> & { datadog?: DatadogConfig }) | undefined> {
  const text = await readFile(pathIn(home), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { simulator, ...runtime } = JSON.parse(text) as Runtime;
  if (!isAlive(runtime.pid)) return undefined;
  if (simulator === undefined) return runtime;
  const { url, ...keys } = simulator;
  return { ...runtime, datadog: { baseUrl: url, isSimulator: true, keys: () => Promise.resolve(keys) } };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user is alive too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
