import { ranksOf } from '../../domain/facts/ranks.ts';
import type { Because } from '../../domain/evidence.ts';
import type { OutcomeKind, ProcessTimes } from '../../domain/model.ts';
import type { Activation } from '../../domain/policy/rules.ts';
import type { RecordTransaction } from '../../inventory/port/inventory.ts';
import type { Notice } from '../notify/index.ts';
import { forProcess, guardPrivileged, requestForChange, requestInForce, viewOfRequest } from '../../policy/requests.ts';
import type { Dependencies } from '../dependencies.ts';
import type { EndedEvent, PersonMailbox, ProcessFinish, Progress } from '../../inventory/port/people.ts';
import type { AccountChange, DesiredAccess, RequestView } from '../../domain/decision.ts';
import { watchLeaves } from '../sync/leaves.ts';
import { tell } from './tell.ts';
import { requiredWord } from './word.ts';

/** A person's mailbox, and what the policy says of the way in which a process goes. */
export interface OpenMailbox extends PersonMailbox {
  readonly terms: Terms;
}

interface Terms {
  readonly times: ProcessTimes;
  readonly activation: Activation;
  readonly mode: 'observe' | 'enforce';
}

type WhoseEvent = Pick<Because, 'personId' | 'eventId'>;

/** What a process asks of the record and the policy: short, local activities. `at` is the process's time. */
export function createRecordActivities({
  inventory,
  policy,
  notify,
}: Pick<Dependencies, 'inventory' | 'policy' | 'notify'>) {
  /** A leave that ends without the access is a finding at once. */
  async function watchEnded(events: readonly EndedEvent[]): Promise<void> {
    const ended = await Promise.all(events.map(({ eventId }) => inventory.findEvent(eventId)));
    if (ended.some((row) => row?.event.kind === 'leaver')) await watchLeaves({ inventory, policy, notify });
  }

  return {
    async readMailbox(personId: string, run: { readonly id: string; readonly at: string }): Promise<OpenMailbox> {
      const mailbox = await inventory.readMailbox(personId, run, ranksOf(policy()));
      const { times, activation, mode } = policy();
      return { ...mailbox, terms: { times, activation, mode } };
    },

    /** The same access with each privileged role behind an approval. An earlier request is repeated under another id. */
    async askForPrivileged(
      whose: WhoseEvent,
      desired: DesiredAccess,
      privileged: readonly string[],
      at: string,
    ): Promise<DesiredAccess> {
      const word = await requiredWord({ inventory, policy }, whose, at);
      const { personId } = whose;
      const requests = desired.requests.map((request) => requestInForce(policy(), personId, request, word));
      return forProcess(
        guardPrivileged(policy(), personId, { ...desired, requests }, { privileged, manager: word.manager }),
      );
    },

    /** The request for a change of the account itself that needs an approval. */
    async requestForChange(whose: WhoseEvent, about: AccountChange, at: string): Promise<RequestView> {
      const word = await requiredWord({ inventory, policy }, whose, at);
      return viewOfRequest(requestForChange(policy(), whose.personId, about, word));
    },

    async recordProgress(progress: Progress): Promise<void> {
      await inventory.recordProgress(progress);
    },

    async finishProcess(finish: ProcessFinish): Promise<void> {
      const { personId, at } = finish;
      await inventory.inTransaction(async (trx) => {
        await recordDropped(trx, personId, await trx.finishProcess(finish, ranksOf(policy())), at);
      });
      await watchEnded(finish.events);
    },

    /** Ends events that have no process of their own, while another one's goes on. */
    async endEvents(personId: string, events: readonly EndedEvent[], at: string): Promise<void> {
      await inventory.inTransaction(async (trx) => {
        await recordDropped(trx, personId, await trx.endEvents(personId, events, at), at);
      });
      await watchEnded(events);
    },

    /** To the person's manager, where there is one. */
    async notify(notice: Omit<Notice, 'to'>): Promise<void> {
      await tell({ inventory, policy, notify }, notice);
    },
  };
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
