import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { msToTs } from '@temporalio/common';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { connectTemporal } from '../../client/operations/temporal.ts';
import { ensureSearchAttributes } from '../../workers/searchAttributes.ts';
import { searchAttributes } from '../../domain/contracts.ts';
import { findSkippingServer } from './programs.ts';
import { shared } from './shared/client.ts';
import { startTemporal, type Settings } from './shared/temporal.ts';

/** All warnings but those of each worker's start: the SDK doubts that the server is new enough for heartbeats. */
const coreFilter = ['error', 'temporalio_sdk_core=warn', 'temporalio_sdk_core::worker=error']
  .concat(['workflow', 'activities'].map((part) => `temporalio_sdk_core::worker::${part}=warn`))
  .join();

let isQuiet = false;

/** Retries and refusals are what the tests are about: only what no test expects is printed. */
export function quietRuntime(): void {
  if (!isQuiet) {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: coreFilter } },
    });
  }
  isQuiet = true;
}

/** A namespace of its own on the dev server that the run shares; on a server of its own where it has `settings` or a `file`. */
export async function startDevServer({ settings, file }: { settings?: Settings; file?: string } = {}) {
  quietRuntime();
  await using opened = new AsyncDisposableStack();
  const running = settings === undefined && file === undefined ? await shared('temporal') : undefined;
  const { address } = running ?? opened.use(await startTemporal(settings, file));
  const namespace = `test-${randomUUID()}`;
  const { client } = opened.use(await connectTemporal({ connection: { address }, namespace }));
  await client.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
  await ensureSearchAttributes(client);
  opened.defer(() => deleteSchedules(client));
  const kept = opened.move();
  return {
    address,
    client,
    /** For a program that works in the namespace. */
    env: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** They would go on starting workflows that nobody runs. */
async function deleteSchedules({ schedule }: Client): Promise<void> {
  for await (const { scheduleId } of schedule.list()) await schedule.getHandle(scheduleId).delete();
}

/** The time-skipping server. One open chain of runs each: after a result its clock is years ahead. */
export async function startTimeSkipping() {
  quietRuntime();
  const path = await findSkippingServer();
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  // This server can add them, but not list them.
  const keyword = 2;
  await environment.connection.operatorService.addSearchAttributes({
    namespace: environment.namespace ?? 'default',
    searchAttributes: Object.fromEntries(Object.values(searchAttributes).map(({ name }) => [name, keyword])),
  });
  return environment;
}
