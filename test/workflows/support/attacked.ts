import type { Client } from '@temporalio/client';
import { accountActivatedSignal, personWorkflowId } from '../../../domain/contracts.ts';
import type { HrEvent } from '../../../domain/model.ts';
import { employ } from '../../support/employees.ts';
import { eventually, hrEvent, inPhase, knowPerson, outcomeOf, type TestMuster } from '../../support/muster.ts';
import { officialClient } from '../../support/officialClient.ts';
import { lead, tokenOf } from './approvers.ts';

export type Attacked = Awaited<ReturnType<typeof openAttacked>>;

const adminRole = 'Datadog Admin Role';
const inAMonth = (): string => new Date(Date.now() + 30 * 24 * 3_600_000).toISOString();

/** People in all states in which an intruder would like to find them. */
export async function openAttacked(stage: TestMuster, client: Client) {
  const { inventory, muster, simulator } = stage;

  async function submit(...[kind, personId, more]: Parameters<typeof hrEvent>): Promise<HrEvent> {
    const event = hrEvent(kind, personId, more);
    await muster.submitEvent(event);
    return event;
  }
  const victim = async ({ eventId, personId }: HrEvent) => {
    const accountId = (await inventory.findPerson(personId))?.accountId ?? '';
    return { personId, eventId, because: { personId, eventId }, accountId };
  };
  async function accept(personId: string): Promise<void> {
    const { account } = await inPhase(stage, personId, 'waitingForAcceptance');
    const accountId = account?.id ?? '';
    simulator.accept(accountId);
    await client.workflow.getHandle(personWorkflowId(personId)).signal(accountActivatedSignal, { accountId });
  }
  /** Active, and waits for the approval of the admin role. */
  async function asksForAdmin(personId: string) {
    const joiner = await submit('joiner', personId, { person: { department: 'SRE' } });
    await accept(personId);
    const { approvals } = await inPhase(stage, personId, 'waitingForApproval');
    return { ...(await victim(joiner)), approvalId: approvals[0]?.approvalId ?? '' };
  }
  async function leaves(personId: string) {
    await employ(stage, personId);
    const leaver = await submit('leaver', personId, { immediate: true });
    await outcomeOf(stage, leaver);
    return victim(leaver);
  }
  async function leavesInAMonth(personId: string) {
    await employ(stage, personId);
    const leaver = await submit('leaver', personId, { effectiveAt: inAMonth() });
    await inPhase(stage, personId, 'scheduled');
    return victim(leaver);
  }
  async function isBarred(personId: string) {
    simulator.disable(await employ(stage, personId));
    const joiner = await submit('joiner', personId);
    await inPhase(stage, personId, 'waitingForApproval');
    return victim(joiner);
  }
  async function isInvited(personId: string) {
    const joiner = await submit('joiner', personId);
    await inPhase(stage, personId, 'waitingForAcceptance');
    return victim(joiner);
  }
  async function isRejected(personId: string) {
    const asked = await asksForAdmin(personId);
    await muster.decide({ approvalId: asked.approvalId, verdict: 'reject', actor: '' }, await tokenOf(stage, 'lead'));
    await eventually('the end', async () => (await inventory.findEvent(asked.eventId))?.outcome);
    return asked;
  }

  await knowPerson(stage, 'lead', lead);
  const [invited, asking, pawn, rejected, barred, leaving, left] = await Promise.all([
    isInvited('invited'),
    asksForAdmin('asking'),
    asksForAdmin('pawn'),
    isRejected('rejected'),
    isBarred('barred'),
    leavesInAMonth('leaving'),
    leaves('left'),
  ]);
  const roles = (await officialClient(simulator).roles.listRoles({ pageSize: 100 })).data ?? [];
  const role = (name: string) => ({
    kind: 'role' as const,
    name,
    id: roles.find(({ attributes }) => attributes?.name === name)?.id ?? '',
  });
  const administrator = simulator.users().find(({ email }) => email === 'admin@example.com')?.id ?? '';
  return {
    ...{ stage, invited, asking, pawn, rejected, barred, leaving, left, administrator },
    admin: role(adminRole),
    readOnly: role('Datadog Read Only Role'),
  };
}

/** What Datadog has, and the invitations that it was asked to send. */
export const inDatadog = ({ simulator }: TestMuster) => ({
  users: simulator.users(),
  invitations: simulator.requests.count('POST', '/api/v2/user_invitations'),
  withdrawn: simulator.requests.list().filter(({ method, path }) => method === 'DELETE' && path.includes('invitations'))
    .length,
});

/** What the record says of the people who are never a pawn. */
export async function onRecord({ stage: { inventory }, ...scene }: Attacked) {
  const people = [scene.invited, scene.asking, scene.rejected, scene.barred, scene.leaving, scene.left];
  const page = { limit: 1_000, offset: 0, open: false };
  return Promise.all(
    people.map(async ({ personId }) => {
      const { employment, accountId, previousEmails, lines } = (await inventory.findPerson(personId)) ?? {};
      return {
        ...{ personId, employment, accountId, previousEmails, lines },
        events: (await inventory.eventsOf(personId)).map(({ event, outcome }) => [event.eventId, outcome?.kind]),
        grants: await inventory.listGrants({ ...page, personId }),
        approvals: (await inventory.listApprovals({ personId })).map(({ approvalId, state }) => [approvalId, state]),
        pending: await inventory.listPending(personId),
        before: await inventory.findAccessBefore(personId),
        admitted: await inventory.isAdmitted({ personId, eventId: scene.leaving.eventId }),
      };
    }),
  );
}
