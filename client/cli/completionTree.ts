import type { Command, Option } from 'commander';

/** A command as a completion sees it. */
export interface CompletionNode {
  /** `person list`; empty for the program itself. */
  readonly path: string;
  /** Commands below it, or the values of its first argument. */
  readonly words: readonly Described[];
  readonly options: readonly CompletionOption[];
}

interface Described {
  readonly name: string;
  readonly description: string;
  /** The path of the command, where the word is one. */
  readonly path?: string;
}

export interface CompletionOption extends Described {
  readonly takesValue: boolean;
  /** Empty where any value may be right. */
  readonly choices: readonly string[];
}

/** Every command below this one, and itself. */
export function nodesOf(command: Command, path = ''): readonly CompletionNode[] {
  const below = command.commands.map((one) => ({ one, path: path === '' ? one.name() : `${path} ${one.name()}` }));
  const [argument] = command.registeredArguments;
  const node = {
    path,
    words: [
      ...below.map((child) => ({ name: child.one.name(), description: child.one.description(), path: child.path })),
      ...(argument?.argChoices ?? []).map((name) => ({ name, description: argument?.description ?? '' })),
    ],
    options: [
      ...command.options.filter(({ hidden }) => !hidden).map(describeOption),
      { name: '--help', description: 'options and an example', takesValue: false, choices: [] },
    ],
  };
  return [node, ...below.flatMap((child) => nodesOf(child.one, child.path))];
}

const describeOption = ({ long, short, description, required, argChoices }: Option): CompletionOption => ({
  name: long ?? short ?? '',
  description,
  takesValue: required,
  choices: argChoices ?? [],
});
