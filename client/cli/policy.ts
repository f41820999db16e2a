import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../../workers/usageError.ts';
import type { PersonAttributes } from '../../workflows/core/model.ts';
import { isJson } from './command.ts';
import { codeOf } from './failures.ts';
import { exists, loadPolicyFile, loadShellPolicy, readShellConfig } from './open.ts';
import { printMessage, printResult, renderTable } from './output.ts';
import { parseAttribute, parseEmail, parseText, parseTimeZone } from './parse.ts';
import type { Shell } from './shell.ts';

interface ExplainOptions extends Partial<Omit<PersonAttributes, 'extra'>> {
  readonly attribute?: Readonly<Record<string, string>>;
  readonly policy?: string;
}

export function addPolicy(program: Command, shell: Shell, setExitCode: (code: number) => void): void {
  const policy = program.command('policy').description('who gets what: the rules');
  policy
    .command('init')
    .argument('[file]', 'the file to write; it must not be there yet', 'policy.yaml')
    .description('write a first policy to begin with')
    .addHelpText('after', '\nExample: npx muster policy init')
    .action(async (file: string, _options: unknown, command: Command) => {
      const path = resolve(shell.cwd, file);
      await writeFirstPolicy(path, file);
      printResult(
        shell,
        isJson(command),
        { path },
        () => `${path} is written. Edit it, then: npx muster policy check ${file}`,
      );
    });
  policy
    .command('check')
    .argument('<file>', 'a policy file')
    .description('validate a policy file; names every problem with its line')
    .addHelpText('after', '\nExample: npx muster policy check policy.yaml\nExit code: 0 sound, 1 it has problems.')
    .action(async (file: string, _options: unknown, command: Command) => {
      const check = await checkFile(shell, file);
      printResult(shell, isJson(command), check, () =>
        check.ok ? `${file} is sound: ${check.rules} rules, mode ${check.mode}.` : `${file} cannot be used.`,
      );
      if (check.ok) return;
      for (const problem of check.problems) printMessage(shell, `error: ${problem}`);
      setExitCode(1);
    });
  policy
    .command('explain')
    .description('what a person would get, and by which rules')
    .option('--email <address>', 'e-mail address', parseEmail)
    .option('--name <name>', 'full name', parseText(255))
    .option('--title <title>', 'job title', parseText(255))
    .option('--department <name>', 'department', parseText(255))
    .option('--manager <id>', "the manager's e-mail or person id", parseText(255))
    .option('--time-zone <zone>', 'IANA time zone', parseTimeZone)
    .option('--attribute <name=value>', 'further attribute; may be given again', parseAttribute)
    .option('--policy <file>', 'this file instead of the policy in force')
    .addHelpText('after', '\nExample: npx muster policy explain --department SRE --title "Site Reliability Engineer"')
    .action(async (options: ExplainOptions, command: Command) => {
      const explanation = await explain(shell, options);
      printResult(shell, isJson(command), explanation, () => renderExplanation(shell, explanation));
    });
}

/** The file must not be there: a policy is never overwritten. */
async function writeFirstPolicy(path: string, named: string): Promise<void> {
  const { examplePolicyPath } = await import('../../workers/config.ts');
  const content = await readFile(examplePolicyPath, 'utf8');
  try {
    await writeFile(path, content, { flag: 'wx' });
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') throw new UsageError(`${named} is there already: name another file, or remove it first`);
    throw new UsageError(`${named} cannot be written (${code}): name a file in a folder that you may write to`);
  }
}

async function checkFile(shell: Shell, file: string) {
  const path = resolve(shell.cwd, file);
  if (!(await exists(path)))
    throw new UsageError(`There is no file ${file}: write one with \`npx muster policy init\``);
  const { loadPolicy, PolicyError } = await import('../../activities/policy/file.ts');
  try {
    const policy = await loadPolicy(path, { datadogIsSimulator: !shell.env['DD_SITE'] });
    return { ok: true, hash: policy.hash, mode: policy.mode, rules: policy.rules.length } as const;
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return { ok: false, problems: error.problems } as const;
  }
}

async function explain(shell: Shell, { attribute, policy: file, ...standard }: ExplainOptions) {
  const policy =
    file === undefined
      ? await loadShellPolicy(await readShellConfig(shell))
      : await loadPolicyFile(resolve(shell.cwd, file), !shell.env['DD_SITE']);
  const { birthrightAccess, explainAccess } = await import('../../workflows/core/policy.ts');
  // Without an e-mail, rules that name one do not match.
  const attributes = { email: '', ...standard, ...(attribute === undefined ? {} : { extra: attribute }) };
  return { ...birthrightAccess(policy, attributes), rules: explainAccess(policy, attributes) };
}

type Explanation = Awaited<ReturnType<typeof explain>>;

function renderExplanation(shell: Shell, { granted, onApproval, rules }: Explanation): string {
  const access = [
    ...granted.map(({ kind, name, rules: by }) => [kind, name, `rule ${by.join(', ')}`]),
    ...onApproval.flatMap(({ rule, entitlements }) =>
      entitlements.map(({ kind, name }) => [kind, name, `rule ${rule}, once approved`]),
    ),
  ];
  const others = rules
    .filter(({ matched }) => !matched)
    .map(({ rule, conditions }) => [
      rule,
      conditions
        .filter(({ holds }) => !holds)
        .map(
          ({ attribute, accepted, actual }) => `${attribute} is ${actual ?? 'not known'}, not ${accepted.join(' or ')}`,
        )
        .join('; '),
    ]);
  return [
    access.length === 0 ? 'This person gets nothing.' : renderTable(shell, ['kind', 'name', 'because'], access),
    others.length === 0 ? '' : `Rules that do not match:\n${renderTable(shell, ['rule', 'because'], others)}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
