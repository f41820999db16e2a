import { buildId } from '../../config/version.ts';
import { nameOf, otherThan, policiesOf, refusalsOf, shortHash, type Instance } from '../../domain/instances.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Config } from '../../config/types.ts';
import type { Check } from './checks.ts';
import { liveInstances } from './inForce.ts';
import { exists, openPlace } from './open.ts';

/** What the running processes have in force, by what they report: the file alone says nothing of them. */
export async function checkInForce(
  config: Pick<Config, 'inventory' | 'signingKey' | 'policyPath'>,
  policy: Policy | undefined,
): Promise<readonly Check[]> {
  const place = config.inventory;
  if ('file' in place && !(await exists(place.file))) return [];
  // That it cannot be opened is another line.
  await using inventory = await openPlace(config).catch(() => undefined);
  if (inventory === undefined) return [];
  const instances = await liveInstances(inventory);
  return [...processesOf(instances, Date.now()), ...judgeInForce(instances, { policy, file: config.policyPath })];
}

/** A line for each running process: what it is, and when it last said so. */
export const processesOf = (instances: readonly Instance[], nowMs: number): readonly Check[] =>
  instances.map((one) => {
    const seen = Math.max(0, Math.round((nowMs - Date.parse(one.lastSeenAt)) / 1_000));
    const detail = `build ${one.version}, policy ${shortHash(one.policyHash)}, mode ${one.mode}, seen ${seen} s ago, up since ${one.startedAt}`;
    return { name: nameOf(one), status: 'ok', detail };
  });

/** `policy` is absent where the file here cannot be used, which another line says. */
export function judgeInForce(
  instances: readonly Instance[],
  { policy, file }: { readonly policy: Pick<Policy, 'hash' | 'mode'> | undefined; readonly file: string },
): readonly Check[] {
  const name = 'policy in force';
  if (!instances.some(({ kind }) => kind === 'worker')) {
    return [{ name, status: 'unknown', detail: 'no worker has reported lately which policy it follows' }];
  }
  const policies = policiesOf(instances);
  const refusals = refusalsOf(instances);
  const others = policy === undefined ? [] : otherThan(policy, file, instances);
  const versions = instances.filter((one) => one.version !== buildId());
  const troubles: readonly Check[] = [
    ...refusals.map((words) => missing(name, `the changed file is refused by the ${words}`, mendFile)),
    ...(policies.length > 1 ? [missing(name, `${policies.length} are: ${policies.join('; ')}`, oneFile)] : []),
    ...(others.length > 0 ? [missing(name, others.join('; '), sameFile)] : []),
  ];
  return [
    ...(troubles.length > 0 ? troubles : [{ name, status: 'ok', detail: policies.join('; ') } as const]),
    ...(versions.length === 0
      ? []
      : [{ ...missing('version', wordsOf(versions), oneVersion), optional: true } as const]),
  ];
}

const mendFile =
  'mend the file, and check it with `npx muster policy check FILE --online`; until then the policy from before stays in force';
const oneFile =
  'give every worker and gateway of the deployment the same policy file: each takes it over within seconds';
const sameFile =
  'a valid file is taken over within seconds; where it stays so, this shell and the process read different files: see MUSTER_POLICY, and whether an editor has replaced a file that a container mounts';
const oneVersion = 'run the same version everywhere';

const missing = (name: string, detail: string, fix: string): Check => ({ name, status: 'missing', detail, fix });

const wordsOf = (instances: readonly Instance[]): string =>
  `this is ${buildId()}; ${instances.map((one) => `the ${one.kind} on ${one.host} is ${one.version}`).join('; ')}`;
