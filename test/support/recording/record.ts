/**
 * Plays behaviors and stores their runs in test/histories: `node test/support/recording/record.ts` plays those of which
 * nothing is stored yet, `record.ts NAME` that one. What is stored is played again only when nobody has runs of the
 * workflows before the change; never to make a failing replay pass.
 */
import { spawnSync } from 'node:child_process';
import { DefaultLogger, Worker } from '@temporalio/worker';
import { bundleWorkflows } from '../../../client/operations/bundle.ts';
import { readHistories, storeHistory, toReplay, type StoredRun } from '../histories.ts';
import { scenes } from './scenes.ts';

const longestMs = 120_000;
const [name] = process.argv.slice(2);

if (name === undefined) await recordMissing();
else await record(name);

/** Each in a process of its own: what an engine that was stopped leaves behind disturbs no other. */
async function recordMissing(): Promise<void> {
  const stored = await readHistories();
  const missing = Object.keys(scenes).filter((one) => !stored.has(one));
  const failed = missing.filter((one) => {
    const { status } = spawnSync(process.execPath, [import.meta.filename, one], {
      stdio: 'inherit',
      timeout: longestMs,
    });
    return status !== 0;
  });
  if (failed.length > 0) process.stdout.write(`not recorded: ${failed.join(', ')}\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

async function record(behavior: string): Promise<never> {
  const scene = scenes[behavior];
  if (scene === undefined) throw new Error(`${behavior} is no behavior: ${Object.keys(scenes).join(', ')}`);
  const runs = await scene().catch((error: unknown) => {
    // What fails first is hidden where closing fails too.
    throw error instanceof SuppressedError ? error.suppressed : error;
  });
  await replay(runs);
  await storeHistory(behavior, runs);
  process.stdout.write(`recorded: ${behavior}\n`);
  process.exit();
}

/** What does not replay under the code that has just played it is a defect of that code, and no history to keep. */
async function replay(runs: readonly StoredRun[]): Promise<void> {
  const workflowBundle = await bundleWorkflows(new DefaultLogger('ERROR'));
  for (const run of runs) await Worker.runReplayHistory({ workflowBundle }, toReplay(run), run.workflowId);
}
