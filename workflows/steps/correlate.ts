import type { SeenAccount } from '../../domain/model.ts';
import { datadog } from '../proxies.ts';
import { becauseOf, type Uses } from '../run/personRun.ts';

/** The person's account, by what HR says of them by now. A conflict is shown, and waits for a person. */
export async function correlate(run: Uses<'process' | 'mailbox' | 'blockers'>): Promise<SeenAccount | undefined> {
  const leaving = run.process.type === 'offboarding' ? { isLeaving: true } : {};
  const { account } = await run.blockers.allowed(() => datadog.correlateAccount({ ...becauseOf(run), ...leaving }));
  return account;
}
