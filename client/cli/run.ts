import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { RefusedError, UsageError } from '../../domain/errors.ts';
import type { AddCommands } from './command.ts';
import { addAdopt } from './adopt.ts';
import { addApprovals } from './approvals.ts';
import { addAudit } from './audit.ts';
import { addDoctor } from './doctor.ts';
import { addEvents } from './events.ts';
import { explainFailure } from './failures.ts';
import { addFindings } from './findings.ts';
import { addInventory } from './inventory.ts';
import { printMessage } from './output.ts';
import { addPerson } from './person.ts';
import { addPolicy } from './policy.ts';
import type { Shell } from './shell.ts';
import { addRoster } from './roster.ts';
import { addSimulator } from './simulator.ts';
import { addSchedule, addSync } from './sync.ts';
import { addToken } from './token.ts';

const groups: readonly AddCommands[] = [
  addDoctor,
  addEvents,
  addPerson,
  addApprovals,
  addSync,
  addSchedule,
  addInventory,
  addFindings,
  addPolicy,
  addToken,
  addRoster,
  addAdopt,
  addAudit,
  addSimulator,
];

const exitCodes = { done: 0, failed: 1, wrongUsage: 2, refused: 3 } as const;

/** Runs one command and returns the exit code: 0 done, 1 failed, 2 wrong usage, 3 refused. Never throws. */
export async function runCli(args: readonly string[], shell: Shell): Promise<number> {
  let code: number = exitCodes.done;
  const program = createProgram(shell, (failed) => {
    code = failed;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUsage;
    printMessage(shell, `error: ${explainFailure(error)}`);
    if (error instanceof UsageError) return exitCodes.wrongUsage;
    return error instanceof RefusedError ? exitCodes.refused : exitCodes.failed;
  }
}

/** `setExitCode` is for commands that print their result and still did not succeed. */
export function createProgram(shell: Shell, setExitCode: (code: number) => void): Command {
  const { description, version } = readManifest();
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
        'Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by policy or authorization.',
    );
  for (const add of groups) add(program, shell, setExitCode);
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
