import type { Account } from '../../domain/model.ts';
import type { PersonRun } from '../run/personRun.ts';
import { datadog } from '../proxies.ts';

/** The person's account, by what HR says of them by now. A conflict is shown, and waits for a person. */
export async function correlate(run: PersonRun): Promise<Account | undefined> {
  const { personId, type, attributes } = run;
  const person = {
    personId,
    ...(attributes === undefined ? {} : { email: attributes.email }),
    ...(type === 'offboarding' ? ({ isLeaving: true } as const) : {}),
  };
  return (await run.allowed(() => datadog.correlateAccount(person))).account;
}
