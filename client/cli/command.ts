import type { Command } from 'commander';
import type { Shell } from './shell.ts';

/**
 * Gives a command of the first level its options, its action and the commands below it. `setExitCode` is for commands that
 * print their result and still did not succeed.
 */
export type AddCommands = (command: Command, shell: Shell, setExitCode: (code: number) => void) => void;

/** `--json` may stand before or after the command's name. */
export const isJson = (command: Command): boolean => command.optsWithGlobals()['json'] === true;
