import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { createActivities, type Activities } from '../../activities/index.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { accountActivatedSignal, personWorkflowId, taskQueues } from '../../domain/contracts.ts';
import { eventually, type TestMuster } from '../support/muster.ts';
import { useDevServer } from '../support/onDevServer.ts';
import { approve, onlyProven, rolesOf, tokenOf } from './support/approvers.ts';
import { inDatadog, onRecord, openAttacked, type Attacked } from './support/attacked.ts';
import { forgeries } from './support/forgeries.ts';

/** Whoever reaches the Temporal namespace has a worker of their own, whose workflow calls this project's activities. */
let opened: AsyncDisposableStack;
// Before the server's own connection is closed.
afterAll(() => opened?.disposeAsync());
const server = useDevServer();
const intruders = 'intruders';
let stage: TestMuster;
let scene: Attacked;

beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  stage = stack.use(await server.startMuster({ policy: onlyProven }));
  const workflowsPath = fileURLToPath(new URL('support/foreignWorkflows.ts', import.meta.url));
  const worker = await Worker.create({
    connection: server.connection(),
    namespace: server.client().options.namespace,
    workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }),
    taskQueue: intruders,
  });
  const ended = worker.run();
  stack.defer(async () => {
    worker.shutdown();
    await ended;
  });
  scene = await openAttacked(stage, server.client());
  opened = stack.move();
}, 120_000);

const call = (queue: string, name: string, args: readonly unknown[]): Promise<string> =>
  server.client().workflow.execute('callActivity', {
    workflowId: randomUUID(),
    taskQueue: intruders,
    args: [queue, name, args],
  });

const names = Object.keys(forgeries) as (keyof Activities)[];

test('the table of forged calls has a row for every activity that is registered', () => {
  const none = { datadog: {}, inventory: {}, policy: () => undefined } as unknown as Dependencies;
  expect(names.toSorted()).toEqual(Object.keys(createActivities(none)).toSorted());
});

test.each(names)('a foreign worker that calls %s gives and takes nothing', async (name) => {
  const [datadog, record] = [inDatadog(stage), await onRecord(scene)];
  const ends: unknown[] = [];
  const forged = forgeries[name](scene);
  for (const [index, [, ...args]] of forged.entries()) {
    // Either worker takes whatever is asked of it.
    const queue = index % 2 === 0 ? taskQueues.datadog : taskQueues.muster;
    ends.push(await call(queue, name, args));
  }
  expect(ends).toEqual(forged.map(([end]) => end));
  expect(inDatadog(stage)).toEqual(datadog);
  expect(await onRecord(scene)).toEqual(record);
});

test('forged calls leave evidence by nobody known, and a critical finding', async () => {
  const { asking, barred, invited, leaving, left, rejected } = scene;
  const filter = { kind: 'writeNotOwed', state: 'open', limit: 100, offset: 0 } as const;
  const found = await stage.inventory.listFindings(filter, new Date().toISOString());
  const alarmed = [asking, barred, invited, leaving, left, rejected].map(({ personId }) => personId);
  expect(found.map(({ personId }) => personId)).toEqual(expect.arrayContaining(alarmed));
  expect(found.every(({ severity }) => severity === 'critical')).toBe(true);
  const links = await stage.inventory.listEvidence({ limit: 1_000, offset: 0 });
  const refused = links.filter(({ action }) => action === 'refuse write');
  expect(refused.every(({ actor }) => actor === 'unknown')).toBe(true);
  for (const personId of alarmed) expect(refused.map((link) => link.personId)).toContain(personId);
  expect(links.filter(({ personId }) => personId === 'nobody')).toEqual([]);
  expect(await stage.inventory.verifyEvidence()).toMatchObject({ ok: true });
});

const byTime = (a = '', b = ''): number => Date.parse(a) - Date.parse(b);

test('times that a foreign caller makes up put nothing off', async () => {
  const soon = new Date(Date.now() + 60_000).toISOString();
  const row = await stage.inventory.findEvent(scene.leaving.eventId);
  expect(row).toMatchObject({ takenUpBy: 'none' });
  expect([row?.takenUpAt, soon].toSorted(byTime)).toEqual([row?.takenUpAt, soon]);
  const people = await stage.inventory.listPeople({ limit: 100, offset: 0 });
  expect(people.find(({ personId }) => personId === 'left')).not.toHaveProperty('phase', 'changing');
  expect((await stage.inventory.listApprovals({})).filter(({ requestedAt }) => requestedAt > soon)).toEqual([]);
});

test('the people go on as if nobody had called: one joins, one is given what the lead approves', async () => {
  const { asking, invited, admin } = scene;
  stage.simulator.accept(invited.accountId);
  const handle = server.client().workflow.getHandle(personWorkflowId(invited.personId));
  await handle.signal(accountActivatedSignal, { accountId: invited.accountId });
  const lead = await tokenOf(stage, 'lead');
  expect(await stage.muster.decide(approve(asking.approvalId, ''), lead)).toMatchObject({ state: 'approved' });
  for (const { eventId } of [invited, asking]) {
    const outcome = await eventually('the end', async () => (await stage.inventory.findEvent(eventId))?.outcome);
    expect(outcome).toMatchObject({ kind: 'completed' });
  }
  expect(await rolesOf(stage, 'asking@example.com')).toContain(admin.name);
  expect(await rolesOf(stage, 'pawn@example.com')).not.toContain(admin.name);
  expect((await stage.inventory.findPerson('pawn'))?.employment).not.toBe('left');
});
