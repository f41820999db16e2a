import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { openInventory } from '../support/inventory.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { createMuster, type Muster } from '../../client/operations/muster.ts';
import { applySchedules } from '../../client/operations/schedule.ts';
import { startSimulator, type RequestRecord, type Simulator } from '../../simulator/index.ts';
import { createRandom, type Random } from '../../simulator/random.ts';
import { examplePolicyPath } from '../../config/config.ts';
import { decideSignal, personWorkflowId } from '../../domain/contracts.ts';
import type { HrEvent } from '../../domain/model.ts';
import { startDevServer } from '../support/engine.ts';
import { expectOneLinkAWrite } from '../support/ledger.ts';
import { eventually, hrEvent, workflowBundle } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { startProgram, type Program } from '../support/processes.ts';
import { startRecorder, type RecordedWrite } from '../support/recorder.ts';

/** Write the number of a run that failed here to see it again (moments still differ a little). */
const fixedSeed: number | undefined = undefined;
/** Against a process that is stuck, not a measure: two busy cores take about three minutes. */
const endsWithinMs = 540_000;
const approver = 'security-lead@example.com';
const departments = ['Engineering', 'SRE', 'Sales'] as const;
type Department = (typeof departments)[number];

interface Plan {
  readonly personId: string;
  readonly email: string;
  readonly isAllowedAdmin: boolean;
  /** The department of the joiner, the mover and, where there is one, the rehire. */
  readonly held: readonly [Department, Department, Department?];
}

interface Chaos {
  readonly personCount: number;
  readonly killForMs: number;
  readonly spreadMs: number;
  /** At a Datadog that is as awkward as it can be. */
  readonly isAwkward: boolean;
  /** Fewer would prove nothing. */
  readonly least: { readonly kills: number; readonly admins: number };
}

function makePlans(random: Random, personCount: number): readonly Plan[] {
  return Array.from({ length: personCount }, (_, index): Plan => {
    const first = random.pick(departments);
    const second = random.pick(departments.filter((one) => one !== first));
    const isRehired = index % 5 >= 2;
    const personId = `e-${index}`;
    return {
      personId,
      email: `${personId}@example.com`,
      isAllowedAdmin: Math.floor(index / 3) % 2 === 0,
      held: isRehired ? [first, second, departments[index % 3]] : [first, second],
    };
  });
}

