import { Argument } from 'commander';
import type { AddCommands } from './command.ts';
import { bashScript, fishScript, zshScript } from './completionScripts.ts';
import { nodesOf } from './completionTree.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export const addCompletion: AddCommands = (completion, shell) => {
  completion
    .addArgument(new Argument('<shell>', 'the shell that reads the script').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      '\nExample: npx muster completion bash > ~/.muster-completion' +
        '\nExample: npx muster completion fish > ~/.config/fish/completions/muster.fish' +
        '\nSource the file from ~/.bashrc, or from ~/.zshrc after compinit; fish finds its own. `npx muster` and `muster` are completed.',
    )
    .action((name: keyof typeof scripts) => {
      // With this command named, `createProgram` has loaded all of them.
      if (completion.parent !== null) shell.writeOut(scripts[name](nodesOf(completion.parent)));
    });
};
