import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Inventory } from '../inventory/port/inventory.ts';
import type { Muster } from '../client/operations/muster.ts';
import { lightSyncNow } from '../client/operations/schedule.ts';
import type { HrEvent, Phase, PersonAttributes } from '../domain/model.ts';
import { subjectOf } from '../domain/approvals.ts';
import { acceptInvitation, describeHeld, readHeld, type Held, type SimulatorAccess } from './simulatorView.ts';

interface Stage {
  readonly client: Client;
  readonly muster: Muster;
  readonly inventory: Inventory;
  readonly simulator: SimulatorAccess;
  readonly say: (text: string) => void;
  /** How the command line is called from another terminal. */
  readonly npx: string;
  /** Ends the play early. */
  readonly signal: AbortSignal;
}

const stepTimeoutMs = 2 * 60_000;

/**
 * One person joins, moves and leaves, each step printed as it happens. After every process the simulator tells what the
 * person holds. Returns what differs from what should be.
 */
export async function playDemonstration(stage: Stage): Promise<readonly string[]> {
  const { say, simulator } = stage;
  const personId = `demo-${Date.now().toString(36)}`;
  const joined: PersonAttributes = {
    email: `${personId}@example.com`,
    name: 'Sam Example',
    title: 'Site Reliability Engineer',
    department: 'SRE',
    manager: 'sre-manager@example.com',
  };
  const problems: string[] = [];
  const check = async (when: string, expected: Held): Promise<void> => {
    const held = await readHeld(simulator, joined.email);
    const [is, shouldBe] = [JSON.stringify(held), JSON.stringify(expected)];
    if (is === shouldBe) say(`   Datadog agrees: ${describeHeld(held)}`);
    else problems.push(`${when}: Datadog has ${is} instead of ${shouldBe}`);
  };
  const submit = async (kind: HrEvent['kind'], more: Partial<HrEvent>, meanwhile?: () => Promise<void>) => {
    const problem = await carryOut(stage, { ...eventOf(personId, kind), ...more }, meanwhile);
    if (problem !== undefined) problems.push(problem);
  };

  say(`1. HR: ${joined.name} (${personId}) joins department SRE`);
  await submit('joiner', { person: joined }, async () => {
    await reach(stage, personId, 'waitingForAcceptance');
    say('   the account is created, the invitation is out');
    if (!(await approve(stage, personId))) problems.push('joiner: nobody was asked about the admin role');
    await acceptInvitation(simulator, joined.email);
    say('3. the person accepts the invitation; the sync notices');
    await lightSyncNow(stage.client);
  });
  await check('joined', { status: 'Active', roles: ['Datadog Admin Role', 'Datadog Read Only Role'], teams: [] });

  say('4. HR: the person moves to department Engineering');
  await submit('mover', { person: { ...joined, department: 'Engineering', title: 'Software Engineer' } });
  const moved = ['Datadog Read Only Role', 'Datadog Standard Role'];
  await check('moved', { status: 'Active', roles: moved, teams: ['engineering'] });

  say('5. HR: the person leaves');
  await submit('leaver', { immediate: true });
  await check('left', { status: 'Disabled', roles: [], teams: [] });

  if (!(await showHistory(stage, personId))) problems.push('the inventory does not know the person');
  return problems;
}

function eventOf(personId: string, kind: HrEvent['kind']): HrEvent {
  const at = new Date().toISOString();
  const eventId = `${personId}:${kind}`;
  return { eventId, kind, personId, occurredAt: at, effectiveAt: at, source: 'demonstration' };
}

/** Submits the event and waits for its outcome. Returns what is wrong with it. */
async function carryOut(
  { muster, say, signal }: Stage,
  event: HrEvent,
  meanwhile?: () => Promise<void>,
): Promise<string | undefined> {
  await muster.submitEvent(event);
  await meanwhile?.();
  const outcome = await muster.waitForOutcome(event.eventId, { timeoutMs: stepTimeoutMs, signal });
  if (outcome === undefined) {
    throw new Error(`The ${event.kind} of ${event.personId} has no outcome after two minutes`);
  }
  say(`   outcome: ${outcome.kind}`);
  return outcome.kind === 'completed' ? undefined : `${event.kind}: ended as ${outcome.kind} (${outcome.detail ?? ''})`;
}

/** Waits until the process is in the phase. */
async function reach({ muster, signal }: Stage, personId: string, phase: Phase): Promise<void> {
  for (const until = Date.now() + stepTimeoutMs; Date.now() < until;) {
    if ((await muster.status(personId))?.phase === phase) return;
    await pause(200, undefined, { signal });
  }
  throw new Error(`The process of ${personId} did not come to ${phase}`);
}

/** Whether there was a request to approve. */
async function approve({ inventory, muster, say }: Stage, personId: string): Promise<boolean> {
  const [approval] = await inventory.listApprovals({ state: 'open', personId });
  if (approval === undefined) return false;
  const actor = 'security-lead@example.com';
  say(`   ${subjectOf(approval)} needs an approval by ${approval.approvers.people.join(', ')} or the manager`);
  await muster.decide({ approvalId: approval.approvalId, verdict: 'approve', actor });
  say(`2. ${actor} approves`);
  return true;
}

/** Whether the inventory knows the person. */
async function showHistory({ inventory, say, npx }: Stage, personId: string): Promise<boolean> {
  const history = await inventory.personHistory(personId);
  if (history === undefined) return false;
  say(`6. what the inventory says about ${personId} (${npx} person show ${personId}):`);
  for (const { at, actor, action, reason, before, after } of history.evidence) {
    const { name } = { ...(before as object), ...(after as object) } as { name?: string };
    const why = reason === undefined ? '' : ` because of ${reason}`;
    say(`   ${at}  ${action}${name === undefined ? '' : ` ${name}`}${why}, by ${actor}`);
  }
  return true;
}