test.each<Chaos & { readonly happens: string }>([
  {
    happens: 'is killed and lost',
    personCount: 30,
    killForMs: 50_000,
    spreadMs: 20_000,
    isAwkward: false,
    least: { kills: 9, admins: 1 },
  },
  {
    happens: 'an awkward Datadog does',
    personCount: 6,
    killForMs: 0,
    spreadMs: 8_000,
    isAwkward: true,
    least: { kills: 0, admins: 0 },
  },
])(
  'whatever $happens, each person ends with exactly the access that is theirs',
  async (chaos) => {
    const { personCount, killForMs, spreadMs, isAwkward, least } = chaos;
    const seed = fixedSeed ?? randomInt(2 ** 31);
    process.stderr.write(`chaos: seed ${seed}\n`);
    const random = createRandom(seed);
    const plans = makePlans(random, personCount);
    const until = Date.now() + endsWithinMs;
    const home = await mkdtemp(join(tmpdir(), 'muster-chaos-'));
    await using opened = new AsyncDisposableStack();
    opened.defer(() => rm(home, { recursive: true, force: true }));
    const engine = opened.use(await startDevServer());
    const simulator = opened.use(
      await startSimulator({ people: 15, nhis: 6, seed, acceptAfterMs: 2_000, awkward: isAwkward ? seed : undefined }),
    );
    const recorder = opened.use(await startRecorder(simulator.url));
    const inventory = opened.use(await openInventory({ file: join(home, 'inventory.db') }));
    // Everybody leaves within minutes: more than the change budget of the example lets go.
    const policyPath = join(home, 'policy.yaml');
    const example = await readFile(examplePolicyPath, 'utf8');
    await writeFile(policyPath, example.replace(/^offboarding:$/m, 'offboarding:\n  changeBudget: { atLeast: 1000 }'));
    const { client } = engine;
    const muster = createMuster({ client, inventory });
    const others = accountsOfOthers(simulator);
    const reminders = opened.use(remindPeople(simulator));
    // A service account with somebody's e-mail.
    if (isAwkward) simulator.awkward.addUser({ email: 'e-0@example.com', serviceAccount: true });
    else addFaults(simulator);
    await applySchedules(client, {
      sync: { cron: '0 3 1 1 *', timeZone: 'UTC', lightEveryMs: 2_000 },
      roster: { cron: '0 3 1 1 *' },
    });

    const startWorker = (): Program =>
      startProgram('workers/main.ts', {
        env: {
          ...engine.env,
          MUSTER_HOME: home,
          MUSTER_POLICY: policyPath,
          MUSTER_DATADOG_URL: recorder.url,
          DD_API_KEY: simulator.apiKey,
          DD_APP_KEY: simulator.appKey,
        },
      });
    const stopDeciding = new AbortController();
    const deciding = decideAll({ client, muster, inventory, plans, random, signal: stopDeciding.signal });
    opened.defer(() => stopDeciding.abort());
    const living = Promise.all(plans.map((plan) => live(plan, { muster, inventory, random, until, spreadMs })));
    living.catch(() => undefined);
    const kills = await keepKilling(startWorker, random, killForMs);
    const killedAtMs = Date.now();
    const worker = startWorker();
    opened.defer(async () => void (await worker.end('SIGKILL')));

    const lives = await living.catch(async (error: Error) => {
      throw new Error(
        `${error.message}\n${await describeStuck(client)}\nThe worker's last words: ${worker.said.err.slice(-4_000)}`,
      );
    });
    stopDeciding.abort();
    const approvedAtMs = await deciding;
    process.stderr.write(
      `chaos: ${kills} kills, all at their end ${Date.now() - killedAtMs} ms after the last, ${recorder.writes.length} writes, ${describeFaults(simulator)}\n`,
    );
    simulator.faults.clear();
    simulator.awkward.buckets.clear();

    await expectRightAccess(simulator, plans);
    expect(accountsOfOthers(simulator)).toEqual(others);
    const admins = expectOnlyAllowedWrites(recorder.writes, simulator, plans, approvedAtMs);
    expect(admins).toBeGreaterThanOrEqual(least.admins);
    await expectEachAppliedOnce(inventory, lives);
    const asked = { list: () => simulator.requests.list().filter((one) => !reminders.isByHand(one)) };
    await expectOneLinkAWrite({ inventory, simulator: { users: () => simulator.users(), requests: asked } });
    await expectNobodyFailed(client, personCount);
    await expectReplayable(client, personCount);
    expect(kills).toBeGreaterThanOrEqual(least.kills);
    expect(await worker.end('SIGTERM')).toMatchObject({ code: 0, signal: null });
  },
  600_000,
);

function addFaults({ faults }: Simulator): void {
  for (const method of ['POST', 'PATCH', 'DELETE'])
    faults.add({ kind: 'lostReply', match: { method }, probability: 0.04 });
  // An invitation that may have been sent is waited out: one that never was would keep everybody here for days.
  faults.add({ kind: 500, match: { path: '^(?!/api/v2/user_invitations$)' }, probability: 0.03 });
  faults.add({ kind: 429, probability: 0.01, resetSeconds: 1 });
}

interface Reminders extends Disposable {
  /** Whether an administrator sent it: Muster has no evidence of it. */
  readonly isByHand: (request: RequestRecord) => boolean;
}

/** People who leave the invitation unanswered are reminded until they accept. */
function remindPeople(simulator: Simulator): Reminders {
  const { users } = officialClient(simulator);
  const pendingSince = new Map<string, number>();
  const byHand = new Set<RequestRecord>();
  const inviteByHand = async (id: string): Promise<void> => {
    const user = { data: { id, type: 'users' as const } };
    const data = [{ type: 'user_invitations' as const, relationships: { user } }];
    const before = new Set(simulator.requests.list());
    await users.sendInvitations({ body: { data } }).catch(() => undefined);
    const sent = simulator.requests.list().filter((one) => !before.has(one) && one.path.endsWith('/user_invitations'));
    for (const one of sent.filter(({ body }) => body.includes(id)).slice(0, 1)) byHand.add(one);
  };
  const reminding = setInterval(() => {
    for (const { id, status, email } of simulator.users()) {
      if (status !== 'Pending' || !ours.test(email)) {
        pendingSince.delete(id);
        continue;
      }
      const since = pendingSince.get(id) ?? Date.now();
      pendingSince.set(id, since);
      if (Date.now() - since < 8_000) continue;
      try {
        simulator.accept(id);
      } catch {
        // What a worker noted and was killed before it sent is waited out for days: an administrator sends one by hand.
        if (Date.now() - since > 40_000) void inviteByHand(id);
      }
    }
  }, 1_000);
  return { isByHand: (request) => byHand.has(request), [Symbol.dispose]: () => clearInterval(reminding) };
}

