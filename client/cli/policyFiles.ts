import { readFile, writeFile } from 'node:fs/promises';
import type { PolicyInForce } from '../../domain/instances.ts';
import { policyNames } from '../../domain/pins.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { withDatadogHere } from './datadog.ts';
import { codeOf } from './failures.ts';
import { readConfigWith, readShellConfig, withInventoryIfAny } from './open.ts';
import { renderOnline, type OnlineCheck } from './policyOnline.ts';
import type { Shell } from './shell.ts';
import { UsageError } from '../../domain/errors.ts';

interface PolicyCheck {
  readonly ok: boolean;
  readonly hash?: string;
  readonly mode?: Policy['mode'];
  readonly rules?: number;
  /** What the running processes follow. */
  readonly policyInForce?: PolicyInForce;
  readonly problems?: readonly string[];
  /** What the file leaves to an order that nobody chose. */
  readonly warnings?: readonly string[];
  /** Present with `--online`, once the file itself is sound. */
  readonly online?: OnlineCheck;
}

interface FirstPolicy {
  readonly path: string;
  /** As the user typed it. */
  readonly named: string;
  readonly domains: readonly string[];
  readonly defaultTimeZone: string;
}

/**
 * The example, with what a site wants said: it observes, names the domains, and what needs approvers is
 * commented out, since those of the example exist nowhere. A policy is never overwritten.
 */
export async function writeFirstPolicy(
  shell: Shell,
  { path, named, domains, defaultTimeZone }: FirstPolicy,
): Promise<{ readonly lacksApprovers: boolean; readonly unknownNames: readonly string[] }> {
  const { examplePolicyPath } = await import('../../config/config.ts');
  const text = await readFile(examplePolicyPath, 'utf8');
  const example = text.replace(/^(defaultTimeZone:) UTC$/m, (_, field: string) => `${field} ${defaultTimeZone}`);
  const isForSite = domains.length > 0 || Boolean(shell.env['DD_SITE']);
  const content = isForSite
    ? example
        .replace(/^# (mode: observe)$/m, '$1')
        .replace(/^( +allowedDomains:) \[\]$/m, (_, field: string) => `${field} [${domains.join(', ')}]`)
        .replaceAll(/^ {2}(?:- name: sre|default:)\n(?: {4}.*\n)+/gm, commentOut)
        .replaceAll(/[\w-]+@example\.com/g, `somebody@${domains[0] ?? 'your-domain'}`)
    : example;
  try {
    await writeFile(path, content, { flag: 'wx' });
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') throw new UsageError(`${named} is there already: name another file, or remove it first`);
    throw new UsageError(`${named} cannot be written (${code}): name a file in a folder that you may write to`);
  }
  return { lacksApprovers: isForSite, unknownNames: await unknownApprovers(shell, content) };
}

/** E-mails that the policy names approvers by, and that no known person has. */
async function unknownApprovers(shell: Shell, text: string): Promise<readonly string[]> {
  const [{ parsePolicy }, { readNamings }] = await Promise.all([
    import('../../policy/file.ts'),
    import('../../auth/pins.ts'),
  ]);
  // What a site still wants said does not matter here.
  const policy = parsePolicy(text, 'policy', { datadogIsSimulator: true });
  const names = policyNames(policy).filter(({ use }) => use === 'approver');
  if (names.length === 0) return [];
  const config = await readShellConfig(shell);
  const namings = await withInventoryIfAny(config, (inventory) => readNamings(inventory, names));
  return namings.flatMap(({ name, naming }) => (naming.kind === 'nobody' ? [name] : []));
}

/** Lines of a block that is indented by two. */
const commentOut = (block: string): string => block.replaceAll(/^ {2}/gm, '  # ');

export async function checkPolicy(
  shell: Shell,
  { path, named, isOnline }: { readonly path: string; readonly named: string; readonly isOnline: boolean },
): Promise<PolicyCheck> {
  const { loadPolicy, PolicyError } = await import('../../policy/file.ts');
  let policy: Policy;
  try {
    policy = await loadPolicy(path, { datadogIsSimulator: !shell.env['DD_SITE'] });
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return { ok: false, problems: error.problems };
  }
  const { compareInForceIfAny } = await import('./inForce.ts');
  const readConfig = () => readConfigWith(shell, path);
  const sound = {
    hash: policy.hash,
    mode: policy.mode,
    rules: policy.rules.length,
    warnings: unrankedSources(policy),
    policyInForce: await compareInForceIfAny(shell, readConfig, { file: named, policy, level: 'note' }),
  };
  if (!isOnline) return { ok: true, ...sound };
  const { checkOnline } = await import('./policyOnline.ts');
  const config = await readConfig();
  const online = await withInventoryIfAny(config, (inventory) =>
    withDatadogHere(config, (client) => checkOnline(client, policy, inventory)),
  );
  return { ok: online.problems.length === 0, ...sound, problems: online.problems, online };
}

/** Several sources, and no word on which of them counts. */
function unrankedSources({ identity, sources, roster }: Policy): readonly string[] {
  const watched = roster.folder === undefined ? [] : [roster.source];
  const names = [...new Set([...sources.map(({ name }) => name), ...watched])];
  if (identity.authority !== undefined || names.length < 2) return [];
  const order = names.join(', ');
  return [
    `identity.authority is missing: the sources rank as they are listed (${order}), so write [${order}] or another order`,
  ];
}

export function renderCheck(shell: Shell, file: string, { ok, mode, rules, online }: PolicyCheck): string {
  if (online !== undefined) {
    const verdict = ok ? `${file} fits what is in Datadog.` : `${file} does not fit what is in Datadog.`;
    return `${renderOnline(shell, online)}\n\n${verdict}`;
  }
  return ok ? `${file} is sound: ${rules} rules, mode ${mode}.` : `${file} cannot be used.`;
}
