import { minuteMs } from './durations.ts';
import type { Policy } from './policy/rules.ts';

/** What the running processes of one deployment say of themselves in the record, and where they disagree. */

/** One running worker or gateway, as it has last reported. Times are ISO 8601. */
export interface Instance {
  /** Random: another start is another instance. */
  readonly id: string;
  readonly kind: 'worker' | 'gateway';
  /** The machine or container that it runs on. */
  readonly host: string;
  /** Its build, such as `0.1.0+0123456789ab`. */
  readonly version: string;
  readonly startedAt: string;
  readonly lastSeenAt: string;
  /** The policy that it has in force, its mode, and since when. */
  readonly policyHash: string;
  readonly mode: Policy['mode'];
  readonly policySince: string;
  /** Why it does not take over its policy file as that is now. */
  readonly refusal?: string;
}

/** Four reports, and a clock that differs a little. */
const aliveWithinMs = minuteMs + 15_000;

/** Those that have reported lately. */
export const aliveSince = (nowMs: number): string => new Date(nowMs - aliveWithinMs).toISOString();

/** The policy that the running processes follow, beside a file. */
export interface PolicyInForce {
  readonly hash: string;
  /** `enforce` where any of the workers has that: it writes. */
  readonly mode: Policy['mode'];
  /** Whether every running process has the policy of the file. */
  readonly same: boolean;
}

/** Undefined where no worker has reported lately. */
export function policyInForce(
  { hash }: Pick<Policy, 'hash'>,
  instances: readonly Instance[],
): PolicyInForce | undefined {
  const workers = instances.filter(({ kind }) => kind === 'worker');
  const [first] = [...workers.filter(({ mode }) => mode === 'enforce'), ...workers];
  if (first === undefined) return undefined;
  const same = instances.every(({ policyHash }) => policyHash === hash);
  return { hash: first.policyHash, mode: first.mode, same };
}

/** Such as `worker on host-1`. */
export const nameOf = ({ kind, host }: Pick<Instance, 'kind' | 'host'>): string => `${kind} on ${host}`;

/** Enough of a hash to tell two policies apart. */
export const shortHash = (hash: string): string => hash.slice(0, 12);

const policyOf = ({ policyHash, mode }: Pick<Instance, 'policyHash' | 'mode'>): string =>
  `${shortHash(policyHash)}, mode ${mode}`;

/** The running processes that have another policy in force than a file's, in words; none where all have that one. */
export function otherThan(
  { hash, mode }: Pick<Policy, 'hash' | 'mode'>,
  file: string,
  instances: readonly Instance[],
): readonly string[] {
  const here = policyOf({ policyHash: hash, mode });
  return instances
    .filter(({ policyHash }) => policyHash !== hash)
    .map((one) => `the ${nameOf(one)} has the policy ${policyOf(one)} in force, and ${file} is ${here}`);
}

/** Which policies are in force, and where, such as `0123456789ab, mode enforce: worker on host-1`. One line where all agree. */
export const policiesOf = (instances: readonly Instance[]): readonly string[] =>
  [...Map.groupBy(instances, policyOf)]
    .map(([policy, group]) => `${policy}: ${[...new Set(group.map(nameOf))].toSorted().join(', ')}`)
    .toSorted();

/** Refused files in words, each once with who refuses it. */
export const refusalsOf = (instances: readonly Instance[]): readonly string[] =>
  [...Map.groupBy(instances, ({ refusal }) => refusal)].flatMap(([refusal, group]) =>
    refusal === undefined ? [] : [`${[...new Set(group.map(nameOf))].toSorted().join(', ')}: ${refusal}`],
  );
