import { readFile } from 'node:fs/promises';
import { runChild } from './children.ts';
import { quietSdk, startWorkerSide } from './stage.ts';
import type { WorkerInput } from './workerInput.ts';

quietSdk();
// The workers as a process of their own, so that their memory can be told from the rest.
await runChild(async ({ bundleFile, maxCachedWorkflows, ...input }: WorkerInput) => {
  const workflowBundle = { code: await readFile(bundleFile, 'utf8') };
  const workers = await startWorkerSide({ ...input, workflowBundle, overrides: { maxCachedWorkflows } });
  return { ready: {}, stop: () => workers.stop() };
});
