import { readFile } from 'node:fs/promises';

/** `USER_HZ`, which is 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** User and system time that a process has used so far, in seconds. Linux only. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The command's name may hold spaces: the fields after it begin behind the last parenthesis, with the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  if (!Number.isFinite(user) || !Number.isFinite(system)) throw new Error(`/proc/${pid}/stat shows no times`);
  return (user + system) / ticksPerSecond;
}

/** Resident memory of a process in MiB. Linux only. */
export async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kib === undefined) throw new Error(`/proc/${pid}/status shows no VmRSS`);
  return Number(kib) / 1024;
}

/** Waits until `read` returns something, with `withinMs` as the limit. */
export async function until<T>(what: string, read: () => Promise<T | undefined>, withinMs: number): Promise<T> {
  for (const end = Date.now() + withinMs; ; await pause(200)) {
    const value = await read();
    if (value !== undefined) return value;
    if (Date.now() >= end) throw new Error(`Waited ${withinMs / 1_000} s in vain for ${what}`);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
