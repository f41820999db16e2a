import type { CompletionNode, CompletionOption } from './completionTree.ts';

/** What each shell reads. All three follow the words that were typed down the tree, then offer what may come next. */

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
const names = (of: readonly { readonly name: string }[]): string => of.map(({ name }) => name).join(' ');
const withValue = ({ options }: CompletionNode): readonly CompletionOption[] =>
  options.filter(({ takesValue }) => takesValue);

/** `path/word` and the path that it leads to. */
const stepsOf = (nodes: readonly CompletionNode[]) =>
  nodes.flatMap(({ path, words }) =>
    words.flatMap((word) => (word.path === undefined ? [] : [{ from: `${path}/${word.name}`, to: word.path }])),
  );

/** Cases of a shell's `case`: options whose value is being typed. */
const valueCases = (nodes: readonly CompletionNode[], offer: (choices: readonly string[]) => string) =>
  nodes.flatMap((node) =>
    withValue(node).map(({ name, choices }) => `    ${quote(`${node.path}/${name}`)}) ${offer(choices)} ;;`),
  );

const bashOffer = (words: string) => `COMPREPLY=($(compgen -W ${quote(words)} -- "$cur"))`;

export function bashScript(nodes: readonly CompletionNode[]): string {
  return [
    '# bash completion of muster',
    '_muster() {',
    '  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" path= i=1',
    '  COMPREPLY=()',
    '  if [ "${COMP_WORDS[0]##*/}" = npx ]; then',
    '    [ "${COMP_WORDS[1]}" = muster ] && [ "$COMP_CWORD" -gt 1 ] || return 0',
    '    i=2',
    '  fi',
    '  for (( ; i < COMP_CWORD; i++ )); do',
    '    case "$path/${COMP_WORDS[i]}" in',
    ...stepsOf(nodes).map(({ from, to }) => `    ${quote(from)}) path=${quote(to)} ;;`),
    '    esac',
    '  done',
    '  case "$path/$prev" in',
    ...valueCases(nodes, (choices) => `${choices.length === 0 ? '' : `${bashOffer(choices.join(' '))}; `}return 0`),
    '  esac',
    '  case "$path/$cur" in',
    ...nodes.flatMap(({ path, words, options }) => [
      `    ${quote(`${path}/`)}-*) ${bashOffer(names(options))} ;;`,
      `    ${quote(`${path}/`)}*) ${bashOffer(names(words))} ;;`,
    ]),
    '  esac',
    '}',
    'complete -o default -F _muster muster npx',
    '',
  ].join('\n');
}

const zshDescribe = (of: readonly { readonly name: string; readonly description: string }[]) =>
  of.map(({ name, description }) => quote(`${name.replaceAll(':', String.raw`\:`)}:${description}`)).join(' ');

export function zshScript(nodes: readonly CompletionNode[]): string {
  return [
    '#compdef muster npx',
    '_muster() {',
    '  local cur="${words[CURRENT]}" prev="${words[CURRENT-1]}" at= i=2',
    '  local -a offered',
    '  if [[ "${words[1]:t}" == npx ]]; then',
    '    [[ "${words[2]}" == muster && $CURRENT -gt 2 ]] || { _files; return; }',
    '    i=3',
    '  fi',
    '  for (( ; i < CURRENT; i++ )); do',
    '    case "$at/${words[i]}" in',
    ...stepsOf(nodes).map(({ from, to }) => `    ${quote(from)}) at=${quote(to)} ;;`),
    '    esac',
    '  done',
    '  case "$at/$prev" in',
    ...valueCases(nodes, (choices) =>
      choices.length === 0 ? '_files; return' : `compadd -- ${choices.map(quote).join(' ')}; return`,
    ),
    '  esac',
    '  case "$at/$cur" in',
    ...nodes.flatMap(({ path, words, options }) => [
      `    ${quote(`${path}/`)}-*) offered=(${zshDescribe(options)}) ;;`,
      `    ${quote(`${path}/`)}*) offered=(${zshDescribe(words)}) ;;`,
    ]),
    '  esac',
    '  if (( $#offered )); then _describe muster offered; else _files; fi',
    '}',
    'compdef _muster muster npx',
    '',
  ].join('\n');
}

const fishQuote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;

export function fishScript(nodes: readonly CompletionNode[]): string {
  return [
    '# fish completion of muster',
    'function __muster_at --argument-names wanted',
    '  set --local typed (commandline --tokenize --cut-at-cursor --current-process)',
    "  if test (string replace --regex '.*/' '' -- $typed[1]) = npx",
    '    test "$typed[2]" = muster; or return 1',
    '    set --erase typed[1]',
    '  end',
    "  set --local at ''",
    '  for word in $typed[2..-1]',
    '    switch "$at/$word"',
    ...stepsOf(nodes).map(({ from, to }) => `      case ${fishQuote(from)}\n        set at ${fishQuote(to)}`),
    '    end',
    '  end',
    '  test "$at" = "$wanted"',
    'end',
    'for program in muster npx',
    ...nodes.flatMap(({ path, words, options }) => {
      const where = `  complete --command $program --condition ${fishQuote(`__muster_at ${fishQuote(path)}`)}`;
      return [
        ...words.map(
          ({ name, description }) =>
            `${where} --no-files --arguments ${fishQuote(name)} --description ${fishQuote(description)}`,
        ),
        ...options.map(({ name, description, takesValue, choices }) => {
          const value =
            choices.length === 0 ? ' --require-parameter' : ` --exclusive --arguments ${fishQuote(choices.join(' '))}`;
          return `${where} --long-option ${name.slice(2)}${takesValue ? value : ''} --description ${fishQuote(description)}`;
        }),
      ];
    }),
    'end',
    '',
  ].join('\n');
}
