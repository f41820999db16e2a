import { randomInt } from 'node:crypto';
import { NativeConnection } from '@temporalio/worker';
import type { HrEvent } from '../domain/model.ts';
import type { Policy } from '../domain/policy/rules.ts';
import { armMixture } from '../simulator/awkward/mixture.ts';
import type { SimulatorOptions } from '../simulator/index.ts';
import { budgetOf } from '../test/support/changeBudget.ts';
import { employ } from '../test/support/employees.ts';
import { startTestMuster, type TestMuster } from '../test/support/muster.ts';
import { findEngine } from '../workers/engine/find.ts';
import { startEngine } from '../workers/engine/start.ts';
import { ensureSearchAttributes } from '../workers/searchAttributes.ts';
import { connectTemporal } from '../client/operations/temporal.ts';
import { closedAtTheEnd, makeFolder } from './ending.ts';
import type { Figure } from './figures.ts';
import { pause, until } from './measure.ts';
import { idsOf, joinerOf } from './people.ts';
import type { BenchOptions } from './stage.ts';

const joiners = 500;
const leavers = 100;
const faultsForMs = 60_000;
const withinMs = 300_000;
const blockedForMs = 120_000;

type Site = TestMuster;

/** A leaver behind many joiners; many leavers at a Datadog that answers as it likes; one whom Datadog does not let go. */
export async function measureLeavers(options: BenchOptions): Promise<readonly Figure[]> {
  return [...(await measureBehind(options)), ...(await measureAwkward(options)), ...(await measureBlocked(options))];
}

/** What stands for seconds is a person who still has access. */
async function measureBehind(options: BenchOptions): Promise<readonly Figure[]> {
  await using site = await open(options, { rateLimit: { limit: 200, periodMs: 10_000 } });
  await employ(site, 'leaver-1');
  const all = idsOf('joiner', joiners).map((personId) => joinerOf(personId));
  for (const event of all) await site.inventory.receiveEvent(event, new Date().toISOString());
  await Promise.all(all.map((event) => site.muster.tell(event)));
  await until('Datadog to say that it is too much', async () => refusedIn(site) || undefined, withinMs);
  const startedAt = performance.now();
  await site.muster.submitEvent({ ...leaverOf('leaver-1'), immediate: true });
  await until('the leaver to be disabled', async () => isDisabled(site, 'leaver-1') || undefined, withinMs);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { length: invited } = site.simulator.users().filter(({ email }) => email.startsWith('joiner-'));
  options.say(`${invited} of ${joiners} joiners had an account by then`);
  return [{ name: `a leaver behind ${joiners} joiners, disabled after`, value: seconds, unit: ' s', target: 30 }];
}

async function measureAwkward(options: BenchOptions): Promise<readonly Figure[]> {
  const seed = randomInt(2 ** 31);
  options.say(`awkward Datadog of seed ${seed}`);
  await using site = await open(options, { people: 10, nhis: 3, seed, awkward: seed });
  const { faults } = site.simulator;
  const people = idsOf('leaver', leavers);
  calm(site);
  for (const personId of people) await employ(site, personId);
  armMixture(seed, site.simulator);
  for (const personId of people) await site.muster.submitEvent(leaverOf(personId));
  await pause(faultsForMs);
  const during = people.filter((personId) => isDisabled(site, personId)).length;
  const struck = faults.list().reduce((count, fault) => count + fault.struck, 0);
  options.say(`${during} of ${leavers} disabled while ${struck} faults struck`);
  calm(site);
  const endedAt = performance.now();
  const left = () => people.filter((personId) => !isDisabled(site, personId) && !isToldOf(site, personId));
  await until('all to be disabled, or told of', async () => left().length === 0 || undefined, withinMs).catch(
    () => undefined,
  );
  options.say(`all ${((performance.now() - endedAt) / 1_000).toFixed(1)} s after the faults' end`);
  return [
    { name: `leavers of ${leavers} neither disabled nor told of, faults at random`, value: left().length, target: 0 },
  ];
}

async function measureBlocked(options: BenchOptions): Promise<readonly Figure[]> {
  await using site = await open(options, {});
  await employ(site, 'blocked-1');
  const reply = { status: 400, body: { errors: ['not this one'] } };
  site.simulator.faults.add({ kind: 'reply', match: { method: 'DELETE', path: '/users/[^/]+$' }, reply });
  await site.muster.submitEvent(leaverOf('blocked-1'));
  await until('it to be blocked', async () => isToldOf(site, 'blocked-1') || undefined, withinMs);
  await pause(5_000);
  const before = site.simulator.requests.count();
  await pause(blockedForMs);
  const perMinute = ((site.simulator.requests.count() - before) * 60_000) / blockedForMs;
  return [{ name: 'requests a minute for a blocked leaver', value: perMinute, target: 12 }];
}

function calm({ simulator: { faults, awkward } }: Site): void {
  faults.clear();
  awkward.buckets.clear();
  awkward.setSearchLag(0);
}

/** Nobody is held. */
const policy = (example: Policy): Policy => ({ ...example, changeBudget: budgetOf(1_000) });

/** Everything in this process: what is measured waits for Datadog and for nothing else. */
async function open({ findOptions, bundle }: BenchOptions, simulator: SimulatorOptions) {
  await using opened = new AsyncDisposableStack();
  const { path: home } = opened.use(await makeFolder());
  const found = await findEngine(findOptions);
  const { address } = opened.use(await closedAtTheEnd(() => startEngine({ engine: found, home })));
  const { client } = opened.use(await connectTemporal({ connection: { address }, namespace: 'default' }));
  await ensureSearchAttributes(client);
  const connection = await NativeConnection.connect({ address });
  opened.defer(() => connection.close());
  const site = opened.use(await startTestMuster({ client, connection, bundle, simulator, policy }));
  const kept = opened.move();
  return { ...site, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const leaverOf = (personId: string): HrEvent => {
  const at = new Date().toISOString();
  return { eventId: `${personId}:leaver`, kind: 'leaver', personId, occurredAt: at, effectiveAt: at, source: 'cli' };
};

const isDisabled = ({ simulator }: Site, personId: string): boolean =>
  simulator.users().some(({ email, status }) => email === `${personId}@example.com` && status === 'Disabled');

const isToldOf = ({ notices }: Site, personId: string): boolean =>
  notices.some(
    (notice) => (notice.kind === 'accessNotEnded' || notice.kind === 'processBlocked') && notice.personId === personId,
  );

const refusedIn = ({ simulator }: Site): boolean => simulator.requests.count() > 200;
