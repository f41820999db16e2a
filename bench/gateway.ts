import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import pLimit from 'p-limit';
import { startHoldingProxy } from '../test/support/holdingProxy.ts';
import { startProgram, type Program } from '../test/support/processes.ts';
import { examplePolicyPath } from '../config/config.ts';
import { ensureSearchAttributes } from '../workers/searchAttributes.ts';
import { personWorkflowId } from '../domain/contracts.ts';
import { closedAtTheEnd } from './ending.ts';
import { median, round, spreadOf, type Figure } from './figures.ts';
import { residentMiB } from './measure.ts';
import { startStage, type BenchOptions, type Stage } from './stage.ts';
import { tellPerson } from '../client/operations/startPerson.ts';

export const secret = `whsec_${Buffer.from('the secret of a benchmark, nothing else').toString('base64')}`;
const port = 18_480;
export const base = `http://127.0.0.1:${port}`;
export const url = `${base}/v1/events`;
const perRound = 200;
const concurrency = 16;
const steady = { count: 500, perSecond: 20 };

/** The intake, with no worker running: what an accepted event costs, how long a sender waits, and what kills lose. */
export async function measureGateway({
  findOptions,
  repetitions,
  kills,
  say,
}: BenchOptions): Promise<readonly Figure[]> {
  await using stage = await startStage(findOptions);
  await ensureSearchAttributes(stage.client);
  await mkdir(join(stage.home, 'secrets'));
  await writeFile(join(stage.home, 'secrets', 'hr'), secret);
  const gateway = await startGateway(stage, stage.engine.address);
  try {
    const ratios: number[] = [];
    for (let turn = 0; turn < repetitions; turn += 1) {
      const bareMs = await timed(`b${turn}`, (personId) => signalBare(stage, personId));
      const acceptedMs = await timed(`g${turn}`, (personId) => accepted(personId));
      ratios.push(acceptedMs / bareMs);
      say(`signalWithStart ${rate(bareMs)}, accepted events ${rate(acceptedMs)}`);
    }
    const p99 = await measureSteadily('workers down', (index) => untilAccepted(`s-${index}`), say);
    await gateway.end('SIGTERM');
    const down = await measureDown(stage, say);
    const lost = await countLostByKills(stage, kills);
    return [
      {
        name: 'time of an accepted event, in bare signalWithStart',
        value: median(ratios),
        target: 1 / 0.7,
        spread: spreadOf(ratios),
      },
      {
        name: `p99 of ${steady.count} events at ${steady.perSecond}/s, workers down`,
        value: p99,
        unit: ' ms',
        target: 1_000,
      },
      ...down,
      { name: `events lost or there twice after ${kills} kills before the reply`, value: lost, target: 0 },
    ];
  } finally {
    await gateway.end('SIGKILL');
  }
}

const rate = (ms: number): string => `${Math.round((perRound * 1_000) / ms)}/s`;

export async function startGateway({ home }: Stage, address: string, policyPath = examplePolicyPath): Promise<Program> {
  const env = {
    TEMPORAL_ADDRESS: address,
    MUSTER_HOME: home,
    MUSTER_PORT: String(port),
    MUSTER_POLICY: policyPath,
  };
  const gateway = await closedAtTheEnd(async () => {
    const program = startProgram('client/gateway/main.ts', { env });
    return { ...program, [Symbol.asyncDispose]: async () => void (await program.end('SIGKILL')) };
  });
  await until(() => {
    if (!gateway.isRunning()) throw new Error(`the gateway ended: ${gateway.said.err}`);
    return gateway.said.err.includes('gateway started');
  });
  return gateway;
}

/** All of a round, so many at a time; in milliseconds. */
async function timed(name: string, send: (personId: string) => Promise<unknown>): Promise<number> {
  const ids = Array.from({ length: perRound }, (_, index) => `${name}-${index}`);
  const startedAt = performance.now();
  await pLimit(concurrency).map(ids, send);
  return performance.now() - startedAt;
}

const personOf = (personId: string) => ({ email: `${personId}@example.com`, department: 'Engineering' });

const signalBare = ({ client }: Stage, personId: string) =>
  tellPerson(client, { eventId: personId, kind: 'joiner', personId });

