import type { HrEvent, OutcomeKind, PersonAttributes, PersonRecord, ProcessTimes } from '../../domain/model.ts';
import type { Activation } from '../../domain/policy/rules.ts';
import { identify, identifyManager } from '../approvals/deciders.ts';
import type { RecordTransaction } from '../../inventory/port/inventory.ts';
import type { Notice } from '../notify/index.ts';
import { desiredAccess, guardPrivileged, requestForAct } from '../../policy/requests.ts';
import type { Dependencies } from '../dependencies.ts';
import type { ProcessFinish, Progress } from '../../inventory/port/people.ts';
import type { ApprovalRequest, DesiredAccess } from '../../domain/decision.ts';

interface Admission {
  readonly record: PersonRecord;
  /** Admitted events that were applied before. */
  readonly applied: readonly string[];
  readonly times: ProcessTimes;
  /** Whether a decision counts whose sender is only claimed. */
  readonly acceptClaimed: boolean;
  readonly activation: Activation;
  readonly mode: 'observe' | 'enforce';
}

/** What a process remembers and asks of the inventory and the policy: short, local activities. */
export function createRecordActivities({
  inventory,
  policy,
  notify,
}: Pick<Dependencies, 'inventory' | 'policy' | 'notify'>) {
  return {
    async admitEvents(personId: string, events: readonly HrEvent[]): Promise<Admission> {
      const { record, applied } = await inventory.admitEvents(personId, events, now());
      const { times, approvals, activation, mode } = policy();
      return { record, applied, times, acceptClaimed: approvals.acceptClaimed, activation, mode };
    },

    /** What the policy in force grants this person, with the requests it takes. */
    async decideAccess(personId: string, attributes: PersonAttributes): Promise<DesiredAccess> {
      const desired = desiredAccess(policy(), personId, attributes);
      return withManagers({ inventory, policy }, personId, desired);
    },

    /** The same with each privileged role behind an approval. An earlier request is repeated under another id. */
    async askForPrivileged(
      personId: string,
      desired: DesiredAccess,
      privileged: readonly string[],
      manager?: string,
    ): Promise<DesiredAccess> {
      const guarded = guardPrivileged(policy(), personId, desired, { privileged, manager });
      return withManagers({ inventory, policy }, personId, guarded);
    },

    /** The request for a change of the account itself that needs an approval. */
    async requestForAct(personId: string, act: string, manager?: string): Promise<ApprovalRequest> {
      return withManager({ inventory, policy }, personId, requestForAct(policy(), personId, act, manager));
    },

    async recordProgress(progress: Progress): Promise<void> {
      await inventory.recordProgress(progress);
    },

    async finishProcess(finish: ProcessFinish): Promise<void> {
      const { personId, events, at } = finish;
      await inventory.inTransaction(async (trx) => {
        await trx.finishProcess(finish);
        await recordDropped(trx, personId, events, at);
      });
    },

    /** Ends events that have no process of their own, while another one's goes on. */
    async endEvents(personId: string, events: ProcessFinish['events'], at: string): Promise<void> {
      await inventory.inTransaction(async (trx) => {
        await trx.endEvents(personId, events, at);
        await recordDropped(trx, personId, events, at);
      });
    },

    async notify(notice: Notice): Promise<void> {
      notify.send(notice);
    },
  };
}

async function withManagers(
  context: Pick<Dependencies, 'inventory' | 'policy'>,
  personId: string,
  { entitlements, requests }: DesiredAccess,
): Promise<DesiredAccess> {
  return { entitlements, requests: await Promise.all(requests.map((one) => withManager(context, personId, one))) };
}

/** The manager by every name that is known of them, or why the fallback decides in their stead. */
async function withManager(
  { inventory, policy }: Pick<Dependencies, 'inventory' | 'policy'>,
  personId: string,
  request: ApprovalRequest,
): Promise<ApprovalRequest> {
  if (!request.approvers.manager) return request;
  const now = Date.now();
  const until = now + policy().times.approvalRejectAfterMs;
  const subject = (await identify(inventory, personId, now)).known;
  const [name] = request.managerIds;
  const { manager, managerGone } = await identifyManager(inventory, { name, subject, until, now });
  return { ...request, managerIds: manager === undefined ? request.managerIds : manager.names, managerGone };
}

/** What superseded what, and who withdrew what: an event that is never carried out is not dropped silently. */
async function recordDropped(
  trx: RecordTransaction,
  personId: string,
  events: ProcessFinish['events'],
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
const droppedKinds: readonly OutcomeKind[] = ['superseded', 'stale', 'cancelled'];

const now = (): string => new Date().toISOString();
