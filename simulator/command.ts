import { startSimulator } from './index.ts';
import type { SimulatorOptions } from './index.ts';

export { parseDurationMs, parseRateLimit } from './durations.ts';

/**
 * Starts a simulator, writes `{"url", "apiKey", "appKey"}` as the first line of `out`, and
 * returns after SIGINT or SIGTERM, when it is closed.
 */
export async function runSimulator(options: SimulatorOptions, out: NodeJS.WritableStream): Promise<void> {
  const simulator = await startSimulator(options);
  try {
    const { url, apiKey, appKey } = simulator;
    const stopped = signalled();
    out.write(`${JSON.stringify({ url, apiKey, appKey })}\n`);
    await stopped;
  } finally {
    await simulator.close();
  }
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
