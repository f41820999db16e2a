import { throwUnlessFailed } from './cancellation.ts';
import type { HrEvent } from '../../domain/model.ts';
import { cancelled, wordsOf, type PersonRun } from './personRun.ts';
import { hr } from '../proxies.ts';

/**
 * Events that say an id only. HR is asked aside of the mailbox: to that it is as if they came later, which it bears in any
 * order, and a leaver that says all itself waits for no API.
 */
export function fetchTheRest(
  run: PersonRun,
  arrived: readonly HrEvent[],
  known: readonly string[],
): readonly HrEvent[] {
  const whole = arrived.filter(({ fetchId }) => fetchId === undefined);
  const seen = new Set([...known, ...[...whole, ...run.waiting, ...run.fetching].map(({ eventId }) => eventId)]);
  for (const event of arrived) {
    if (event.fetchId === undefined || seen.has(event.eventId)) continue;
    seen.add(event.eventId);
    run.fetching = [...run.fetching, event];
    void fetchOne(run, event);
  }
  return whole;
}

async function fetchOne(run: PersonRun, event: HrEvent): Promise<void> {
  run.note(`asks HR for the record of ${event.eventId}`);
  let found: readonly HrEvent[] = [];
  let failure: string | undefined;
  try {
    found = await hr.fetchBack(event);
  } catch (error) {
    throwUnlessFailed(error);
    failure = wordsOf(error);
  }
  if (!run.fetching.includes(event)) return;
  run.fetching = run.fetching.filter((one) => one !== event);
  if (failure === undefined) run.incoming = [...run.incoming, ...found];
  else run.ended.push({ event, outcome: { kind: 'failed', detail: failure, parts: [] } });
  run.show();
}

/** Who cancels by hand waits for HR no longer. */
export function endFetching(run: PersonRun): undefined {
  for (const event of run.fetching) run.ended.push({ event, outcome: cancelled });
  run.fetching = [];
}
