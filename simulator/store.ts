import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

import type { State } from './model.ts';
import { stateFromText, stateToJson } from './state.ts';

interface Store {
  /** Writes soon; many calls in a row write once. */
  schedule(): void;
  /** Writes now if something is scheduled or `always`. */
  flush(always: boolean): void;
}

const leastDelayMs = 100;

/** A file that is replaced as a whole, so that a kill leaves the old or the new one. */
export function createStore(file: string, state: State): Store {
  let timer: NodeJS.Timeout | undefined;
  let delayMs = leastDelayMs;
  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const started = performance.now();
    const temporary = `${file}.${process.pid}.tmp`;
    writeFileSync(temporary, JSON.stringify(stateToJson(state)), { mode: 0o600 });
    renameSync(temporary, file);
    // A large state is written less often: at most a tenth of the time goes into it.
    delayMs = Math.max(leastDelayMs, 10 * (performance.now() - started));
  };
  return {
    schedule() {
      timer ??= setTimeout(write, delayMs);
    },
    flush(always) {
      if (always || timer !== undefined) write();
    },
  };
}

/** Undefined where there is no file yet. @throws TypeError where it is not a simulator's. */
export function readStateFile(file: string): State | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return stateFromText(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new TypeError(`stateFile: ${file} is not JSON; delete it or name another one`, { cause: error });
    }
    throw error;
  }
}
