import type { SeenAccount } from '../../domain/model.ts';
import { datadog } from '../proxies.ts';
import { becauseOf, type Uses } from '../run/personRun.ts';

/** The person's account, by what HR says of them by now. A conflict is shown, and waits for a person. */
export async function correlate(run: Uses<'process' | 'mailbox' | 'blockers'>): Promise<SeenAccount | undefined> {
  return read(run, run.process.type === 'offboarding' ? { isLeaving: true } : {});
}

/** The account that was found before, as it is now; undefined where it is gone. */
export const readAgain = (run: Uses<'process' | 'mailbox' | 'blockers'>): Promise<SeenAccount | undefined> =>
  read(run, { isBound: true });

async function read(
  run: Uses<'process' | 'mailbox' | 'blockers'>,
  how: { readonly isLeaving?: boolean; readonly isBound?: boolean },
): Promise<SeenAccount | undefined> {
  const { account } = await run.blockers.allowed(() => datadog.correlateAccount({ ...becauseOf(run), ...how }));
  return account;
}
