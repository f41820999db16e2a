import pLimit from 'p-limit';
import { accountActivatedSignal, hrEventSignal, personWorkflowId } from '../domain/contracts.ts';
import { round, type Figure } from './figures.ts';
import { readHistory } from './histories.ts';
import { pause, until } from './measure.ts';
import { joinerOf } from './people.ts';
import { controlSimulator, startStage, startWorkerSide, type BenchOptions, type Stage } from './stage.ts';

const personId = 'flooded';
const signals = 2_000;
const signalsAtOnce = 4;
const betweenQueriesMs = 50;
const observedAfterMs = 5_000;
const longestAnswerMs = 60_000;

/** One person waits for acceptance while a stranger signals them without end: who asks how far they are is answered. */
export async function measureFlood({ findOptions, bundle, say }: BenchOptions): Promise<readonly Figure[]> {
  await using stage = await startStage(findOptions);
  const { address } = stage.engine;
  await using workers = await startWorkerSide({ ...stage, address, workflowBundle: bundle });
  void workers;
  const { client, muster, simulator } = stage;
  const joiner = joinerOf(personId);
  await muster.submitEvent(joiner);
  const accountId = await waitForInvitation(stage);
  const handle = client.workflow.getHandle(personWorkflowId(personId));

  const before = await handle.describe();
  const flood = { isSent: false, isOver: false };
  const asking = timesOfStatus(stage, flood);
  const startedAt = performance.now();
  try {
    const ids = Array.from({ length: signals }, (_, index) => `stranger:${index}`);
    await pLimit(signalsAtOnce).map(ids, (eventId) => handle.signal(hrEventSignal, { eventId }));
    say(`${signals} signals sent in ${round((performance.now() - startedAt) / 1_000)} s`);
    flood.isSent = true;
    await pause(observedAfterMs);
  } finally {
    flood.isOver = true;
  }
  const times = await asking;
  const { events, sizeKiB } = await readHistory(client, personWorkflowId(personId));
  const after = await handle.describe();
  const run = before.runId === after.runId ? 'the same run' : 'continued as new';
  say(`status was asked ${times.length} times; ${run}, ${events.length} events, ${round(sizeKiB)} KiB`);

  await controlSimulator(simulator.url, 'accept', { userId: accountId });
  await handle.signal(accountActivatedSignal, { accountId });
  const outcome = await muster.waitForOutcome(joiner.eventId, { timeoutMs: 60_000 });
  if (outcome?.kind !== 'completed') throw new Error(`${personId} ended as ${JSON.stringify(outcome)}`);
  return [
    {
      name: `longest answer of status once ${signals} signals have come`,
      value: longestOf(times, true),
      unit: ' ms',
      target: 2_000,
    },
    { name: 'longest answer of status while they come', value: longestOf(times, false), unit: ' ms', target: 2_000 },
  ];
}

interface Answer {
  /** Whether all signals had been sent when it was asked for. */
  readonly isAfter: boolean;
  readonly ms: number;
}

const longestOf = (answers: readonly Answer[], after: boolean): number =>
  Math.max(...answers.filter(({ isAfter }) => isAfter === after).map(({ ms }) => ms));

/** Returns the account's id. */
async function waitForInvitation({ muster }: Stage): Promise<string> {
  return until(
    'the invitation',
    async () => {
      const status = await muster.status(personId);
      return status?.phase === 'waitingForAcceptance' ? status.account?.id : undefined;
    },
    60_000,
  );
}

/** One query after the other until the flood is over. */
async function timesOfStatus(
  { muster }: Stage,
  flood: { readonly isSent: boolean; readonly isOver: boolean },
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  while (!flood.isOver) {
    const isAfter = flood.isSent;
    const askedAt = performance.now();
    if ((await muster.status(personId, longestAnswerMs)) === undefined) throw new Error(`${personId} has no open run`);
    answers.push({ isAfter, ms: performance.now() - askedAt });
    await pause(betweenQueriesMs);
  }
  return answers;
}
