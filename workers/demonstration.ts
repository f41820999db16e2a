import type { Client } from '@temporalio/client';
import type { Inventory } from '../inventory/port/inventory.ts';
import type { Muster } from '../client/operations/muster.ts';
import { lightSyncNow } from '../client/operations/schedule.ts';
import type { HrEvent, PersonAttributes } from '../domain/model.ts';
import { subjectOf } from '../domain/approvals.ts';

export interface Stage {
  readonly client: Client;
  readonly muster: Muster;
  readonly inventory: Inventory;
  readonly simulator: { readonly url: string; readonly apiKey: string; readonly appKey: string };
  readonly say: (text: string) => void;
}

const stepTimeoutMs = 2 * 60_000;

/**
 * One person joins, moves and leaves, each step printed as it happens. After every process the simulator is asked what
 * the person holds; answers what differed from what was to be.
 */
export async function playDemonstration(stage: Stage): Promise<readonly string[]> {
  const { muster, inventory, simulator, say } = stage;
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
  const process = async (event: HrEvent, meanwhile?: () => Promise<void>): Promise<void> => {
    await muster.submitEvent(event);
    await meanwhile?.();
    const outcome = await muster.waitForOutcome(event.eventId, { timeoutMs: stepTimeoutMs });
    if (outcome === undefined) throw new Error(`The ${event.kind} of ${personId} has no outcome after two minutes`);
    say(`   outcome: ${outcome.kind}`);
    if (outcome.kind !== 'completed')
      problems.push(`${event.kind}: ended as ${outcome.kind} (${outcome.detail ?? ''})`);
  };
  const eventOf = (kind: HrEvent['kind'], person?: PersonAttributes): HrEvent => {
    const at = new Date().toISOString();
    return {
      eventId: `${personId}:${kind}`,
      kind,
      personId,
      occurredAt: at,
      effectiveAt: at,
      source: 'demonstration',
      ...(person === undefined ? {} : { person }),
    };
  };

  say(`1. HR: ${joined.name} (${personId}) joins department SRE`);
  await process(eventOf('joiner', joined), async () => {
    await reach(stage, personId, 'waitingForAcceptance');
    say('   the account is created, the invitation is out');
    const [approval] = await inventory.listApprovals({ state: 'open', personId });
    if (approval === undefined) problems.push('joiner: nobody was asked about the admin role');
    else {
      const what = subjectOf(approval);
      const actor = 'security-lead@example.com';
      say(`   ${what} needs an approval by ${approval.approvers.people.join(', ')} or the manager`);
      await muster.decide({ approvalId: approval.approvalId, verdict: 'approve', actor });
      say(`2. ${actor} approves`);
    }
    await control(simulator, 'accept', { email: joined.email });
    say('3. the person accepts the invitation; the sync notices');
    await lightSyncNow(stage.client);
  });
  await check('joined', { status: 'Active', roles: ['Datadog Admin Role', 'Datadog Read Only Role'], teams: [] });

  say('4. HR: the person moves to department Engineering');
  await process(eventOf('mover', { ...joined, department: 'Engineering', title: 'Software Engineer' }));
  const moved = ['Datadog Read Only Role', 'Datadog Standard Role'];
  await check('moved', { status: 'Active', roles: moved, teams: ['engineering'] });

  say('5. HR: the person leaves');
  await process({ ...eventOf('leaver'), immediate: true });
  await check('left', { status: 'Disabled', roles: [], teams: [] });

  const history = await inventory.personHistory(personId);
  if (history === undefined) problems.push('the inventory does not know the person');
  else {
    say(`6. what the inventory says of ${personId} (npx muster person show ${personId}):`);
    for (const { at, actor, action, reason, before, after } of history.evidence) {
      const { name } = { ...(before as object), ...(after as object) } as { name?: string };
      const why = reason === undefined ? '' : ` because of ${reason}`;
      say(`   ${at}  ${action}${name === undefined ? '' : ` ${name}`}${why}, by ${actor}`);
    }
  }
  return problems;
}

interface Held {
  readonly status: string;
  readonly roles: readonly string[];
  readonly teams: readonly string[];
}

const describeHeld = ({ status, roles, teams }: Held): string =>
  `${status}, ${roles.length === 0 ? 'no role' : roles.join(' and ')}, ${teams.length === 0 ? 'no team' : `team ${teams.join(', ')}`}`;

/** Waits until the process is in the phase. */
async function reach({ muster }: Stage, personId: string, phase: string): Promise<void> {
  for (const until = Date.now() + stepTimeoutMs; Date.now() < until;) {
    if ((await muster.status(personId))?.phase === phase) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`The process of ${personId} did not come to ${phase}`);
}

/** What the simulator holds, read by plain HTTP and not by Muster's own client. */
async function readHeld(simulator: Stage['simulator'], email: string): Promise<Held> {
  const headers = { 'DD-API-KEY': simulator.apiKey, 'DD-APPLICATION-KEY': simulator.appKey };
  const get = async (path: string): Promise<Answer> => {
    const response = await fetch(`${simulator.url}/api/v2/${path}`, { headers });
    if (!response.ok) throw new Error(`The simulator answers ${response.status} to ${path}`);
    return (await response.json()) as Answer;
  };
  const { data, included } = await get(`users?filter=${encodeURIComponent(email)}&page[size]=100`);
  const user = data.find(({ attributes }) => attributes.email === email);
  if (user === undefined) return { status: 'none', roles: [], teams: [] };
  const roleIds = new Set(user.relationships?.roles?.data.map(({ id }) => id));
  const memberships = await get(`users/${user.id}/memberships`);
  const teamIds = memberships.data.map(
    ({ id, relationships }) => relationships?.team?.data.id ?? /^TeamMembership-([0-9a-f-]{36})-/.exec(id)?.[1],
  );
  const teams =
    teamIds.length === 0 ? [] : (await get('team?page[size]=100')).data.filter(({ id }) => teamIds.includes(id));
  return {
    status: user.attributes.status ?? '',
    roles: (included ?? [])
      .filter(({ type, id }) => type === 'roles' && roleIds.has(id))
      .map(({ attributes }) => attributes.name ?? '')
      .toSorted(),
    teams: teams.map(({ attributes }) => attributes.handle ?? '').toSorted(),
  };
}

interface Resource {
  readonly id: string;
  readonly type: string;
  readonly attributes: {
    readonly email?: string;
    readonly status?: string;
    readonly name?: string;
    readonly handle?: string;
  };
  readonly relationships?: {
    readonly roles?: { readonly data: readonly { readonly id: string }[] };
    readonly team?: { readonly data: { readonly id: string } };
  };
}

interface Answer {
  readonly data: readonly Resource[];
  readonly included?: readonly Resource[];
}

async function control(simulator: Stage['simulator'], what: string, body: unknown): Promise<void> {
  const response = await fetch(`${simulator.url}/control/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`The simulator answers ${response.status} to ${what}: ${await response.text()}`);
}
