import type { Client } from '@temporalio/client';
import pLimit from 'p-limit';
import type { Activities } from '../activities/index.ts';
import { withCalls } from '../datadog/wrappers/replaceCalls.ts';
import type { Datadog, DatadogClient } from '../datadog/types.ts';
import { accountActivatedSignal, hrEventSignal, personWorkflowId } from '../domain/contracts.ts';
import { median, round, spreadOf, type Figure } from './figures.ts';
import { readHistory, tableOf } from './histories.ts';
import { cpuSeconds, pause } from './measure.ts';
import { idsOf, joinerOf } from './people.ts';
import { startStage, startWorkerSide, type BenchOptions, type Stage } from './stage.ts';
import { deriveShape, describeShape, placeShape } from './twin/derive.ts';
import type { Shape, TwinActivities } from './twin/shape.ts';
import { personStartOptions } from '../client/operations/startPerson.ts';

const concurrency = 20;
/** Run before anything is measured: warms the engine and the worker, and one of them lends the twin its shape. */
const probes = 60;

interface Sample {
  readonly cpuSeconds: number;
  readonly seconds: number;
}

/** The same number of executions of both, in turns; what the engine's process used, and how long all of them took. */
export async function measureOnboarding(options: BenchOptions): Promise<readonly Figure[]> {
  const { findOptions, bundle, repetitions, executions, say } = options;
  // Invited people have accepted by the next request.
  await using stage = await startStage(findOptions, { acceptAfterMs: 0 });
  const shape = await probe(stage, options);
  await using workers = await startBoth(stage, placeShape(bundle, shape));
  void workers;
  const kinds = { real: onboard, twin: runTwin } as const;
  await repeat(stage, onboard, idsOf('warm-real', concurrency));
  await repeat(stage, runTwin, idsOf('warm-twin', concurrency));
  const twinHistory = await readHistory(stage.client, personWorkflowId('warm-twin-1'));
  say(`The twin's history: ${twinHistory.events.length} events, ${twinHistory.sizeKiB.toFixed(1)} KiB`);
  say(tableOf(twinHistory.events));
  const samples: Record<keyof typeof kinds, Sample[]> = { real: [], twin: [] };
  for (let repetition = 1; repetition <= repetitions; repetition += 1) {
    for (const kind of ['real', 'twin'] as const) {
      const sample = await measure(stage, kinds[kind], idsOf(`${kind}-${repetition}`, executions));
      samples[kind].push(sample);
      say(`${kind} ${repetition}: engine CPU ${round(sample.cpuSeconds)} s, makespan ${round(sample.seconds)} s`);
    }
  }
  return (['cpuSeconds', 'seconds'] as const).map((what) => {
    const [real, twin] = [samples.real.map((one) => one[what]), samples.twin.map((one) => one[what])];
    return {
      name: what === 'seconds' ? 'makespan, onboarding : twin' : 'engine CPU, onboarding : twin',
      value: median(real) / median(twin),
      target: 1.25,
      spread: spreadOf(real.map((value, index) => value / (twin[index] ?? Number.NaN))),
    };
  });
}

/** Onboards people, and takes the history with the median number of events for a typical one. */
async function probe(stage: Stage, { bundle, say }: BenchOptions): Promise<Shape> {
  await using workers = await startBoth(stage, bundle);
  void workers;
  const personIds = idsOf('probe', probes);
  await repeat(stage, onboard, personIds);
  const histories = await Promise.all(
    personIds.slice(-concurrency).map((personId) => readHistory(stage.client, personWorkflowId(personId))),
  );
  const typical = histories.toSorted((a, b) => a.events.length - b.events.length)[concurrency / 2];
  if (typical === undefined) throw new Error('no onboarding was probed');
  const shape = deriveShape(typical.events, 'sendInvitation');
  say(`A real onboarding: ${typical.events.length} events, ${typical.sizeKiB.toFixed(1)} KiB; ${describeShape(shape)}`);
  say(tableOf(typical.events));
  return shape;
}

const startBoth = (stage: Stage, workflowBundle: BenchOptions['bundle']) =>
  startWorkerSide({
    ...stage,
    address: stage.engine.address,
    workflowBundle,
    wrapDatadog: signalAcceptance,
    wrapActivities: addTwin,
  });

type Run = (stage: Stage, personId: string) => Promise<void>;

async function repeat(stage: Stage, run: Run, personIds: readonly string[]): Promise<void> {
  await pLimit(concurrency).map(personIds, (personId) => run(stage, personId));
}

async function measure(stage: Stage, run: Run, personIds: readonly string[]): Promise<Sample> {
  await pause(2_000);
  const [cpuBefore, startedAt] = [await cpuSeconds(stage.engine.pid), Date.now()];
  await repeat(stage, run, personIds);
  const seconds = (Date.now() - startedAt) / 1_000;
  // The engine still closes what has ended.
  await pause(1_000);
  return { seconds, cpuSeconds: (await cpuSeconds(stage.engine.pid)) - cpuBefore };
}

async function onboard({ muster, client, inventory }: Stage, personId: string): Promise<void> {
  const { eventId } = await muster.submitEvent(joinerOf(personId));
  await client.workflow.getHandle(personWorkflowId(personId)).result();
  const outcome = (await inventory.findEvent(eventId))?.outcome;
  if (outcome?.kind !== 'completed') throw new Error(`${personId} ended as ${JSON.stringify(outcome)}`);
}

async function runTwin({ client }: Stage, personId: string): Promise<void> {
  const handle = await client.workflow.signalWithStart('twin', {
    ...personStartOptions(personId, 'joiner'),
    args: [{ personId }],
    signal: hrEventSignal,
    signalArgs: [joinerOf(personId)],
  });
  await handle.result();
}

/** Invited people accept at once, and their processes hear of it at once. */
function signalAcceptance(datadog: DatadogClient, client: Client): DatadogClient {
  const personIds = new Map<string, string>();
  const watch = (api: Datadog): Datadog =>
    withCalls(api, {
      async createAccount(account) {
        const created = await api.createAccount(account);
        personIds.set(created.id, account.email.split('@')[0] ?? '');
        return created;
      },
      async sendInvitation(accountId) {
        const invitation = await api.sendInvitation(accountId);
        await signalActivated(client, personIds.get(accountId) ?? '', accountId);
        return invitation;
      },
    });
  return {
    baseUrl: datadog.baseUrl,
    attempt: (options) => watch(datadog.attempt(options)),
    close: () => datadog.close(),
    [Symbol.asyncDispose]: () => datadog[Symbol.asyncDispose](),
  };
}

const signalActivated = (client: Client, personId: string, accountId: string): Promise<void> =>
  client.workflow.getHandle(personWorkflowId(personId)).signal(accountActivatedSignal, { accountId });

const anyAccountId = '00000000-0000-4000-8000-000000000000';

const answer = (bytes: number): string => 'x'.repeat(Math.max(0, bytes - 2));

function addTwin(activities: Activities, client: Client): Activities & TwinActivities {
  return {
    ...activities,
    twinLocal: (_input, resultBytes) => Promise.resolve(answer(resultBytes)),
    twinRegular: (_input, resultBytes) => Promise.resolve(answer(resultBytes)),
    async twinSignalling(_input, resultBytes, personId) {
      await signalActivated(client, personId, anyAccountId);
      return answer(resultBytes);
    },
  };
}
