import { z } from 'zod';
import type { GatewayPart } from './context.ts';

const check = z.enum(['ok', 'noAnswer']);
const readiness = z.object({
  ready: z.boolean(),
  draining: z.boolean(),
  engine: check,
  database: check,
  datadog: z
    .object({ lastGoodAnswer: z.string().nullable() })
    .describe('When a sync last read Datadog whole. For information: events are taken without Datadog too'),
});

const answerWithinMs = 2_000;

/** For load balancers and supervisors. No authentication, and nothing of the inside. */
export const healthRoutes: GatewayPart = (app, { inventory, engineAnswers, isDraining }) => {
  app.get(
    '/livez',
    {
      schema: {
        tags: ['health'],
        summary: 'The process answers',
        response: { 200: z.object({ live: z.literal(true) }).describe('It does') },
      },
    },
    () => ({ live: true as const }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        tags: ['health'],
        summary: 'Whether events can be taken',
        response: { 200: readiness.describe('Yes'), 503: readiness.describe('No, or the gateway is stopping') },
      },
    },
    async (_request, reply) => {
      const [engine, runs] = await Promise.all([
        answersInTime(engineAnswers),
        answersInTime(() => inventory.listSyncRuns(20)),
      ]);
      const lastGood = runs?.answer.find(({ summary }) => summary?.complete === true)?.finishedAt ?? null;
      const ready = engine !== undefined && runs !== undefined && !isDraining();
      return reply.code(ready ? 200 : 503).send({
        ready,
        draining: isDraining(),
        engine: engine === undefined ? 'noAnswer' : 'ok',
        database: runs === undefined ? 'noAnswer' : 'ok',
        datadog: { lastGoodAnswer: lastGood },
      });
    },
  );
};

/** Undefined where there is no answer in time. */
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
