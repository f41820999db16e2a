import { startTimeSkipping } from './engine.ts';
import { startTestMuster, type TestMuster, type TestMusterOptions } from './muster.ts';

export interface SkippedTime extends TestMuster {
  /** Lets so much time pass; everything that is due happens. */
  readonly pass: (ms: number) => Promise<void>;
  readonly now: (offsetMs?: number) => Promise<Date>;
  /** The person's process is in the phase. */
  readonly client: TestMusterOptions['client'];
}

export const hour = 3_600_000;
export const day = 24 * hour;

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
      pass: (ms) => environment.sleep(ms),
      now: async (offsetMs = 0) => new Date((await environment.currentTimeMs()) + offsetMs),
    });
  } finally {
    await environment.teardown();
  }
}
