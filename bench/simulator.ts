import { startSimulator, type SimulatorOptions } from '../simulator/index.ts';
import { runChild } from './children.ts';

// A process of its own, as Datadog is elsewhere too: its work must not slow down the worker that is measured.
await runChild(async (options: SimulatorOptions) => {
  const simulator = await startSimulator(options);
  const { url, apiKey, appKey } = simulator;
  return { ready: { url, apiKey, appKey }, stop: () => simulator.close() };
});
