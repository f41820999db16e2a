import type { Shell } from '../../../client/cli/shell.ts';

interface TestShell extends Shell {
  readonly out: () => string;
  readonly err: () => string;
}

/** A shell without a terminal that keeps what is written. */
export function createShell(
  shell: Partial<Pick<Shell, 'env' | 'cwd' | 'confirm' | 'isTerminal' | 'isColorful' | 'columns'>> = {},
): TestShell {
  let [out, err] = ['', ''];
  return {
    env: {},
    cwd: process.cwd(),
    onInterrupt: () => ({ [Symbol.dispose]: () => undefined }),
    isTerminal: false,
    isColorful: false,
    ...shell,
    writeOut: (text) => void (out += text),
    writeErr: (text) => void (err += text),
    out: () => out,
    err: () => err,
  };
}
