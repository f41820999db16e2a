import { heldEntitlements, type ResolvedAccess } from '../../domain/access/plan.ts';
import type { Because } from '../../domain/evidence.ts';
import type { Account, ResolvedEntitlement } from '../../domain/model.ts';
import { datadog, records } from '../proxies.ts';
import type { PersonRun, Uses } from '../run/personRun.ts';
import { onceApproved } from './onceApproved.ts';
import { alignAccount, followNews, type Assignment } from './assignment.ts';
import { becauseOf, removeAll } from './entitlements.ts';
import { attributesOf } from './wantedAccess.ts';

/** Why an account stays disabled. */
interface NotEnabled {
  readonly why: string;
}

/** An account that can be assigned something: created, enabled again, or the one that is there, as HR names it. */
export async function ensureAccount(
  run: PersonRun,
  access: ResolvedAccess,
  found: Account | undefined,
): Promise<Assignment | NotEnabled> {
  const { process, mailbox, blockers } = run;
  if (found === undefined) {
    const because = becauseOf(mailbox.event);
    const account = await blockers.allowed(() => datadog.createAccount(attributesOf(run), because));
    process.useAccount(account);
    return { access, account };
  }
  if (found.status !== 'disabled') return { access, ...(await alignAccount(run, found)) };
  const before = mailbox.attributes;
  const enabled = await enableAccount(run, found);
  if ('why' in enabled) return enabled;
  const assignment = { access, ...(await alignAccount(run, enabled)) };
  return mailbox.attributes === before ? assignment : followNews(run, assignment);
}

/**
 * An account that Muster disabled when the person last left is enabled again; one that somebody else disabled, for a
 * reason that Muster does not know, only once somebody has approved it. Its roles would come back with it: they go first.
 */
async function enableAccount(run: PersonRun, found: Account): Promise<Account | NotEnabled> {
  const { process, mailbox } = run;
  const { before } = await records.readAccessBefore(process.personId);
  if (before?.accountId === found.id) return emptyAndEnable(run, found, becauseOf(mailbox.event));
  const act = `enable account ${found.id}, which somebody else has disabled`;
  const end = await onceApproved(run, { act, takesNews: true }, (because) => emptyAndEnable(run, found, because));
  return end.done ? end.value : { why: `somebody else has disabled account ${found.id}, and ${end.why}` };
}

async function emptyAndEnable(run: PersonRun, found: Account, because: Because): Promise<Account | NotEnabled> {
  const held = await heldBy(run, found);
  if (held.length > 0) {
    await removeAll(run, found.id, held, becauseOf(run.mailbox.event));
    const left = await heldBy(run, found);
    if (left.length > 0) {
      const names = left.map(({ kind, name }) => `${kind} ${name}`).join(', ');
      return { why: `${names} could not be removed from account ${found.id}, and would come back with it` };
    }
  }
  return run.blockers.allowed(() => datadog.enableAccount(found.id, because));
}

async function heldBy(
  { process, blockers }: Uses<'process' | 'blockers'>,
  { id }: Account,
): Promise<readonly ResolvedEntitlement[]> {
  const holdings = await blockers.allowed(() => datadog.readHoldings(process.personId, id));
  return holdings === undefined ? [] : heldEntitlements(holdings.access);
}
