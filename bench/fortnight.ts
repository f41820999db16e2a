import { join } from 'node:path';
import type { WorkerInterceptors } from '@temporalio/worker';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { openInventory } from '../test/support/inventory.ts';
import { createMuster } from '../client/operations/muster.ts';
import { startSimulator } from '../simulator/index.ts';
import { findTestServer } from '../workers/engine/find.ts';
import { personWorkflowId, searchAttributes } from '../domain/contracts.ts';
import { closedAtTheEnd, makeFolder } from './ending.ts';
import type { Figure } from './figures.ts';
import { tableOf } from './histories.ts';
import { until } from './measure.ts';
import { joinerOf } from './people.ts';
import { startWorkerSide, type BenchOptions } from './stage.ts';

const keyword = 2;
const fifteenDaysMs = 15 * 86_400_000;

/** Nobody accepts for 14 days: invitations are repeated, then the process gives up. On a server that skips time. */
export async function measureFortnight({ findOptions, bundle, say }: BenchOptions): Promise<readonly Figure[]> {
  const path = await findTestServer(findOptions);
  await using opened = new AsyncDisposableStack();
  const { environment } = opened.use(
    await closedAtTheEnd(async () => {
      const server = { executable: { type: 'existing-path', path } } as const;
      const created = await TestWorkflowEnvironment.createTimeSkipping({ server });
      return { environment: created, [Symbol.asyncDispose]: () => created.teardown() };
    }),
  );
  const { client } = environment;
  const { namespace } = client.options;
  await environment.connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(Object.values(searchAttributes).map(({ name }) => [name, keyword])),
  });
  const { path: home } = opened.use(await makeFolder());
  const clock = { ms: await environment.currentTimeMs() };
  const simulator = opened.use(await startSimulator({ now: () => clock.ms }));
  const inventoryFile = join(home, 'inventory.db');
  const inventory = opened.use(await openInventory({ file: inventoryFile }));
  opened.use(
    await startWorkerSide({
      address: environment.address,
      namespace,
      simulator,
      inventoryFile,
      workflowBundle: bundle,
      overrides: { interceptors: followTime(clock, () => environment.currentTimeMs()) },
    }),
  );
  const muster = createMuster({ client, inventory });
  const joiner = joinerOf('unanswered', {}, new Date(clock.ms));
  await muster.submitEvent(joiner);
  await until(
    'the invitation',
    async () => ((await muster.status('unanswered'))?.phase === 'waitingForAcceptance' ? true : undefined),
    20_000,
  );
  await environment.sleep(fifteenDaysMs);
  const outcome = await muster.waitForOutcome(joiner.eventId, { timeoutMs: 20_000 });
  if (outcome?.kind !== 'notAccepted') throw new Error(`ended as ${JSON.stringify(outcome)} instead of notAccepted`);
  const { events = [] } = await client.workflow.getHandle(personWorkflowId('unanswered')).fetchHistory();
  const invitations = simulator.requests.count('POST', '/api/v2/user_invitations');
  say(`14 days without an answer, ${invitations} invitations: ${events?.length ?? 0} events`);
  say(tableOf(events ?? []));
  return [{ name: 'events of 14 unanswered days', value: events?.length ?? 0, target: 199 }];
}

/** Before each activity the simulator's clock becomes the server's. */
function followTime(clock: { ms: number }, currentTimeMs: () => Promise<number>): WorkerInterceptors {
  return {
    activity: [
      () => ({
        inbound: {
          async execute(input, next) {
            clock.ms = await currentTimeMs();
            return next(input);
          },
        },
      }),
    ],
  };
}
