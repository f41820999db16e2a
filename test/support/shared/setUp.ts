import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sharedVariable } from './client.ts';

const programPath = fileURLToPath(new URL('program.ts', import.meta.url));

/** Starts the program that keeps what the run shares; the servers themselves start when a test file needs them. */
// oxlint-disable-next-line import/no-default-export -- Jest asks for it
export default async function setUp(): Promise<void> {
  // A group of its own: Ctrl-C ends Jest first, and the program once Jest is gone.
  const child = spawn(process.execPath, ['--no-warnings', programPath], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const [address] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('the program of the shared servers ended'))),
  ])) as [Buffer];
  process.env[sharedVariable] = address.toString().trim();
  globalThis.endShared = async () => {
    const exited = once(child, 'exit');
    child.ref();
    child.stdin.end();
    await exited;
  };
  child.unref();
}

declare global {
  /** Ends what the run of Jest shares, in Jest's own process. */
  var endShared: (() => Promise<void>) | undefined;
}
