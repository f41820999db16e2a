import { workflowInfo } from '@temporalio/workflow';
import type { MailboxEvent, Outcome } from '../../domain/model.ts';
import { hr, records } from '../proxies.ts';
import { throwUnlessFailed } from './cancellation.ts';
import { wordsOf } from './failures.ts';
import type { Uses } from './personRun.ts';
import { isoOf } from './process.ts';
import { waitFor } from './waits.ts';

/** Reads the person's mailbox at the start, and whenever somebody says that something came. */
export async function followRecord(run: Uses<'process' | 'mailbox'>): Promise<never> {
  const { process, mailbox } = run;
  const { runId } = workflowInfo();
  for (;;) {
    await waitFor(() => mailbox.isToBeRead);
    mailbox.beginReading();
    const found = await records.readMailbox(process.personId, { id: runId, at: isoOf(Date.now()) });
    for (const event of mailbox.read(found)) void fetchRecord(run, event);
    await recordWithdrawn(run);
    mailbox.endReading();
    process.show();
  }
}

/**
 * Asks HR for the record of an event that says an id only. It goes on aside of the mailbox, which bears what comes in any
 * order: a leaver that says all itself waits for no API, and nobody waits for this activity's end.
 */
async function fetchRecord({ process, mailbox }: Uses<'process' | 'mailbox'>, event: MailboxEvent): Promise<void> {
  process.note(`asks HR for the record of ${event.eventId}`);
  let failure: Outcome | undefined;
  try {
    await hr.fetchBack(process.personId, event.eventId);
  } catch (error) {
    throwUnlessFailed(error);
    failure = { kind: 'failed', detail: wordsOf(error), parts: [] };
  }
  mailbox.endFetch(event, failure);
  process.show();
}

/** On record at once, since the process that goes on may wait for weeks. */
async function recordWithdrawn({ process, mailbox }: Uses<'process' | 'mailbox'>): Promise<void> {
  const withdrawn = mailbox.ended.filter(({ event }) => event.isWithdrawn);
  if (withdrawn.length === 0) return;
  const events = withdrawn.map(({ event: { eventId }, outcome }) => ({ eventId, outcome }));
  await records.endEvents(process.personId, events, isoOf(Date.now()));
}
