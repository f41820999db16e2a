import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { RefusedError, UsageError } from '../../domain/errors.ts';
import { commandTable } from './commands.ts';
import { explainFailure } from './failures.ts';
import { printMessage } from './output.ts';
import type { Shell } from './shell.ts';
import { InterruptedError } from './waiting.ts';

const exitCodes = { done: 0, failed: 1, wrongUsage: 2, refused: 3, interrupted: 130 } as const;

/** Runs one command and returns its exit code. Never throws. */
export async function runCli(args: readonly string[], shell: Shell): Promise<number> {
  let code: number = exitCodes.done;
  const setExitCode = (failed: number): void => {
    code = failed;
  };
  try {
    const program = await createProgram(shell, setExitCode, args);
    program.hook('preAction', async (_program, command) => {
      const { admit } = await import('./operator.ts');
      await admit(shell, command);
    });
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUsage;
    if (error instanceof InterruptedError) {
      printMessage(shell, error.message);
      return exitCodes.interrupted;
    }
    printMessage(shell, `error: ${explainFailure(error)}`);
    if (error instanceof UsageError) return exitCodes.wrongUsage;
    return error instanceof RefusedError ? exitCodes.refused : exitCodes.failed;
  }
}

/** The commands; those that `words` do not name have only their description. Without `words`, and for a completion, all of them are whole. */
export async function createProgram(
  shell: Shell,
  setExitCode: (code: number) => void,
  words: readonly string[] = Object.keys(commandTable),
): Promise<Command> {
  const { description, version } = readManifest();
  // A completion is made of all commands.
  const isWhole = words.includes('completion');
  const program = new Command('muster')
    .description(description)
    .version(version, '-V, --version', 'print the version')
    // A command and those below it may have options of the same name, as `leaver` and `leaver release` have.
    .enablePositionalOptions()
    .configureHelp({ subcommandTerm: termOf })
    .exitOverride()
    .configureOutput({ writeOut: shell.writeOut, writeErr: shell.writeErr })
    .showHelpAfterError('(add --help for the options and an example)')
    .addHelpText(
      'after',
      '\nBegin with `npm start` in another terminal, then `npx muster doctor`.\n' +
        'Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by policy or authorization, 130 interrupted.',
    );
  for (const [name, entry] of Object.entries(commandTable)) {
    const command = program.command(name).description(entry.description);
    if (isWhole || words.includes(name)) (await entry.load())(command, shell, setExitCode);
  }
  addJson(program);
  return program;
}

/** A command in a list of commands; that each has options goes without saying. */
const termOf = (command: Command): string =>
  [
    command.name(),
    ...command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`)),
  ].join(' ');

/** `--json` may stand anywhere: each command takes it. */
function addJson(command: Command): void {
  const json = new Option('--json', 'print exactly one JSON value on stdout, messages on stderr');
  const isGroup = command.parent !== null && command.commands.length > 0 && command.options.length === 0;
  command.addOption(isGroup ? json.hideHelp() : json);
  for (const below of command.commands) addJson(below);
}

function readManifest(): { readonly description: string; readonly version: string } {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8');
  const manifest: { description: string; version: string } = JSON.parse(text);
  return manifest;
}
