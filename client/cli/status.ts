import type { Command } from 'commander';
import { formatAge } from '../../domain/durations.ts';
import { severities } from '../../domain/findings/kinds.ts';
import { phases } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { syncKinds } from '../../domain/sync/kinds.ts';
import type { Config } from '../../config/types.ts';
import type { Figures } from '../operations/metrics/figures.ts';
import type { Check } from './checks.ts';
import { isJson } from './command.ts';
import { diagnoseLocally, type Diagnosis } from './doctor.ts';
import { exists, openPlace } from './open.ts';
import { paint, printResult } from './output.ts';
import type { Shell } from './shell.ts';

/** What is not well, and the command or the step that mends it. */
interface Problem {
  readonly name: string;
  readonly detail: string;
  readonly fix?: string | undefined;
}

/** What somebody has to decide or look at; it is well all the same. */
interface Waiting {
  readonly what: string;
  readonly command: string;
}

export interface Status {
  readonly ok: boolean;
  readonly problems: readonly Problem[];
  readonly waiting: readonly Waiting[];
  /** Absent where the inventory or the policy cannot be read. */
  readonly figures?: Figures | undefined;
}

export function addStatus(status: Command, shell: Shell, setExitCode: (code: number) => void): void {
  status
    .addHelpText('after', '\nExample: npx muster status\nExit code: 0 everything is well, 1 it is not.')
    .action(async (_options: unknown, command: Command) => {
      const { config, policy, ...diagnosis } = await diagnoseLocally(shell);
      const figures = config && policy && (await readFiguresOf(config, policy));
      const judged = judgeStatus(diagnosis, figures);
      printResult(shell, isJson(command), judged, () => renderStatus(shell, judged));
      if (!judged.ok) setExitCode(1);
    });
}

/** That the inventory cannot be opened is a check of its own. */
async function readFiguresOf(config: Config, policy: Policy): Promise<Figures | undefined> {
  const { inventory: place } = config;
  if ('file' in place && !(await exists(place.file))) return undefined;
  await using inventory = await openPlace(config).catch(() => undefined);
  if (inventory === undefined) return undefined;
  const { readFigures } = await import('../operations/metrics/figures.ts');
  return await readFigures(inventory, policy, Date.now());
}

export function judgeStatus(
  { checks, keyHealth = [] }: Pick<Diagnosis, 'checks' | 'keyHealth'>,
  figures: Figures | undefined,
): Status {
  const missing = (isOptional: boolean) =>
    checks.filter(({ status, optional }) => status === 'missing' && (optional ?? false) === isOptional);
  const problems = [...missing(false).map(problemOf), ...(figures === undefined ? [] : problemsOf(figures))];
  const refused = keyHealth.filter(({ answer }) => answer === 'no').map(({ permission }) => permission);
  return {
    ok: problems.length === 0,
    problems,
    waiting: [
      ...missing(true).map(({ name, detail, fix = 'npx muster doctor' }) => ({
        what: `${name}: ${detail}`,
        command: fix,
      })),
      ...(refused.length === 0
        ? []
        : [{ what: `Datadog refuses the key ${refused.join(', ')}`, command: 'npx muster doctor' }]),
      ...(figures === undefined ? [] : waitingIn(figures)),
    ],
    figures,
  };
}

const problemOf = ({ name, detail, fix }: Check): Problem => ({ name, detail, fix });

/** What no check of `doctor` is about. */
function problemsOf({ findings, refusals, isKindComplete, syncAge }: Figures): readonly Problem[] {
  const critical = {
    name: 'findings',
    detail: `${findings.critical} are critical`,
    fix: 'npx muster findings list --severity critical',
  };
  const leavers = {
    name: 'refused',
    detail: `${refusals.leaver} items of HR that may be about leavers could not be taken`,
    fix: 'npx muster intake refused list',
  };
  const accounts = {
    name: 'accounts',
    detail: 'the last full sync could not read all of them, so what they have is not known',
    fix: 'npx muster sync status',
  };
  const wasRead = Number.isNaN(syncAge) || isKindComplete.accounts === 1;
  return [
    ...(findings.critical > 0 ? [critical] : []),
    ...(refusals.leaver > 0 ? [leavers] : []),
    ...(wasRead ? [] : [accounts]),
  ];
}

function waitingIn({ people, approvals, oldestApproval, refusals, findings, ...sync }: Figures): readonly Waiting[] {
  const open = Object.values(approvals).reduce((sum, count) => sum + count, 0);
  const unread = syncKinds.filter((kind) => kind !== 'accounts' && sync.isKindComplete[kind] !== 1);
  return [
    {
      count: open,
      what: `approvals, the oldest for ${formatAge(oldestApproval)}`,
      command: 'npx muster approvals list',
    },
    { count: people.held, what: 'people above the change budget', command: 'npx muster held list' },
    { count: people.blocked, what: 'people whose process is blocked', command: 'npx muster person list' },
    { count: refusals.other, what: 'items of HR that could not be taken', command: 'npx muster intake refused list' },
    { count: findings.high, what: 'high findings', command: 'npx muster findings list --severity high' },
    {
      count: Number.isNaN(sync.syncAge) ? 0 : unread.length,
      what: `kinds that the last full sync could not read: ${unread.join(', ')}`,
      command: 'npx muster sync status',
    },
  ].flatMap(({ count, what, command }) => (count === 0 ? [] : [{ what: `${count} ${what}`, command }]));
}

function renderStatus(shell: Shell, { ok, problems, waiting, figures }: Status): string {
  const colors = paint(shell);
  const head = ok
    ? colors.green('Everything is well.')
    : colors.red(`${problems.length === 1 ? 'One thing is' : `${problems.length} things are`} not well:`);
  return [
    head,
    ...problems.flatMap(({ name, detail, fix }) => [
      `${colors.red(name)}: ${detail}`,
      ...(fix === undefined ? [] : [`  → ${fix}`]),
    ]),
    ...(waiting.length === 0 ? [] : ['', 'Somebody has to look at:']),
    ...waiting.flatMap(({ what, command }) => [what, `  → ${command}`]),
    ...(figures === undefined ? [] : ['', ...renderFigures(figures)]),
  ].join('\n');
}

function renderFigures({ people, leavers, syncAge, findings, processes }: Figures): readonly string[] {
  return [
    `processes  ${processes.worker} workers, ${processes.gateway} gateways`,
    `full sync  ${Number.isNaN(syncAge) ? 'none has ended yet' : `ended ${formatAge(syncAge)} ago`}`,
    `leavers    ${leavers.due} due, ${leavers.late} of them late`,
    `people     ${counted(phases, people)}`,
    `findings   ${counted(severities, findings)}`,
  ];
}

const counted = <Name extends string>(names: readonly Name[], counts: Readonly<Record<Name, number>>): string =>
  names.flatMap((name) => (counts[name] === 0 ? [] : [`${counts[name]} ${name}`])).join(', ') || 'none';
