import { spawn } from 'node:child_process';
import { childEnvironment } from '../../config/childEnvironment.ts';

interface RunOptions {
  readonly timeoutMs: number;
  /** Looked at every second while it runs: a result ends the program with these words as the failure. */
  readonly watch?: () => Promise<string | undefined>;
}

/** Runs a program to its end and returns what it printed. Throws with the end of what it said when it fails. */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<string> {
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: childEnvironment({ downloads: true }),
  });
  let stdout = '';
  let stderr = '';
  let stopped: string | undefined;
  const stop = (why: string): void => {
    stopped ??= why;
    child.kill('SIGKILL');
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const timer = setTimeout(() => stop(`no end after ${options.timeoutMs / 1000} s`), options.timeoutMs);
  const watcher = setInterval(() => {
    void options.watch?.().then((why) => why !== undefined && stop(why));
  }, 1_000);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (stopped !== undefined) throw new Error(stopped);
    if (code !== 0) throw new Error(lastLines(stderr || stdout) || `exit code ${code}`);
    return stdout;
  } finally {
    clearTimeout(timer);
    clearInterval(watcher);
  }
}

function lastLines(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^\[?notice\]?/i.test(line));
  return lines.slice(-2).join(' ');
}

/** What went wrong in one line: the error's own words, without the chain of causes that Rust and pip repeat. */
export function inOneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= 240 ? line : `${line.slice(0, 237)}…`;
}
