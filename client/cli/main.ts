#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Half of the time of a short command is reading TypeScript.
enableCompileCache();
const { runCli } = await import('./run.ts');

// `muster … | head` closes the pipe early: not a failure worth a stack.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

async function confirm(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises');
  using terminal = createInterface({ input: process.stdin, output: process.stderr });
  return /^y(es)?$/i.test((await terminal.question(question)).trim());
}

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  writeOut: (text) => void process.stdout.write(text),
  writeErr: (text) => void process.stderr.write(text),
  onInterrupt: (stop) => {
    process.on('SIGINT', stop);
    return { [Symbol.dispose]: () => process.off('SIGINT', stop) };
  },
  ...(process.stdin.isTTY && process.stderr.isTTY ? { confirm } : {}),
  isTerminal: process.stdout.isTTY,
  isColorful: process.stdout.isTTY && !process.env['NO_COLOR'],
  // `watch` and others say the width of a terminal that is not this process's own.
  columns: Number(process.env['COLUMNS']) || process.stdout.columns || undefined,
});
