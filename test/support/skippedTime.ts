import { isGrpcCancelledError, isGrpcDeadlineError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { startTimeSkipping } from './engine.ts';
import { startTestMuster, type TestMuster, type TestMusterOptions } from './muster.ts';

export interface SkippedTime extends TestMuster {
  /** Lets so much time pass; everything that is due happens. */
  readonly pass: (ms: number) => Promise<void>;
  readonly now: (offsetMs?: number) => Promise<Date>;
  readonly client: TestMusterOptions['client'];
  /** Its address, for the command line. */
  readonly engine: string;
}

export const hour = 3_600_000;
export const day = 24 * hour;
const answersWithinMs = 5_000;

/** A Muster of its own on a time-skipping server of its own: after a result the server's clock would be years ahead. */
export async function onSkippedTime(
  play: (stage: SkippedTime) => Promise<void>,
  options: Partial<TestMusterOptions> = {},
): Promise<void> {
  const environment = await startTimeSkipping();
  try {
    await using stage = await startTestMuster({
      client: environment.client,
      connection: environment.nativeConnection,
      currentTimeMs: () => environment.currentTimeMs(),
      ...options,
    });
    await play({
      ...stage,
      client: environment.client,
      engine: environment.address,
      pass: (ms) => pass(environment, ms),
      now: async (offsetMs = 0) => new Date((await environment.currentTimeMs()) + offsetMs),
    });
  } finally {
    await environment.teardown();
  }
}

/** Now and then the server (1.40) passes the time and never replies: then the rest is requested. */
async function pass(environment: TestWorkflowEnvironment, ms: number): Promise<void> {
  const until = (await environment.currentTimeMs()) + ms;
  for (let leftMs = ms; leftMs > 0; leftMs = until - (await environment.currentTimeMs())) {
    try {
      await environment.connection.withDeadline(Date.now() + answersWithinMs, () => environment.sleep(leftMs));
    } catch (error) {
      // The server sees the deadline too, and may be the first to say so.
      if (!isGrpcDeadlineError(error) && !isGrpcCancelledError(error)) throw error;
    }
  }
}
