import type { HrEvent, Outcome } from '../../domain/model.ts';
import { hr, records } from '../proxies.ts';
import { throwUnlessFailed } from './cancellation.ts';
import { wordsOf } from './failures.ts';
import type { Uses } from './personRun.ts';
import { isoOf } from './process.ts';
import { waitFor } from './waits.ts';

/** Looks up what arrives, so that a repeated event never counts twice, however long ago it was applied. */
export async function admitArrivals(run: Uses<'process' | 'mailbox'>): Promise<never> {
  const { process, mailbox } = run;
  for (;;) {
    await waitFor(() => mailbox.incoming.length > 0);
    const arrived = mailbox.beginAdmission();
    const admission = await records.admitEvents(process.personId, arrived);
    for (const event of mailbox.admit(arrived, admission)) void fetchRecord(run, event);
    while (mailbox.incoming.length === 0 && mailbox.withdrawals.length > 0) await withdraw(run);
    mailbox.endAdmission();
    process.show();
  }
}

/**
 * Asks HR for the record of an event that says an id only. It goes on aside of the mailbox, which bears what comes in any
 * order: a leaver that says all itself waits for no API, and nobody waits for this activity's end.
 */
async function fetchRecord({ process, mailbox }: Uses<'process' | 'mailbox'>, event: HrEvent): Promise<void> {
  process.note(`asks HR for the record of ${event.eventId}`);
  let found: readonly HrEvent[] | Outcome;
  try {
    found = await hr.fetchBack(event);
  } catch (error) {
    throwUnlessFailed(error);
    found = { kind: 'failed', detail: wordsOf(error), parts: [] };
  }
  mailbox.endFetch(event, found);
  process.show();
}

/** On record at once, since the process that goes on may wait for weeks. */
export async function withdraw({ process, mailbox }: Uses<'process' | 'mailbox'>): Promise<void> {
  const withdrawn = mailbox.takeWithdrawn();
  if (withdrawn.length === 0) return;
  const events = withdrawn.map(({ event: { eventId }, outcome }) => ({ eventId, outcome }));
  await records.endEvents(process.personId, events, isoOf(Date.now()));
}
