import type { HrEvent, Outcome } from '../../domain/model.ts';
import { isoOf, type PersonRun } from './personRun.ts';
import { records } from '../proxies.ts';

/**
 * Takes out of the mailbox what an operator has withdrawn: it is never applied. On record at once, since the process that
 * goes on may wait for weeks.
 */
export async function withdrawCancelled(run: PersonRun): Promise<void> {
  const asked = run.cancellations;
  run.cancellations = [];
  const withdrawn: { event: HrEvent; outcome: Outcome }[] = [];
  for (const { eventId, actor, reason } of asked) {
    const event = run.waiting.find((one) => one.eventId === eventId);
    if (event === undefined) {
      const why = run.event?.eventId === eventId ? 'its process is running' : 'no event with this id waits';
      run.refuse(`cancel ${eventId}`, why);
      continue;
    }
    run.waiting = run.waiting.filter((one) => one !== event);
    if (run.scheduled === event) run.scheduled = undefined;
    const detail = `withdrawn by ${actor}${reason === undefined ? '' : `: ${reason}`}`;
    withdrawn.push({ event, outcome: { kind: 'cancelled', detail, parts: [] } });
    run.note(`${event.kind} ${eventId} ${detail}`);
  }
  if (withdrawn.length === 0) return;
  // Known from now on, so that the same event again does not count.
  run.ended = [...run.ended, ...withdrawn];
  const events = withdrawn.map(({ event: { eventId }, outcome }) => ({ eventId, outcome }));
  await records.endEvents(run.personId, events, isoOf(Date.now()));
}
