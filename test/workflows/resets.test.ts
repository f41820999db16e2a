import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { temporal } from '@temporalio/proto';
import { decideHeld } from '../../client/operations/held.ts';
import { restorePerson } from '../../client/operations/undo.ts';
import { accountActivatedSignal, personWorkflowId } from '../../domain/contracts.ts';
import type { Phase } from '../../domain/model.ts';
import { budgetOf } from '../support/changeBudget.ts';
import { employ, readAccount } from '../support/employees.ts';
import { eventually, hrEvent, inPhase, outcomeOf, type TestMuster } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { useDevServer } from '../support/onDevServer.ts';

/**
 * Whoever reaches Temporal can reset a run to any of its workflow tasks: it goes on from there with what it knew then, such as a
 * hire of somebody who has left since. The record decides what is written all the same.
 */
const server = useDevServer();
const minutes = 60_000;
const lead = 'security-lead@example.com';

/** Of a run that stands until somebody does something: it asks again from time to time. */
const polls = ['awaitAcceptance', 'awaitRelease'];
const standing: readonly (Phase | undefined)[] = ['waitingForAcceptance', 'waitingForApproval', 'held'];

type Story = (stage: TestMuster, personId: string) => Promise<void>;

async function submit(stage: TestMuster, ...[kind, personId, more]: Parameters<typeof hrEvent>) {
  const event = hrEvent(kind, personId, more);
  await stage.muster.submitEvent(event);
  return event;
}

async function carriedOut(stage: TestMuster, ...said: Parameters<typeof hrEvent>): Promise<void> {
  const event = await submit(stage, ...said);
  expect(await outcomeOf(stage, event)).toMatchObject({ kind: 'completed' });
}

async function accept(stage: TestMuster, personId: string): Promise<void> {
  const { account } = await inPhase(stage, personId, 'waitingForAcceptance');
  const accountId = account?.id ?? '';
  stage.simulator.accept(accountId);
  await server.client().workflow.getHandle(personWorkflowId(personId)).signal(accountActivatedSignal, { accountId });
}

const joins =
  (department: string): Story =>
  async (stage, personId) => {
    const joiner = await submit(stage, 'joiner', personId, { person: { department } });
    await accept(stage, personId);
    if (department === 'SRE') {
      const { approvals } = await inPhase(stage, personId, 'waitingForApproval');
      await stage.muster.decide({ approvalId: approvals[0]?.approvalId ?? '', verdict: 'approve', actor: lead });
    }
    expect(await outcomeOf(stage, joiner)).toMatchObject({ kind: 'completed' });
  };

const leaves: Story = (stage, personId) => carriedOut(stage, 'leaver', personId, { immediate: true });

const restored: Story = async (stage, personId) => {
  const { client, inventory, muster } = { client: server.client(), ...stage };
  const { eventId } = await restorePerson({ client, inventory, muster, actor: lead, proof: 'claimed' }, personId);
  const outcome = await eventually('the restore', async () => (await inventory.findEvent(eventId))?.outcome);
  expect(outcome.kind).toBe('completed');
};

const stories: Readonly<Record<string, readonly Story[]>> = {
  joined: [joins('Engineering')],
  moved: [
    async (stage, personId) => void (await employ(stage, personId, { person: { department: 'Engineering' } })),
    (stage, personId) => carriedOut(stage, 'mover', personId, { person: { department: 'Sales' } }),
  ],
  approved: [joins('SRE')],
  renamed: [
    async (stage, personId) => void (await employ(stage, personId)),
    (stage, personId) => carriedOut(stage, 'mover', personId, { person: { email: `${personId}.new@example.com` } }),
  ],
  rehired: [joins('Engineering'), leaves, (stage, personId) => carriedOut(stage, 'joiner', personId)],
  rescinded: [
    async (stage, personId) => void (await employ(stage, personId)),
    leaves,
    (stage, personId) => carriedOut(stage, 'leaverRescinded', personId),
  ],
  restored: [async (stage, personId) => void (await employ(stage, personId)), leaves, restored],
};

/** Workflow tasks that were completed, in all runs of the person that are known so far. */
async function tasksOf(personId: string) {
  const { workflow, workflowService, options } = server.client();
  const workflowId = personWorkflowId(personId);
  const { runId: last } = await workflow.getHandle(workflowId).describe();
  const query = `WorkflowId = "${workflowId}"`;
  const runs = await eventually('the runs to be listed', async () => {
    const listed: string[] = [];
    for await (const one of workflow.list({ query })) listed.push(one.runId);
    return listed.includes(last) && listed;
  });
  const { namespace } = options;
  const tasks: { readonly runId: string; readonly taskId: number }[] = [];
  for (const runId of runs) {
    const { history } = await workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId, runId },
    });
    for (const { eventType, eventId } of history?.events ?? []) {
      if (eventType === completed) tasks.push({ runId, taskId: Number(eventId) });
    }
  }
  return tasks;
}
const completed = temporal.api.enums.v1.EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED;

/** It has ended, or waits for somebody, and nothing is under way. */
async function isAtRest(stage: TestMuster, personId: string): Promise<boolean> {
  const { status, raw } = await server.client().workflow.getHandle(personWorkflowId(personId)).describe();
  if (status.name !== 'RUNNING') return true;
  const pending = (raw.pendingActivities ?? []).map(({ activityType }) => activityType?.name ?? '');
  if (raw.pendingWorkflowTask || pending.some((name) => !polls.includes(name))) return false;
  return standing.includes((await stage.muster.status(personId))?.phase);
}

