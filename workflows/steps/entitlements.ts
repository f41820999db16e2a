import type { ActivityFailure } from '@temporalio/workflow';
import type { Because } from '../../domain/evidence.ts';
import type { ResolvedEntitlement } from '../../domain/model.ts';
import { datadog } from '../proxies.ts';
import { refuseToGoOn, throwUnlessFailed } from '../run/cancellation.ts';
import { missingPermissionOf, wordsOf } from '../run/failures.ts';
import type { Uses } from '../run/personRun.ts';
import { together } from '../run/waits.ts';
import type { Granted } from '../../domain/decision.ts';

/** An entitlement that was not assigned, since it must not be now. */
export interface Withheld {
  readonly entitlement: ResolvedEntitlement;
  readonly granted: Extract<Granted, { given: false }>;
}

/** Assigns what is not held; returns what was withheld at the last moment. */
export async function assignAll(
  run: Uses<'process' | 'blockers'>,
  accountId: string,
  entitlements: readonly ResolvedEntitlement[],
  because: Because,
): Promise<readonly Withheld[]> {
  const withheld: Withheld[] = [];
  // Roles first: a team may grant nothing to a person without a role.
  for (const kind of ['role', 'team'] as const) {
    await together(
      entitlements
        .filter((entitlement) => entitlement.kind === kind)
        .map(
          (entitlement) => () =>
            part(run, `assign ${kind} ${entitlement.name}`, kind, async (summary) => {
              const granted = await datadog.grant.executeWithOptions({ summary }, [accountId, entitlement, because]);
              if (!granted.given) withheld.push({ entitlement, granted });
              return granted.given;
            }),
        ),
    );
  }
  return withheld;
}

export async function removeAll(
  run: Uses<'process' | 'blockers'>,
  accountId: string,
  entitlements: readonly ResolvedEntitlement[],
  because: Because,
): Promise<void> {
  await together(
    entitlements.map(
      (entitlement) => () =>
        part(run, `remove ${entitlement.kind} ${entitlement.name}`, entitlement.kind, async (summary) => {
          await datadog.revoke.executeWithOptions({ summary }, [accountId, entitlement, because]);
          return true;
        }),
    ),
  );
}

/**
 * One part of a process, named in its activity's summary: its failure leaves the rest done. A process cannot do without
 * roles, but without teams it can.
 */
async function part(
  run: Uses<'process' | 'blockers'>,
  name: string,
  kind: 'role' | 'team',
  write: (summary: string) => Promise<boolean>,
): Promise<void> {
  const isDone = await attempted(run, name, () =>
    kind === 'team'
      ? optional(run, name, () => write(name))
      : run.blockers.allowed(() => write(name), { isPart: true }),
  );
  if (isDone === true) run.process.finishPart(name, 'done');
}

/** Undefined where it failed for good, which is a part's result. */
export async function attempted<T>(
  { process }: Uses<'process'>,
  what: string,
  call: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    throwUnlessFailed(error);
    process.finishPart(what, 'failed', { detail: wordsOf(error) });
    return undefined;
  }
}

/** What a process can do without: a key that may not do it leaves the part undone, and says which permission it takes. */
export async function optional<T>(
  { process }: Uses<'process'>,
  what: string,
  call: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    refuseToGoOn();
    const missing = missingPermissionOf(error);
    if (missing === undefined) throw error;
    process.finishPart(what, 'notDone', {
      detail: wordsOf(error as ActivityFailure),
      permission: missing.permission,
    });
    return undefined;
  }
}
