import type { Account } from '../../domain/model.ts';
import { datadog } from '../proxies.ts';
import type { Uses } from '../run/personRun.ts';

/** The person's account, by what HR says of them by now. A conflict is shown, and waits for a person. */
export async function correlate({
  process: { personId, type },
  mailbox,
  blockers,
}: Uses<'process' | 'mailbox' | 'blockers'>): Promise<Account | undefined> {
  const isLeaving = type === 'offboarding' ? (true as const) : undefined;
  const person = { personId, email: mailbox.attributes?.email, isLeaving };
  return (await blockers.allowed(() => datadog.correlateAccount(person))).account;
}