/** Resets to each of them, and waits until the run has ended or stands. Returns how many there were. */
async function resetToEach(stage: TestMuster, personId: string): Promise<number> {
  const { workflowService, options } = server.client();
  const workflowId = personWorkflowId(personId);
  const tasks = await tasksOf(personId);
  for (const { runId, taskId } of tasks) {
    await workflowService.resetWorkflowExecution({
      namespace: options.namespace,
      workflowExecution: { workflowId, runId },
      workflowTaskFinishEventId: taskId as never,
      requestId: randomUUID(),
      reason: 'by an intruder',
    });
    await eventually(`${personId} to rest after a reset to task ${taskId} of ${runId}`, () =>
      isAtRest(stage, personId),
    );
  }
  return tasks.length;
}

/** What Datadog has, and what the record says: all that a reset must not change. */
async function read(stage: TestMuster, personId: string) {
  const { inventory, simulator } = stage;
  const person = await inventory.findPerson(personId);
  const accountId = person?.accountId ?? '';
  const page = { personId, limit: 1_000, offset: 0 };
  const evidence = await inventory.listEvidence(page);
  const at = new Date().toISOString();
  return {
    account: await readAccount(stage, accountId),
    teams: await officialClient(simulator).teamsOf(accountId),
    employment: person?.employment,
    events: (await inventory.eventsOf(personId)).map(({ event, outcome }) => [event.eventId, outcome]),
    grants: await inventory.listGrants({ ...page, open: false }),
    evidence: evidence.filter(({ action }) => action !== 'refuse write').map(({ step }) => step),
    leaves: await inventory.listFindings({ ...page, kind: 'leaverNotEnded' }, at),
  };
}

/** People of whom a write was refused. */
async function alarmed({ inventory }: TestMuster): Promise<readonly string[]> {
  const filter = { kind: 'writeNotOwed', state: 'open', limit: 100, offset: 0 } as const;
  const found = await inventory.listFindings(filter, new Date().toISOString());
  expect(found.filter(({ severity }) => severity !== 'critical')).toEqual([]);
  return found.map(({ personId = '' }) => personId).toSorted((a, b) => (a < b ? -1 : 1));
}

const writesOf = ({ simulator }: TestMuster) => simulator.requests.list().filter(({ method }) => method !== 'GET');

/** Whose resets meet a write: of the others all is so already. */
const writing = ['approved', 'joined', 'rehired', 'rescinded', 'restored'];

test.each([
  { end: 'stays', refused: writing },
  { end: 'leaves', refused: Object.keys(stories) },
])(
  'a reset to any workflow task revives nobody and grants nothing twice: who $end in the end',
  async ({ end, refused }) => {
    await using stage = await server.startMuster({
      policy: (example) => ({ ...example, changeBudget: budgetOf(100) }),
    });
    const people = Object.entries(stories).map(([name, steps]) => ({ personId: `${name}-${end}`, steps }));
    await Promise.all(
      people.map(async ({ personId, steps }) => {
        for (const step of end === 'leaves' ? [...steps, leaves] : steps) await step(stage, personId);
      }),
    );
    const before = await Promise.all(people.map(({ personId }) => read(stage, personId)));
    stage.simulator.requests.reset();
    const counts = await Promise.all(people.map(({ personId }) => resetToEach(stage, personId)));
    expect(Math.min(...counts)).toBeGreaterThan(3);
    expect(writesOf(stage)).toEqual([]);
    expect(await Promise.all(people.map(({ personId }) => read(stage, personId)))).toEqual(before);
    expect(await alarmed(stage)).toEqual(refused.map((name) => `${name}-${end}`).toSorted());
  },
  5 * minutes,
);

test(
  'a reset of a leave that is held, or that an operator has rejected, takes nothing away',
  async () => {
    await using stage = await server.startMuster({ policy: (example) => ({ ...example, changeBudget: budgetOf(1) }) });
    const [first, held] = ['first-held', 'second-held'];
    for (const personId of [first, held]) await employ(stage, personId);
    await leaves(stage, first);
    const leaver = await submit(stage, 'leaver', held, { immediate: true });
    await inPhase(stage, held, 'held');
    const before = await read(stage, held);
    stage.simulator.requests.reset();
    expect(await resetToEach(stage, held)).toBeGreaterThan(0);
    expect(writesOf(stage)).toEqual([]);
    expect(await read(stage, held)).toEqual(before);
    expect(await alarmed(stage)).toEqual([]);

    const asOperator = { client: server.client(), inventory: stage.inventory, actor: lead, proof: 'claimed' } as const;
    await decideHeld(asOperator, { which: { personId: held }, verdict: 'reject', reason: 'a mistake of HR' });
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'cancelled' });
    const rejected = await read(stage, held);
    expect(rejected).toMatchObject({ account: { status: 'Active' }, employment: 'employed' });
    await resetToEach(stage, held);
    expect(writesOf(stage)).toEqual([]);
    expect(await read(stage, held)).toEqual(rejected);
    expect(await alarmed(stage)).toEqual([held]);
  },
  5 * minutes,
);
