import { expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Logger } from '@temporalio/worker';
import { createEvidenceActivities, isEvidenceUntold } from '../../../activities/sync/evidence.ts';
import type { FaultInput } from '../../../simulator/index.ts';
import { evidence } from '../../inventory/samples.ts';
import { openWorld, type World } from '../../datadog/world.ts';

const logPath = '/api/v2/logs';

async function openForwarding() {
  const world = await openWorld();
  const policy = () => ({ ...world.policy, audit: { forward: 'datadog' } as const });
  const { inventory, client: datadog } = world;
  const told: { level: string; message: string; meta: Record<string, unknown> }[] = [];
  const note = (level: string) => (message: string, meta?: Record<string, unknown>) =>
    void told.push({ level, message, meta: meta ?? {} });
  const ignore = () => undefined;
  const [info, warn, error] = [note('info'), note('warn'), note('error')];
  const logger: Logger = { trace: ignore, debug: ignore, log: ignore, info, warn, error };
  /** One light sync, in a worker that has just been started. */
  async function pass(chosen: () => World['policy'] = policy): Promise<void> {
    if (!(await isEvidenceUntold({ inventory, policy: chosen }))) return;
    const { tellEvidence } = createEvidenceActivities({ datadog, inventory, policy: chosen });
    await new MockActivityEnvironment({ startToCloseTimeoutMs: 4_000 }, { logger }).run(() => tellEvidence());
  }
  return { ...world, pass, told, append: (...steps: readonly string[]) => append(world, steps) };
}

async function append({ inventory }: World, steps: readonly string[]): Promise<void> {
  for (const step of steps) await inventory.appendEvidence(evidence(step));
}

/** The numbers of the links that Datadog took, in the order in which it took them. */
const taken = ({ simulator }: World): readonly number[] =>
  simulator.requests
    .list()
    .filter(({ path, carriedOut }) => path === logPath && carriedOut === 202)
    .flatMap(({ body }) => (JSON.parse(body) as { seq: string }[]).map(({ seq }) => Number(seq)));

test('every link is sent to Datadog once, in its order, with what it takes to check it', async () => {
  await using world = await openForwarding();
  await world.append('one', 'two');
  await world.pass();
  await world.append('three');
  await world.pass();
  await world.pass();
  expect(taken(world)).toEqual([1, 2, 3]);
  const [request] = world.simulator.requests.list().filter(({ path }) => path === logPath);
  const rows = await world.inventory.listEvidence({ limit: 1, offset: 0 });
  const sent = JSON.parse(request?.body ?? '') as Record<string, string>[];
  expect(sent[0]).toMatchObject({ ddsource: 'muster', hash: rows[0]?.hash, signature: rows[0]?.signature });
  expect(JSON.parse(sent[0]?.['entry'] ?? '')).toEqual(evidence('one'));
});

const faults: readonly FaultInput[] = [
  { kind: 500, times: 1 },
  { kind: 429, times: 1 },
  { kind: 403, times: 1 },
  { kind: 'torn', times: 1 },
  { kind: 'lostReply', times: 1 },
  { kind: 'hang', times: 1 },
];
test.each(faults)('a Datadog that answers with $kind gets the links later: none is left out', async (fault) => {
  await using world = await openForwarding();
  await world.append('one', 'two');
  world.simulator.faults.add({ ...fault, match: { path: `^${logPath}$` } });
  await world.pass();
  await world.append('three');
  for (let time = 0; (await world.inventory.findMark('forwarded'))?.seq !== 3; time += 1) {
    expect(time).toBeLessThan(5);
    await world.pass();
  }
  const sent = taken(world);
  expect([...new Set(sent)]).toEqual([1, 2, 3]);
  expect(sent.at(-1)).toBe(3);
  expect(world.told).toContainEqual(
    expect.objectContaining({ level: 'warn', message: expect.stringContaining('Datadog') }),
  );
});

test('many links go in requests of at most a thousand, and the rest waits for the next pass', async () => {
  await using world = await openForwarding();
  const count = 2_300;
  await world.inventory.inTransaction(async (trx) => {
    for (let index = 1; index <= count; index += 1) await trx.appendEvidence(evidence(`step ${index}`));
  });
  await world.pass();
  expect(taken(world)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  const bodies = world.simulator.requests.list().filter(({ path }) => path === logPath);
  expect(bodies.map(({ body }) => (JSON.parse(body) as unknown[]).length)).toEqual([1_000, 1_000, 300]);
});

test('links that are large go in requests that Datadog takes', async () => {
  await using world = await openForwarding();
  for (const step of ['one', 'two', 'three', 'four', 'five']) {
    await world.inventory.appendEvidence(evidence(step, { reason: 'x'.repeat(900_000) }));
  }
  await world.pass();
  expect(taken(world)).toEqual([1, 2, 3, 4, 5]);
});

test('the end of the chain is noted once an hour, and nothing is sent without the policy', async () => {
  await using world = await openForwarding();
  const unsent = () => world.policy;
  await world.pass(unsent);
  expect(world.told).toEqual([]);
  await world.append('one');
  await world.pass(unsent);
  await world.append('two');
  await world.pass(unsent);
  const [first, second] = await world.inventory.listEvidence({ limit: 2, offset: 0 });
  const line = { level: 'info', message: 'evidence head' };
  expect(world.told).toMatchObject([{ ...line, meta: { seq: 1, hash: first?.hash } }]);
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  await world.inventory.setMark('noted', { seq: 1, hash: first?.hash ?? '', at: hourAgo });
  await world.pass(unsent);
  expect(world.told.slice(1)).toMatchObject([{ ...line, meta: { seq: 2, hash: second?.hash } }]);
  expect(taken(world)).toEqual([]);
});

test('a chain that lost what was sent of it is said, and sent again from its beginning', async () => {
  await using world = await openForwarding();
  await world.append('one', 'two');
  await world.pass();
  const [, two] = await world.inventory.listEvidence({ limit: 2, offset: 0 });
  await world.inventory.setMark('forwarded', { seq: 2, hash: 'another', at: new Date().toISOString() });
  await world.pass();
  expect(taken(world)).toEqual([1, 2, 1, 2]);
  const gone = { level: 'error', meta: { told: 'forwarded', seq: 2, hash: 'another' } };
  expect(world.told.filter(({ level }) => level === 'error')).toMatchObject([gone]);
  expect(await world.inventory.findMark('forwarded')).toMatchObject({ seq: 2, hash: two?.hash });
});
