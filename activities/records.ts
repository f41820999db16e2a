import type { ApprovalState, ApprovalView } from '../workflows/core/contracts.ts';
import type {
  ApprovalRequest,
  Decision,
  DesiredAccess,
  HrEvent,
  PersonAttributes,
  PersonRecord,
  ProcessTimes,
} from '../workflows/core/model.ts';
import type { Dependencies } from './index.ts';
import type { ProcessFinish, Progress } from './inventory/types.ts';
import type { Notice } from './notify/index.ts';
import { desiredAccess } from './policy/index.ts';

export interface Admission {
  readonly record: PersonRecord;
  /** Of the admitted events those that were applied before. */
  readonly applied: readonly string[];
  readonly times: ProcessTimes;
  /** Whether a decision counts whose sender is only claimed. */
  readonly acceptClaimed: boolean;
}

/** What a process remembers and asks of the inventory and the policy: short, local activities. */
export function createRecordActivities({ inventory, policy, notify }: Dependencies) {
  /** The manager by every name that is known of them, so that they may decide by e-mail or by personId. */
  async function managerIdentities(request: ApprovalRequest): Promise<ApprovalRequest> {
    const managers = await Promise.all(
      request.managerIds.map(async (id) => {
        const byId = await inventory.findPerson(id);
        return byId === undefined ? inventory.findPeopleByEmail(id) : [byId];
      }),
    );
    const known = managers.flat().flatMap(({ personId, attributes }) => [personId, attributes?.email ?? personId]);
    return { ...request, managerIds: [...new Set([...request.managerIds, ...known])] };
  }

  return {
    async admitEvents(personId: string, events: readonly HrEvent[]): Promise<Admission> {
      const { record, applied } = await inventory.admitEvents(personId, events, now());
      const { times, approvals } = policy();
      return { record, applied, times, acceptClaimed: approvals.acceptClaimed };
    },

    /** What the policy in force gives this person, with the requests it takes. */
    async decideAccess(personId: string, attributes: PersonAttributes): Promise<DesiredAccess> {
      const desired = desiredAccess(policy(), personId, attributes);
      return { ...desired, requests: await Promise.all(desired.requests.map(managerIdentities)) };
    },

    async recordProgress(progress: Progress): Promise<void> {
      await inventory.recordProgress(progress);
    },

    async openApprovals(personId: string, approvals: readonly ApprovalView[]): Promise<void> {
      for (const approval of approvals) {
        await inventory.openApproval({ ...approval, personId, decisions: [] });
        notify.send({
          kind: 'approvalRequested',
          personId,
          to: [...approval.approvers.people, ...(approval.approvers.manager ? approval.managerIds : [])],
          details: { approvalId: approval.approvalId, entitlements: approval.entitlements, until: approval.deadline },
        });
      }
    },

    /** A counted decision: evidence, and the approval's state after it. */
    async recordDecision(
      personId: string,
      eventId: string,
      decision: Decision,
      state: ApprovalState,
      entitlements: ApprovalRequest['entitlements'],
    ): Promise<void> {
      const at = now();
      await inventory.recordDecision(personId, { ...decision, at });
      if (state !== 'open') await inventory.closeApproval(decision.approvalId, personId, state, at);
      await inventory.appendEvidence({
        personId,
        eventId,
        step: `decision:${decision.decisionId}`,
        at,
        actor: decision.actor,
        action: decision.verdict,
        reason: decision.reason,
        after: { approvalId: decision.approvalId, state, entitlements },
      });
    },

    async closeApproval(personId: string, approvalId: string, state: ApprovalState): Promise<void> {
      await inventory.closeApproval(approvalId, personId, state, now());
    },

    async finishProcess(finish: ProcessFinish): Promise<void> {
      await inventory.finishProcess(finish);
    },

    async notify(notice: Notice): Promise<void> {
      notify.send(notice);
    },
  };
}

const now = (): string => new Date().toISOString();
