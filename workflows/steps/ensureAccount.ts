import { heldEntitlements, type ResolvedAccess } from '../../domain/access/plan.ts';
import type { Because } from '../../domain/evidence.ts';
import type { ResolvedEntitlement, SeenAccount } from '../../domain/model.ts';
import { datadog, records } from '../proxies.ts';
import { becauseOf, type PersonRun, type Uses } from '../run/personRun.ts';
import { onceApproved } from './onceApproved.ts';
import { alignAccount, followNews, type Assignment } from './assignment.ts';
import { removeAll } from './entitlements.ts';

/** Why an account stays disabled. */
interface NotEnabled {
  readonly why: string;
}

/** An account that can be assigned something: created, enabled again, or the one that is there, as HR names it. */
export async function ensureAccount(
  run: PersonRun,
  access: ResolvedAccess,
  found: SeenAccount | undefined,
): Promise<Assignment | NotEnabled> {
  if (found !== undefined) return takeAccount(run, access, found);
  const { isFound, ...account } = await run.blockers.allowed(() => datadog.createAccount(becauseOf(run)));
  run.process.useAccount(account);
  return isFound ? takeAccount(run, access, account) : { access, account };
}

async function takeAccount(
  run: PersonRun,
  access: ResolvedAccess,
  found: SeenAccount,
): Promise<Assignment | NotEnabled> {
  const { mailbox } = run;
  if (found.status !== 'disabled') return { access, ...(await alignAccount(run, found)) };
  const hasNews = mailbox.watchNews();
  const enabled = await enableAccount(run, found);
  if ('why' in enabled) return enabled;
  const assignment = { access, ...(await alignAccount(run, enabled)) };
  return hasNews() ? followNews(run, assignment) : assignment;
}

/**
 * An account that Muster disabled when the person last left is enabled again; one that somebody else disabled, for a
 * reason that Muster does not know, only once somebody has approved it. Its roles would come back with it: they go first.
 */
async function enableAccount(run: PersonRun, found: SeenAccount): Promise<SeenAccount | NotEnabled> {
  const { process } = run;
  const { before } = await records.readAccessBefore(process.personId);
  if (before?.accountId === found.id) return emptyAndEnable(run, found, becauseOf(run));
  const about = { change: 'enable', accountId: found.id } as const;
  const end = await onceApproved(run, { about, takesNews: true }, (because) => emptyAndEnable(run, found, because));
  return end.done ? end.value : { why: `somebody else has disabled account ${found.id}, and ${end.why}` };
}

async function emptyAndEnable(run: PersonRun, found: SeenAccount, because: Because): Promise<SeenAccount | NotEnabled> {
  const held = await heldBy(run, found);
  if (held.length > 0) {
    await removeAll(run, found.id, held, becauseOf(run));
    const left = await heldBy(run, found);
    if (left.length > 0) {
      const names = left.map(({ kind, name }) => `${kind} ${name}`).join(', ');
      return { why: `${names} could not be removed from account ${found.id}, and would come back with it` };
    }
  }
  return run.blockers.allowed(() => datadog.enableAccount(found.id, because));
}

async function heldBy(
  run: Uses<'process' | 'mailbox' | 'blockers'>,
  { id }: SeenAccount,
): Promise<readonly ResolvedEntitlement[]> {
  const holdings = await run.blockers.allowed(() => datadog.readHoldings(becauseOf(run), id));
  return holdings === undefined ? [] : heldEntitlements(holdings.access);
}