async function send(personId: string): Promise<number> {
  const body = JSON.stringify({ type: 'joiner', data: { personId, ...personOf(personId) } });
  const at = new Date();
  const headers = {
    'content-type': 'application/json',
    'webhook-id': personId,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(personId, at, body),
  };
  const answer = await fetch(url, { method: 'POST', body, headers });
  await answer.text();
  return answer.status;
}

async function accepted(personId: string): Promise<void> {
  const status = await send(personId);
  if (status !== 202) throw new Error(`${personId} was answered with ${status}`);
}

async function untilAccepted(personId: string): Promise<void> {
  await until(async () => (await send(personId).catch(() => 0)) === 202);
}

/** Temporal goes away under a running gateway: it no longer answers, or refuses to be connected to. Nobody repeats anything. */
async function measureDown(stage: Stage, say: BenchOptions['say']): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  let lost = 0;
  for (const how of ['silent', 'gone'] as const) {
    await using proxy = await startHoldingProxy(stage.engine.address);
    const gateway = await startGateway(stage, proxy.address);
    try {
      if (how === 'silent') proxy.hold(true);
      else await proxy[Symbol.asyncDispose]();
      const before = await residentMiB(gateway.pid);
      const p99 = await measureSteadily(`Temporal ${how}`, (index) => accepted(`${how}-${index}`), say);
      say(`gateway: ${round(before)} MiB before, ${round(await residentMiB(gateway.pid))} MiB after`);
      figures.push({ name: `p99 of the same, Temporal ${how}`, value: p99, unit: ' ms', target: 1_000 });
    } finally {
      await gateway.end('SIGTERM');
    }
    const wrong = await Promise.all(
      Array.from({ length: steady.count }, (_, index) => countWrong(stage, `${how}-${index}`)),
    );
    lost += wrong.reduce((total, count) => total + count, 0);
  }
  return [...figures, { name: 'accepted events not on record, Temporal down', value: lost, target: 0 }];
}

/** Kills the gateway between accepting and answering; the sender repeats. */
async function countLostByKills(stage: Stage, kills: number): Promise<number> {
  await using proxy = await startHoldingProxy(stage.engine.address);
  let lost = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    proxy.hold(false);
    const killed = await startGateway(stage, proxy.address);
    proxy.hold(true);
    const sending = untilAccepted(`k${kill}`);
    await until(() => hasRun(stage, `k${kill}`));
    await killed.end('SIGKILL');
    proxy.hold(false);
    const gateway = await startGateway(stage, proxy.address);
    await sending;
    lost += await countWrong(stage, `k${kill}`);
    await gateway.end('SIGTERM');
  }
  return lost;
}

/** Sends each at its moment, however long the answers take. Returns the 99th percentile of their times, in milliseconds. */
async function measureSteadily(
  what: string,
  sendOne: (index: number) => Promise<void>,
  say: BenchOptions['say'],
): Promise<number> {
  const startedAt = performance.now();
  const durations = await Promise.all(
    Array.from({ length: steady.count }, async (_, index) => {
      const dueMs = (index * 1_000) / steady.perSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, startedAt + dueMs - performance.now())));
      const sentAt = performance.now();
      await sendOne(index);
      return performance.now() - sentAt;
    }),
  );
  const p99 = durations.toSorted((a, b) => a - b)[Math.floor(durations.length * 0.99)] ?? Infinity;
  say(`${steady.count} at ${steady.perSecond}/s, ${what}: median ${round(median(durations))} ms, p99 ${round(p99)} ms`);
  return p99;
}

const hasRun = ({ client }: Stage, personId: string): Promise<boolean> =>
  client.workflow
    .getHandle(personWorkflowId(personId))
    .describe()
    .then(() => true)
    .catch(() => false);

/** Signals of a repetition are dropped by their eventId: what counts is that the intake holds exactly one event. */
async function countWrong({ inventory }: Stage, personId: string): Promise<number> {
  const events = await inventory.waitingEvents({ personId, limit: 10 });
  return events.length === 1 ? 0 : 1;
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('waited for a minute in vain');
}