const describeFaults = ({ faults }: Simulator): string =>
  faults
    .list()
    .map(({ kind, method, struck }) => `${method === null ? '' : `${method} `}${kind} ${struck}`)
    .join(', ');

const ours = /^e-\d+@example\.com$/;

const accountsOfOthers = (simulator: Simulator) =>
  simulator
    .users()
    .filter(({ email }) => !ours.test(email))
    .map(({ email, status, roles, teams }) => ({ email, status, roles, teams }));

/** Kills at random moments, also while it starts; returns how often. A worker that ends by itself is a failure. */
async function keepKilling(start: () => Program, random: Random, killForMs: number): Promise<number> {
  let kills = 0;
  for (const until = Date.now() + killForMs; Date.now() < until; kills += 1) {
    const worker = start();
    await Promise.race([pause(1_500 + random.integer(5_000)), worker.exited]);
    const isKilled = worker.isRunning();
    const { code, err } = await worker.end('SIGKILL');
    if (!isKilled) throw new Error(`the worker ended by itself with ${String(code)}: ${err.slice(-2_000)}`);
  }
  return kills;
}

interface Life {
  readonly plan: Plan;
  readonly events: readonly HrEvent[];
  readonly firstSeen: Map<string, { appliedAt: string | undefined; outcome: string }>;
}

interface Living {
  readonly muster: Muster;
  readonly inventory: Inventory;
  readonly random: Random;
  readonly until: number;
  /** Within this time everybody has joined. */
  readonly spreadMs: number;
}

/** Submits the person's events in their order, sometimes without waiting for an outcome, sometimes twice. */
async function live(plan: Plan, { muster, inventory, random, until, spreadMs }: Living): Promise<Life> {
  const [first, second, rehire] = plan.held;
  const steps: readonly [HrEvent['kind'], Department?][] = [
    ['joiner', first],
    ['mover', second],
    ['leaver'],
    ...(rehire === undefined ? [] : [['joiner', rehire] satisfies [HrEvent['kind'], Department]]),
  ];
  const events: HrEvent[] = [];
  await pause(random.integer(spreadMs));
  for (const [index, [kind, department]] of steps.entries()) {
    const person = { email: plan.email, name: 'Sam Example', ...(department && { department }) };
    const event = {
      ...hrEvent(kind, plan.personId, kind === 'leaver' ? {} : { person }),
      eventId: `${plan.personId}:${index}`,
    };
    events.push(event);
    // As HR's sender does: again until it is accepted.
    await eventually(`${event.eventId} to be accepted`, () => muster.submitEvent(event), 60_000);
    if (random.next() < 0.3) await muster.submitEvent(event).catch(() => undefined);
    if (random.next() < 0.65) await outcomeOf(muster, event, until);
    else await pause(50 + random.integer(3_000));
  }
  const firstSeen: Life['firstSeen'] = new Map();
  for (const event of events) {
    const outcome = await outcomeOf(muster, event, until);
    firstSeen.set(event.eventId, { appliedAt: (await inventory.findEvent(event.eventId))?.appliedAt, outcome });
  }
  return { plan, events, firstSeen };
}

async function outcomeOf(muster: Muster, event: HrEvent, until: number): Promise<string> {
  const outcome = await muster.waitForOutcome(event.eventId, { timeoutMs: Math.max(1, until - Date.now()) });
  if (outcome === undefined) {
    throw new Error(`${event.eventId} (${event.kind}) has no outcome in time`);
  }
  return outcome.kind;
}

