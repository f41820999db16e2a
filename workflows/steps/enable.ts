import type { Account, HrEvent } from '../../domain/model.ts';
import { heldEntitlements } from '../../domain/access/plan.ts';
import { onceAllowed } from './onceAllowed.ts';
import type { PersonRun } from '../run/personRun.ts';
import { datadog, records } from '../proxies.ts';
import { becauseOf, revokeAll } from './grants.ts';
import type { Because } from '../../domain/evidence.ts';

export type Enabled =
  | { readonly account: Account }
  /** Why it stays disabled. */
  | { readonly why: string };

/**
 * An account that Muster disabled when the person last left is enabled again; one that somebody else disabled, for a
 * reason that Muster does not know, only once somebody has allowed it. Its roles would come back with it: they go first.
 */
export async function enable(run: PersonRun, found: Account, current: () => HrEvent): Promise<Enabled> {
  if (await isOurs(run, found)) return emptyAndEnable(becauseOf(run, current()));
  const act = `enable account ${found.id}, which somebody else has disabled`;
  const end = await onceAllowed(run, { act, takesNews: true }, (because) => emptyAndEnable(because(current())));
  return end.done ? end.value : { why: `somebody else has disabled account ${found.id}, and ${end.why}` };

  async function emptyAndEnable(because: Because): Promise<Enabled> {
    const held = await heldBy(run, found);
    if (held.length > 0) {
      await revokeAll(run, current(), found.id, held);
      const left = await heldBy(run, found);
      if (left.length > 0) {
        const names = left.map(({ kind, name }) => `${kind} ${name}`).join(', ');
        return { why: `${names} could not be removed from account ${found.id}, and would come back with it` };
      }
    }
    return { account: await run.allowed(() => datadog.enableAccount(found.id, because)) };
  }
}

async function heldBy(run: PersonRun, { id }: Account) {
  const holdings = await run.allowed(() => datadog.readHoldings(run.personId, id));
  return holdings === undefined ? [] : heldEntitlements(holdings.access);
}

async function isOurs(run: PersonRun, { id }: Account): Promise<boolean> {
  const { before } = await records.readAccessBefore(run.personId);
  return before?.accountId === id;
}
