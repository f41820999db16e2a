import { employmentAfter, whyNotEnded } from '../../domain/endings.ts';
import { ranksOf } from '../../domain/facts/ranks.ts';
import type { OutcomeKind } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { RecordTransaction } from '../../inventory/port/inventory.ts';
import type { EndedEvent, IntakeRow, ProcessFinish } from '../../inventory/port/people.ts';
import type { Dependencies } from '../dependencies.ts';
import { watchLeaves } from '../sync/leaves.ts';
import { recordRefused, showRefused, type RefusedWrite } from './refusals.ts';
import { toldAt } from './word.ts';

type Said = Pick<ProcessFinish, 'personId' | 'events' | 'at'>;

/** Ends of events, as somebody says that a process has ended them: those that the record bears out, and the others. */
interface JudgedEnds {
  readonly events: readonly EndedEvent[];
  readonly refused: readonly RefusedWrite[];
}

/** How processes and events end. `at` is the process's time. */
export function createEndingActivities({
  inventory,
  policy,
  notify,
}: Pick<Dependencies, 'inventory' | 'policy' | 'notify'>) {
  /** A leave that ends without the access is a finding at once. */
  async function watchEnded(events: readonly EndedEvent[]): Promise<void> {
    const ended = await Promise.all(events.map(({ eventId }) => inventory.findEvent(eventId)));
    if (ended.some((row) => row?.event.kind === 'leaver')) await watchLeaves({ inventory, policy, notify });
  }

  /** Ends what the record bears out; the rest stays open, and that somebody wanted it ended is evident. */
  async function end(
    { personId, events, at }: Pick<ProcessFinish, 'personId' | 'events' | 'at'>,
    write: (trx: RecordTransaction, events: readonly EndedEvent[]) => Promise<readonly EndedEvent[]>,
    isOtherwise?: (row: IntakeRow) => string | undefined,
  ): Promise<void> {
    const refused = await inventory.inTransaction(async (trx) => {
      const judged = await judgeEnds(trx, policy(), { personId, events, at }, isOtherwise);
      await recordDropped(trx, personId, await write(trx, judged.events), at);
      for (const one of judged.refused) await recordRefused(trx, one);
      return judged.refused;
    });
    for (const one of refused) await showRefused(inventory, one);
    await watchEnded(events);
  }

  return {
    async finishProcess(said: ProcessFinish): Promise<void> {
      const finish = { ...said, at: toldAt(said.at) };
      await end(finish, async (trx, events) => {
        const carriedOut = await judgeCarriedOut(trx, finish);
        return trx.finishProcess({ ...finish, events, carriedOut }, ranksOf(policy()));
      });
    },

    /** Ends events that an operator has withdrawn, while the process of another one goes on. */
    async endEvents(personId: string, events: readonly EndedEvent[], saidAt: string): Promise<void> {
      const at = toldAt(saidAt);
      const withdrawn = events.map(({ eventId }): EndedEvent => ({
        eventId,
        outcome: { kind: 'cancelled', detail: 'withdrawn', parts: [] },
      }));
      await end({ personId, events: withdrawn, at }, (trx, ends) => trx.endEvents(personId, ends, at), whyNotWithdrawn);
    },
  };
}

const whyNotWithdrawn = ({ event: { eventId }, withdrawal }: IntakeRow): string | undefined =>
  withdrawal === undefined ? `nobody has withdrawn event ${eventId}` : undefined;

/** Judges them by what is on record of the person. What has no such event, or one that has ended, is left to the record itself. */
async function judgeEnds(
  trx: Pick<RecordTransaction, 'holdPerson' | 'eventsOf' | 'findPerson'>,
  { times }: Pick<Policy, 'times'>,
  { personId, events, at }: Said,
  isOtherwise: (row: IntakeRow) => string | undefined = () => undefined,
): Promise<JudgedEnds> {
  await trx.holdPerson(personId);
  const rows = await trx.eventsOf(personId);
  const { employment: last } = (await trx.findPerson(personId))?.lines ?? {};
  const others = [...rows.map(({ event }) => event), ...(last === undefined ? [] : [last])];
  const judged = events.map((ended) => {
    const row = rows.find(({ event, outcome }) => event.eventId === ended.eventId && outcome === undefined);
    const why =
      row && (isOtherwise(row) ?? whyNotEnded(row.event, ended.outcome.kind, { others, times, nowMs: Date.parse(at) }));
    return { ended, why };
  });
  return {
    events: judged.flatMap(({ ended, why }) => (why === undefined ? [ended] : [])),
    refused: judged.flatMap(({ ended: { eventId }, why }) => {
      const asked = { step: 'end', action: 'end event', isExplained: false, at };
      return why === undefined ? [] : [{ because: { personId, eventId }, ...asked, why }];
    }),
  };
}

/** What was carried out, with an employment that it can have led to. */
async function judgeCarriedOut(
  trx: Pick<RecordTransaction, 'findEvent' | 'findPerson'>,
  { personId, carriedOut }: Pick<ProcessFinish, 'personId' | 'carriedOut'>,
): Promise<ProcessFinish['carriedOut']> {
  if (carriedOut === undefined) return undefined;
  const { eventId, employment: said } = carriedOut;
  const row = await trx.findEvent(eventId);
  if (row === undefined) return undefined;
  const before = (await trx.findPerson(personId))?.employment ?? 'unknown';
  return { eventId, employment: employmentAfter(row.event, before, said) };
}

/** What superseded what, and who withdrew what: an event that is never carried out is not dropped silently. */
async function recordDropped(
  trx: RecordTransaction,
  personId: string,
  events: readonly EndedEvent[],
  at: string,
): Promise<void> {
  for (const { eventId, outcome } of events) {
    const { kind, detail = kind } = outcome;
    if (!droppedKinds.includes(kind)) continue;
    await trx.appendEvidence({
      personId,
      eventId,
      step: 'drop',
      at,
      actor: 'muster',
      action: 'drop event',
      reason: detail,
      before: { outcome: null },
      after: { outcome: kind },
    });
  }
}

/** How events end that were not carried out, or not to their end. */
const droppedKinds: readonly OutcomeKind[] = ['superseded', 'stale', 'outranked', 'cancelled'];
