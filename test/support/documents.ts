import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '../../client/cli/run.ts';
import { createShell } from '../client/support/shell.ts';

/** The README and the documentation, and what they show of the command line. */

export const root = resolve(import.meta.dirname, '../..');
export const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

export interface Page {
  readonly file: string;
  readonly text: string;
}

export const inFolder = async (folder: string): Promise<readonly string[]> =>
  (await readdir(join(root, folder))).filter((name) => name.endsWith('.md')).map((name) => `${folder}/${name}`);
const files = ['README.md', ...(await inFolder('docs')), ...(await inFolder('docs/decisions'))];
export const pages: readonly Page[] = await Promise.all(files.map(async (file) => ({ file, text: await read(file) })));

interface Fence {
  readonly language: string;
  readonly lines: readonly string[];
}

/** Blocks between ``` marks, indented ones too. */
export function fencesOf(text: string): readonly Fence[] {
  return [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```/gm)].map(([, , language = '', body = '']) => ({
    language,
    lines: body.split('\n').map((line) => line.trim()),
  }));
}

export const proseOf = (text: string): string => text.replaceAll(/^( *)```\w*\n[\s\S]*?^\1```/gm, '');
export const spansOf = (text: string): readonly string[] =>
  [...proseOf(text).matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

/** The anchors of its headings. */
export const slugsOf = (text: string): readonly string[] =>
  [...proseOf(text).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

/** The words behind `npx muster`, as a shell would pass them; undefined where the line is no such command. */
export function wordsOf(line: string): readonly string[] | undefined {
  const [, rest] = /(?:^|\$ |exec \w+ )(?:npx muster|node client\/cli\/main\.ts)(?= |$)(.*)/.exec(line) ?? [];
  if (rest === undefined) return undefined;
  const command = rest.split(/ (?:#|>|\||&&) ?/)[0] ?? '';
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

interface Leaf {
  readonly path: string;
  readonly command: Command;
}

/** Commands that do something, those below another one too. */
export function leavesOf(command: Command, path: readonly string[] = []): readonly Leaf[] {
  const below = command.commands.flatMap((one) => leavesOf(one, [...path, one.name()]));
  // `leaver` is a command, and has others below it.
  const isOne = path.length > 0 && (below.length === 0 || command.options.some(({ hidden }) => !hidden));
  return isOne ? [{ path: path.join(' '), command }, ...below] : below;
}

/** The commands with nothing behind them: parsing checks arguments and options, and does nothing. */
export async function createIdle(): Promise<Command> {
  const program = await createProgram(createShell(), () => undefined);
  for (const one of leavesOf(program)) one.command.action(() => undefined);
  return program;
}

export interface ShownCommand {
  readonly where: string;
  readonly line: string;
  readonly words: readonly string[];
}

/** The command lines in the blocks of a page. */
export function shownCommands({ file, text }: Page): readonly ShownCommand[] {
  return fencesOf(text)
    .filter(({ language }) => language === '')
    .flatMap(({ lines }) => lines)
    .flatMap((line) => shownCommand(file, line));
}

/** Those in running text that have more than the command's name. */
export function mentionedCommands({ file, text }: Page): readonly ShownCommand[] {
  return spansOf(text)
    .filter((code) => !code.includes('['))
    .flatMap((code) => shownCommand(file, code))
    .filter(({ words }) => words.length > 2 || words.some((word) => word.startsWith('-')));
}

function shownCommand(where: string, line: string): readonly ShownCommand[] {
  const words = wordsOf(line);
  return words === undefined ? [] : [{ where, line, words }];
}
