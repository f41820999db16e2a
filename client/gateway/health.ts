import { z } from 'zod';
import { minuteMs } from '../../domain/durations.ts';
import { lastRuns } from '../../policy/cron.ts';
import type { GatewayContext, GatewayPart } from './context.ts';

const check = z.enum(['ok', 'noAnswer']);
const readiness = z.object({
  ready: z.boolean(),
  draining: z.boolean(),
  engine: check,
  database: check,
  datadog: z
    .object({ state: z.enum(['ok', 'never', 'stale']), lastGoodAnswer: z.string().nullable() })
    .describe('When a sync last read all accounts; stale once two syncs in a row should have and did not'),
});

const answerWithinMs = 2_000;
/** How long a sync may take before it counts as missed. */
const syncTakesMs = 15 * minuteMs;

/** For load balancers and supervisors. No authentication, and no details. */
export const healthRoutes: GatewayPart = (app, context) => {
  app.get(
    '/livez',
    {
      schema: {
        tags: ['health'],
        summary: 'Whether the process responds',
        response: { 200: z.object({ live: z.literal(true) }).describe('It does') },
      },
    },
    () => ({ live: true as const }),
  );

  for (const { url, summary, needsAll } of probes) {
    app.get(
      url,
      {
        schema: {
          tags: ['health'],
          summary,
          response: { 200: readiness.describe('Yes'), 503: readiness.describe('No, or the gateway is stopping') },
        },
      },
      async (_request, reply) => {
        const found = await readState(context);
        const takesEvents = found.database === 'ok' && !found.draining;
        const ready = takesEvents && (!needsAll || (found.engine === 'ok' && found.datadog.state === 'ok'));
        return reply.code(ready ? 200 : 503).send({ ready, ...found });
      },
    );
  }
};

/** An outage of Datadog or Temporal must not keep HR's events out: a load balancer uses the second probe. */
const probes = [
  {
    url: '/readyz',
    summary: 'Whether everything that Muster needs responds: engine, database, Datadog',
    needsAll: true,
  },
  {
    url: '/readyz/events',
    summary: 'Whether events are accepted: the database alone is needed for that',
    needsAll: false,
  },
] as const;

async function readState({ inventory, policy, engineAnswers, isDraining, now }: GatewayContext) {
  const [engine, lastGood] = await Promise.all([
    answersInTime(engineAnswers),
    answersInTime(() => lastGoodAnswer(inventory)),
  ]);
  const at = lastGood?.answer;
  const ended = new Date(now().getTime() - syncTakesMs);
  const [, lastButOne] = lastRuns(policy.sync.cron, policy.sync.timeZone, ended, 2);
  const isStale = at !== undefined && lastButOne !== undefined && Date.parse(at) < lastButOne.getTime();
  return {
    draining: isDraining(),
    engine: engine === undefined ? 'noAnswer' : 'ok',
    database: lastGood === undefined ? 'noAnswer' : 'ok',
    datadog: { state: at === undefined ? 'never' : isStale ? 'stale' : 'ok', lastGoodAnswer: at ?? null },
  } as const;
}

/** A single list that stays incomplete is not an outage: the accounts count. */
async function lastGoodAnswer(inventory: GatewayContext['inventory']): Promise<string | undefined> {
  const runs = await inventory.listSyncRuns(20);
  const good = runs.find(({ kinds }) => kinds.accounts?.state === 'complete');
  return good?.finishedAt ?? (await inventory.standingKinds()).completeAt.accounts;
}

/** Undefined where nothing comes in time. */
async function answersInTime<T>(ask: () => Promise<T>): Promise<{ readonly answer: T } | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), answerWithinMs)));
  try {
    return await Promise.race([ask().then((answer) => ({ answer })), late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
