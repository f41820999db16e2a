import type { Environment } from '../../config/types.ts';

/** What a command has of the process that it runs in. */
export interface Shell {
  readonly env: Environment;
  readonly cwd: string;
  /** Results only. */
  readonly writeOut: (text: string) => void;
  /** Messages, progress and errors. */
  readonly writeErr: (text: string) => void;
  /** Calls `stop` on Ctrl-C, which ends the process where nothing listens. */
  readonly onInterrupt: (stop: () => void) => Disposable;
  /** Asks whether to go on; absent where nobody sits at a terminal. */
  readonly confirm?: (question: string) => Promise<boolean>;
  /** Whether results go to a person's terminal. */
  readonly isTerminal: boolean;
  readonly isColorful: boolean;
  /** How many columns results may take; undefined where nothing limits them, such as in a file. */
  readonly columns?: number;
}
