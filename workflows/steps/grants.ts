import type { ActivityFailure } from '@temporalio/workflow';
import { refuseToGoOn, throwUnlessFailed } from '../run/cancellation.ts';
import type { Granted, HrEvent, ResolvedEntitlement } from '../../domain/model.ts';
import { missingPermissionOf, wordsOf, type PersonRun } from '../run/personRun.ts';
import { datadog } from '../proxies.ts';
import type { Because } from '../../domain/evidence.ts';

export function becauseOf(run: PersonRun, event: HrEvent, reason: string = event.kind): Because {
  return { personId: run.personId, eventId: event.eventId, reason, actor: event.source };
}

/** An entitlement that was not assigned, since it must not be now. */
export interface Withheld {
  readonly entitlement: ResolvedEntitlement;
  readonly granted: Extract<Granted, { given: false }>;
}

/** Assigns what is not held; answers what was withheld at the last moment. */
export async function grantAll(
  run: PersonRun,
  accountId: string,
  entitlements: readonly ResolvedEntitlement[],
  because: Because,
): Promise<readonly Withheld[]> {
  const withheld: Withheld[] = [];
  // Roles first: a team may give nothing to somebody without a role.
  for (const kind of ['role', 'team'] as const) {
    await Promise.all(
      entitlements
        .filter((entitlement) => entitlement.kind === kind)
        .map((entitlement) =>
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

export async function revokeAll(
  run: PersonRun,
  event: HrEvent,
  accountId: string,
  entitlements: readonly ResolvedEntitlement[],
): Promise<void> {
  await Promise.all(
    entitlements.map((entitlement) =>
      part(run, `remove ${entitlement.kind} ${entitlement.name}`, entitlement.kind, async (summary) => {
        await datadog.revoke.executeWithOptions({ summary }, [accountId, entitlement, becauseOf(run, event)]);
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
  run: PersonRun,
  name: string,
  kind: 'role' | 'team',
  write: (summary: string) => Promise<boolean>,
): Promise<void> {
  try {
    const isDone =
      kind === 'team' ? await optional(run, name, () => write(name)) : await run.allowed(() => write(name));
    if (isDone === true) run.finishPart(name, 'done');
  } catch (error) {
    throwUnlessFailed(error);
    run.finishPart(name, 'failed', wordsOf(error));
  }
}

/** What a process can do without: a key that may not do it leaves the part undone, and says which permission it takes. */
export async function optional<T>(run: PersonRun, what: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    refuseToGoOn();
    const missing = missingPermissionOf(error);
    if (missing === undefined) throw error;
    run.finishPart(what, 'notDone', wordsOf(error as ActivityFailure), {
      permission: missing.permission,
    });
    return undefined;
  }
}