/** The processes that are still open, and what the engine waits for in each. */
async function describeStuck(client: Client): Promise<string> {
  const lines: string[] = [];
  for await (const { workflowId, type, searchAttributes } of client.workflow.list({
    query: 'ExecutionStatus = "Running"',
  })) {
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    const pending = (raw.pendingActivities ?? []).map(
      ({ activityType, attempt, lastFailure }) =>
        `${activityType?.name ?? ''} attempt ${attempt ?? 0} ${lastFailure?.message ?? ''}`,
    );
    const task = raw.pendingWorkflowTask;
    lines.push(
      `${workflowId} ${type} ${JSON.stringify(searchAttributes['Phase'])}: ${pending.join('; ')}${task ? ` workflow task attempt ${task.attempt ?? 0}` : ''}`,
    );
  }
  return lines.join('\n');
}

interface Deciding {
  readonly client: Client;
  readonly muster: Muster;
  readonly inventory: Inventory;
  readonly plans: readonly Plan[];
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** Decides whatever is open, by update or by signal; returns when the first approval about each person was sent. */
async function decideAll({ client, muster, inventory, plans, random, signal }: Deciding) {
  const approvedAtMs = new Map<string, number>();
  let count = 0;
  while (!signal.aborted) {
    for (const { approvalId, personId } of await inventory.listApprovals({ state: 'open' })) {
      const handle = client.workflow.getHandle(personWorkflowId(personId));
      const isAllowed = plans.find((plan) => plan.personId === personId)?.isAllowedAdmin === true;
      const say = (verdict: 'approve' | 'reject', actor: string) => ({
        decisionId: `${personId}:${(count += 1)}`,
        approvalId,
        verdict,
        actor,
      });
      try {
        // What a stranger or the person themself says does not count.
        for (const actor of ['stranger@example.com', `${personId}@example.com`, personId])
          await handle.signal(decideSignal, say('approve', actor));
        if (isAllowed && !approvedAtMs.has(personId)) approvedAtMs.set(personId, Date.now());
        const decision = say(isAllowed ? 'approve' : 'reject', approver);
        if (random.next() < 0.5) await muster.decide(decision);
        else await handle.signal(decideSignal, decision);
      } catch {
        // No worker for ten seconds, or no longer asked: what is still open is decided in the next round.
      }
    }
    await pause(200);
  }
  return approvedAtMs;
}

const rolesOf = ({ held, isAllowedAdmin }: Plan): readonly string[] => {
  const last = held[2];
  if (last === undefined) return [];
  return [
    ...(last === 'SRE' && isAllowedAdmin ? ['Datadog Admin Role'] : []),
    'Datadog Read Only Role',
    ...(last === 'Engineering' ? ['Datadog Standard Role'] : []),
  ];
};

/** Read by Datadog's own client, and not by Muster's. */
async function expectRightAccess(simulator: Simulator, plans: readonly Plan[]): Promise<void> {
  const official = officialClient(simulator);
  const accounts = await official.listAllUsers();
  const roleNames = new Map(
    (await official.roles.listRoles({ pageSize: 100 })).data?.map(({ id, attributes }) => [id, attributes?.name]),
  );
  const teamHandles = new Map(
    (await official.teams.listTeams({ pageSize: 100 })).data?.map(({ id, attributes }) => [id, attributes.handle]),
  );
  const actual: Record<string, readonly unknown[]> = {};
  for (const { email } of plans) {
    const own = accounts.filter(
      ({ attributes }) => attributes?.email?.toLowerCase() === email && attributes.serviceAccount !== true,
    );
    actual[email] = await Promise.all(
      own.map(async ({ id = '', attributes }) => ({
        status: attributes?.status,
        roles: (await official.rolesOf(id)).map((role) => roleNames.get(role) ?? role).toSorted(byText),
        teams: (await official.teamsOf(id)).map((team) => teamHandles.get(team)),
      })),
    );
  }
  const expected = plans.map((plan) => {
    // People who left before their account was made have none.
    const isWithout = plan.held[2] === undefined && actual[plan.email]?.length === 0;
    const account = {
      status: plan.held[2] === undefined ? 'Disabled' : 'Active',
      roles: rolesOf(plan),
      teams: plan.held[2] === 'Engineering' ? ['engineering'] : [],
    };
    return [plan.email, isWithout ? [] : [account]];
  });
  expect(actual).toEqual(Object.fromEntries(expected));
}

/** At no moment was anything requested of Datadog that was not wanted, or not approved before. Returns how many were made administrators. */
function expectOnlyAllowedWrites(
  writes: readonly RecordedWrite[],
  simulator: Simulator,
  plans: readonly Plan[],
  approvedAtMs: ReadonlyMap<string, number>,
): number {
  const roleNames = new Map(
    simulator.users().flatMap(({ roleIds, roles }) => (roleIds.length === 1 ? [[roleIds[0], roles[0]]] : [])),
  );
  const planOf = new Map(simulator.users().map(({ id, email }) => [id, plans.find((plan) => plan.email === email)]));
  const problems: string[] = [];
  let admins = 0;
  for (const { method, path, body, atMs } of writes) {
    const roleId = method === 'POST' ? /^\/api\/v2\/roles\/([^/]+)\/users$/.exec(path)?.[1] : undefined;
    if (roleId === undefined) continue;
    const userId = (body as { data: { id: string } }).data.id;
    const plan = planOf.get(userId);
    const role = roleNames.get(roleId) ?? 'unknown';
    if (plan === undefined) problems.push(`${role} for an account of nobody, ${userId}`);
    else if (role === 'Datadog Admin Role') {
      admins += 1;
      const allowedAt = approvedAtMs.get(plan.personId);
      if (!plan.held.includes('SRE') || allowedAt === undefined || atMs < allowedAt)
        problems.push(`${role} for ${plan.personId} at ${atMs}, allowed at ${allowedAt ?? 'no time'}`);
    } else if (role === 'Datadog Standard Role' && !plan.held.includes('Engineering'))
      problems.push(`${role} for ${plan.personId}, who was never in Engineering`);
  }
  expect(problems).toEqual([]);
  return admins;
}

async function expectEachAppliedOnce(inventory: Inventory, lives: readonly Life[]): Promise<void> {
  for (const { plan, events, firstSeen } of lives) {
    const history = await inventory.personHistory(plan.personId);
    // The sync may have asked for a look at the person as well.
    const ours = history?.events.filter(({ event }) => event.source !== 'sync') ?? [];
    expect(ours.map(({ event }) => event.eventId).toSorted()).toEqual(events.map(({ eventId }) => eventId));
    for (const { event, appliedAt, outcome } of ours)
      expect({ appliedAt, outcome: outcome?.kind }).toEqual(firstSeen.get(event.eventId));
    const kinds = ['completed', 'superseded', 'nothingToDo'];
    const odd = ours.filter(({ outcome }) => !kinds.includes(outcome?.kind ?? 'none'));
    expect(odd.length === 0 ? [] : { odd, all: ours, evidence: history?.evidence }).toEqual([]);
    expect(history?.person.employment).toBe(plan.held[2] === undefined ? 'left' : 'employed');
    const created = history?.evidence.filter(({ action }) => action === 'create account') ?? [];
    expect(created.length).toBe(history?.person.accountId === undefined ? 0 : 1);
  }
}

async function expectNobodyFailed(client: Client, personCount: number): Promise<void> {
  const count = async (query: string) => (await client.workflow.count(query)).count;
  await eventually(
    'every process to end',
    async () => (await count('PersonId IS NOT NULL AND ExecutionStatus = "Running"')) === 0,
  );
  expect(await count('ExecutionStatus IN ("Failed", "TimedOut", "Terminated", "Canceled")')).toBe(0);
  expect(await count('ExecutionStatus = "Completed" AND PersonId IS NOT NULL')).toBeGreaterThanOrEqual(personCount);
}

/** Every run, replayed from the beginning, yields the same commands again: otherwise the next restart would stop it. */
async function expectReplayable(client: Client, personCount: number): Promise<void> {
  const histories = client.workflow.list({ query: 'PersonId IS NOT NULL' }).intoHistories({ concurrency: 5 });
  const problems: string[] = [];
  let count = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle: await workflowBundle() },
    histories,
  )) {
    count += 1;
    if (error !== undefined) problems.push(`${workflowId}: ${error.message}`);
  }
  expect(problems).toEqual([]);
  expect(count).toBeGreaterThanOrEqual(personCount);
}

const byText = (left: string, right: string): number => (left < right ? -1 : 1);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
