import type { Command } from 'commander';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { isJson } from './command.ts';
import { explainFailure } from './failures.ts';
import { attemptCheck, isHealthy, type Check } from './checks.ts';
import { exists, loadShellPolicy, openPlace, readShellConfig } from './open.ts';
import { paint, printResult } from './output.ts';
import type { Shell } from './shell.ts';
import type { Config } from '../../config/types.ts';
import { openToOthers } from '../../config/privateHome.ts';
import type { KeyHealth } from '../../inventory/port/keyHealth.ts';

/** `ok` says whether access can be granted and removed now; optional checks do not count. */
export interface Diagnosis {
  readonly ok: boolean;
  readonly checks: readonly Check[];
  /** Approvals that wait for a decision, where the inventory can be read. */
  readonly openApprovals?: number;
  /** What HR said and Muster could not take. */
  readonly openRefusals?: number;
  /** What the processes know about the key: each permission by its last probe, and the people whose steps were skipped. */
  readonly keyHealth?: readonly (KeyHealth & { readonly peopleWithout: number })[];
}

export function addDoctor(doctor: Command, shell: Shell, setExitCode: (code: number) => void): void {
  doctor
    .addHelpText('after', '\nExample: npx muster doctor --json\nExit code: 0 all that is needed is there, 1 it is not.')
    .action(async (_options: unknown, command: Command) => {
      const diagnosis = await diagnose(shell);
      printResult(shell, isJson(command), diagnosis, () => renderDiagnosis(shell, diagnosis));
      if (!diagnosis.ok) setExitCode(1);
    });
}

async function diagnose(shell: Shell): Promise<Diagnosis> {
  const { config, policy, ...known } = await diagnoseLocally(shell);
  if (config === undefined) return known;
  const { checkDatadog } = await import('./doctorDatadog.ts');
  const usesTeams = policy?.rules.some(({ teams }) => teams.length > 0) ?? false;
  const datadog = await checkDatadog(config.datadog, { usesTeams });
  return { ...known, ...diagnosisOf([...known.checks, ...datadog]) };
}

/** Everything but the probes of Datadog. `config` is absent where it cannot be read, `policy` where the file cannot be used. */
export async function diagnoseLocally(
  shell: Shell,
): Promise<Diagnosis & { readonly config?: Config; readonly policy?: Policy | undefined }> {
  let config: Config;
  try {
    config = await readShellConfig(shell);
  } catch (error) {
    const detail = explainFailure(error);
    return diagnosisOf([
      { name: 'configuration', status: 'missing', detail, fix: 'set it as said, then run doctor again' },
    ]);
  }
  const { policy, check: policyCheck } = await checkPolicy(config);
  const [{ checkEngine }, { checkEvidence }, { checkTokens }, { checkWatch }, { checkInForce }] = await Promise.all([
    import('./doctorEngine.ts'),
    import('./doctorEvidence.ts'),
    import('./doctorTokens.ts'),
    import('./doctorWatch.ts'),
    import('./doctorPolicy.ts'),
  ]);
  const [home, engine, database, evidence, tokens, watch, inForce] = await Promise.all([
    checkHome(config),
    checkEngine(config),
    checkDatabase(config),
    checkEvidence(config, policy?.audit),
    checkTokens(config),
    checkWatch(config, policy),
    checkInForce(config, policy),
  ]);
  const { check, ...known } = database;
  const all = [...home, ...engine, check, ...watch, ...evidence, ...tokens, policyCheck, ...inForce];
  return { ...diagnosisOf(all), ...known, config, policy };
}

const diagnosisOf = (checks: readonly Check[]): Diagnosis => ({ ok: isHealthy(checks), checks });

/** Said only where it is wrong. */
async function checkHome({ home }: Config): Promise<readonly Check[]> {
  const open = await openToOthers(home);
  return open === undefined ? [] : [{ name: 'home folder', status: 'missing', optional: true, ...open }];
}

async function checkPolicy(config: Config): Promise<{ check: Check; policy?: Policy }> {
  try {
    const policy = await loadShellPolicy(config);
    const detail = `${config.policyPath}: ${policy.rules.length} rules, mode ${policy.mode}`;
    return { policy, check: { name: 'policy', status: 'ok', detail } };
  } catch (error) {
    const fix = 'mend the file, and check it with `npx muster policy check FILE`';
    return { check: { name: 'policy', status: 'missing', detail: explainFailure(error), fix } };
  }
}

type OnRecord = Pick<Diagnosis, 'openApprovals' | 'openRefusals' | 'keyHealth'>;

async function checkDatabase(config: Config): Promise<OnRecord & { check: Check }> {
  const name = 'database';
  const { inventory: place } = config;
  if ('file' in place && !(await exists(place.file))) {
    return { check: { name, status: 'missing', detail: `no file ${place.file}`, fix: '`npm start` creates it' } };
  }
  let known: OnRecord = {};
  const fix = 'check DATABASE_URL, or the rights on the file';
  const check = await attemptCheck(name, fix, async () => {
    await using inventory = await openPlace(config);
    known = {
      openApprovals: (await inventory.listApprovals({ state: 'open' })).length,
      openRefusals: (await inventory.openRefusals()).reduce((sum, { leaving, others }) => sum + leaving + others, 0),
      keyHealth: await readKeyHealth(inventory),
    };
    return inventory.dialect === 'sqlite' && 'file' in place ? `SQLite, ${place.file}` : 'PostgreSQL';
  });
  return { check, ...known };
}

async function readKeyHealth(inventory: Inventory): Promise<NonNullable<Diagnosis['keyHealth']>> {
  const [health, owed] = await Promise.all([inventory.listKeyHealth(), inventory.listOwedParts()]);
  return health.map((row) => ({
    ...row,
    peopleWithout: owed.filter(({ permission }) => permission === row.permission).length,
  }));
}

function renderDiagnosis(shell: Shell, { ok, checks, openApprovals, openRefusals, keyHealth = [] }: Diagnosis): string {
  const colors = paint(shell);
  const colorOf = { ok: colors.green, missing: colors.red, unknown: colors.yellow };
  const lines = checks.flatMap((check) => {
    const color = check.optional && check.status === 'missing' ? colors.yellow : colorOf[check.status];
    const head = `${color(check.status.padEnd(8))}${check.name}${check.optional ? ' (optional)' : ''}: ${check.detail}`;
    return check.fix === undefined ? [head] : [head, `          → ${check.fix}`];
  });
  const approvals = openApprovals ? [`${openApprovals} approvals wait: npx muster approvals list`] : [];
  const refusals = openRefusals
    ? [`${openRefusals} items of HR could not be taken: npx muster intake refused list`]
    : [];
  const refused = keyHealth
    .filter(({ answer }) => answer === 'no')
    .map(({ permission, checkedAt, nextProbeAt, peopleWithout, probes }) => {
      const parts = peopleWithout === 0 ? '' : `; steps for ${peopleWithout} people are skipped until then`;
      const next = probes === 0 ? '' : `, next asked at ${nextProbeAt}`;
      return `Datadog refused ${permission} when last asked at ${checkedAt}${next}${parts}.`;
    });
  const verdict = ok
    ? colors.green('All that is needed is there.')
    : colors.red('Something that is needed is missing.');
  return [...lines, ...approvals, ...refusals, ...refused, verdict].join('\n');
}
