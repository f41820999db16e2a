import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { PersonAttributes } from '../../domain/model.ts';
import { isTimeZone } from '../intake/localDates.ts';
import { isJson } from './command.ts';
import { exists, loadPolicyFile, loadShellPolicy, readConfigWith } from './open.ts';
import { addAccept } from './policyAccept.ts';
import { addPin } from './policyPin.ts';
import { printMessage, printResult } from './output.ts';
import { renderTable } from './table.ts';
import { parseAttribute, parseDomain, parseEmail, parseText, parseTimeZone } from './parse.ts';
import type { Shell } from './shell.ts';
import { UsageError } from '../../domain/errors.ts';

interface InitOptions {
  readonly domain?: readonly string[];
  readonly timeZone?: string;
}

interface ExplainOptions extends Partial<Omit<PersonAttributes, 'extra'>> {
  readonly attribute?: Readonly<Record<string, string>>;
  readonly policy?: string;
}

export function addPolicy(policy: Command, shell: Shell, setExitCode: (code: number) => void): void {
  addInit(policy, shell);
  addCheck(policy, shell, setExitCode);
  addDiff(policy, shell);
  addAccept(policy, shell);
  addPin(policy, shell);
  addExplain(policy, shell);
}

function addInit(policy: Command, shell: Shell): void {
  policy
    .command('init')
    .argument('[file]', 'the file to write; it must not be there yet', 'policy.yaml')
    .option('--domain <domain>', 'an e-mail domain of your own people; may be given again', parseDomain)
    .option('--time-zone <zone>', "IANA time zone of people whose own HR does not name (this machine's)", parseTimeZone)
    .description('write a first policy to begin with; for a Datadog site it only observes')
    .addHelpText('after', '\nExample: npx muster policy init --domain example.com --time-zone Europe/Berlin')
    .action(async (file: string, { domain = [], timeZone }: InitOptions, command: Command) => {
      const path = resolve(shell.cwd, file);
      const defaultTimeZone = timeZone ?? machineTimeZone();
      const { writeFirstPolicy } = await import('./policyFiles.ts');
      const { lacksApprovers, unknownNames } = await writeFirstPolicy(shell, {
        path,
        named: file,
        domains: domain,
        defaultTimeZone,
      });
      printResult(shell, isJson(command), { path, defaultTimeZone, unknownNames }, () => {
        const whose = timeZone === undefined ? " (this machine's; --time-zone names another one)" : '';
        const approvers = lacksApprovers
          ? 'Its rule sre and approvals.default are commented out until they name your own approvers.\n'
          : '';
        const unknown =
          unknownNames.length === 0
            ? ''
            : `No known person has ${unknownNames.join(' or ')}, who it names approvers.\n`;
        return (
          `${path} is written. People whose time zone HR does not name live in ${defaultTimeZone}${whose}: ` +
          `their access begins and ends with its days.\n${approvers}${unknown}Edit it, then: npx muster policy check ${file}`
        );
      });
    });
}

function addCheck(policy: Command, shell: Shell, setExitCode: (code: number) => void): void {
  policy
    .command('check')
    .argument('<file>', 'a policy file')
    .option('--online', 'also against Datadog, by reading calls: roles, teams, domains, and whom its e-mails mean')
    .description('validate a policy file; names every problem with its line')
    .addHelpText(
      'after',
      '\nExample: npx muster policy check policy.yaml --online\n' +
        'Exit code: 0 sound, 1 it does not fit what is in Datadog, 2 the file has problems.',
    )
    .action(async (file: string, { online }: { online?: true }, command: Command) => {
      const path = resolve(shell.cwd, file);
      if (!(await exists(path)))
        throw new UsageError(`There is no file ${file}: write one with \`npx muster policy init\``);
      const { checkPolicy, renderCheck } = await import('./policyFiles.ts');
      const check = await checkPolicy(shell, { path, named: file, isOnline: online ?? false });
      printResult(shell, isJson(command), check, () => renderCheck(shell, file, check));
      for (const problem of check.problems ?? []) printMessage(shell, `error: ${problem}`);
      for (const warning of [...(check.warnings ?? []), ...(check.online?.warnings ?? [])])
        printMessage(shell, `warning: ${warning}`);
      if (!check.ok) setExitCode(check.online === undefined ? 2 : 1);
    });
}

function addDiff(policy: Command, shell: Shell): void {
  policy
    .command('diff')
    .argument('<old>', 'a policy file')
    .argument('<new>', 'another one')
    .description('which people in the inventory would gain and lose what')
    .addHelpText('after', '\nExample: npx muster policy diff policy.yaml policy.next.yaml')
    .action(async (old: string, young: string, _options: unknown, command: Command) => {
      const { diffPolicies, renderDiff } = await import('./policyDiff.ts');
      const diff = await diffPolicies(shell, old, young);
      printResult(shell, isJson(command), diff, () => renderDiff(shell, diff));
    });
}

function addExplain(policy: Command, shell: Shell): void {
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

function machineTimeZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  if (isTimeZone(timeZone)) return timeZone;
  throw new UsageError("This machine's time zone is not known: give --time-zone, such as --time-zone Europe/Berlin");
}

async function explain(shell: Shell, { attribute, policy: file, ...standard }: ExplainOptions) {
  const path = file === undefined ? undefined : resolve(shell.cwd, file);
  const readConfig = () => readConfigWith(shell, path);
  const policy =
    path === undefined ? await loadShellPolicy(await readConfig()) : await loadPolicyFile(path, !shell.env['DD_SITE']);
  const { compareInForceIfAny } = await import('./inForce.ts');
  const policyInForce = await compareInForceIfAny(shell, readConfig, {
    file: file ?? (await readConfig()).policyPath,
    policy,
    level: file === undefined ? 'warning' : 'note',
  });
  const { birthrightAccess, explainAccess } = await import('../../domain/policy/rules.ts');
  // Without an e-mail, rules that name one do not match.
  const attributes = { email: '', ...standard, extra: attribute };
  return { ...birthrightAccess(policy, attributes), rules: explainAccess(policy, attributes), policyInForce };
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
