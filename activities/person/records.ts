import { ranksOf } from '../../domain/facts/ranks.ts';
import type { Because } from '../../domain/evidence.ts';
import type { ProcessTimes } from '../../domain/model.ts';
import type { Activation } from '../../domain/policy/rules.ts';
import type { Notice } from '../notify/index.ts';
import { forProcess, guardPrivileged, requestForChange, requestInForce, viewOfRequest } from '../../policy/requests.ts';
import type { Dependencies } from '../dependencies.ts';
import type { PersonMailbox, Progress } from '../../inventory/port/people.ts';
import type { AccountChange, DesiredAccess, RequestView } from '../../domain/decision.ts';
import { tell } from './tell.ts';
import { requiredWord, toldAt } from './word.ts';

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
  return {
    async readMailbox(personId: string, run: { readonly id: string; readonly at: string }): Promise<OpenMailbox> {
      const at = toldAt(run.at);
      const mailbox = await inventory.readMailbox(personId, { id: run.id, at }, ranksOf(policy()));
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
      const word = await requiredWord({ inventory, policy }, whose, toldAt(at));
      const { personId } = whose;
      const requests = desired.requests.map((request) => requestInForce(policy(), personId, request, word));
      return forProcess(
        guardPrivileged(policy(), personId, { ...desired, requests }, { privileged, manager: word.manager }),
      );
    },

    /** The request for a change of the account itself that needs an approval. */
    async requestForChange(whose: WhoseEvent, about: AccountChange, at: string): Promise<RequestView> {
      const word = await requiredWord({ inventory, policy }, whose, toldAt(at));
      return viewOfRequest(requestForChange(policy(), whose.personId, about, word));
    },

    /** Where nothing waits nobody is at work: a run that was reset shows nothing, since no end of its own would take it back. */
    async recordProgress(progress: Progress): Promise<void> {
      const [waiting] = await inventory.waitingEvents({ personId: progress.personId, limit: 1 });
      if (waiting !== undefined) await inventory.recordProgress({ ...progress, at: toldAt(progress.at) });
    },

    /** To the person's manager, where there is one. */
    async notify(notice: Omit<Notice, 'to'>): Promise<void> {
      await tell({ inventory, policy, notify }, notice);
    },
  };
}
