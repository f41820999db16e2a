import { expect, test } from '@jest/globals';
import { DefaultLogger, Worker } from '@temporalio/worker';
import { bundleWorkflows } from '../../client/operations/bundle.ts';
import { quietRuntime } from '../support/engine.ts';
import { readHistories, toReplay, type StoredRun } from '../support/histories.ts';
import { scenes } from '../support/recording/scenes.ts';

quietRuntime();
const workflowBundle = await bundleWorkflows(new DefaultLogger('ERROR'));

const behaviors = Object.keys(scenes).toSorted();

async function replay(run: StoredRun): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle }, toReplay(run), run.workflowId);
}

test('each behavior has its stored history', async () => {
  expect([...(await readHistories()).keys()].toSorted()).toEqual(behaviors);
});

test.each(behaviors)('a stored run replays as it went: %s', async (behavior) => {
  const runs = (await readHistories()).get(behavior) ?? [];
  expect(runs.length).toBeGreaterThan(0);
  for (const run of runs) await replay(run);
});

test.each(behaviors)('an altered run does not replay: %s', async (behavior) => {
  const [run] = (await readHistories()).get(behavior) ?? [];
  if (run === undefined) throw new Error('no run is stored');
  const text = JSON.stringify(run.history);
  // A run that only waited has no activity but local ones, which are markers.
  const [, name = 'core_local_activity'] = /"activityType":\{"name":"(\w+)"\}/.exec(text) ?? [];
  const altered = text.replaceAll(`ame":"${name}"`, 'ame":"somethingElse"');
  await expect(replay({ ...run, history: JSON.parse(altered) as StoredRun['history'] })).rejects.toThrow(
    /[Nn]ondeterminism/,
  );
});
