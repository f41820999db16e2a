import { expect, test } from '@jest/globals';
import { DefaultLogger, Worker } from '@temporalio/worker';
import { bundleWorkflows } from '../../client/operations/bundle.ts';
import { quietRuntime } from '../support/engine.ts';
import { readHistories, toReplay, type StoredRun } from '../support/histories.ts';

quietRuntime();
const workflowBundle = await bundleWorkflows(new DefaultLogger('ERROR'));

const behaviors = [
  'accessSync',
  'offboarding',
  'offboardingRefused',
  'onboardingEndedByLeaver',
  'onboardingNotAccepted',
  'onboardingWithApprovalAndSecondInvitation',
  'roleChange',
  'roleChangeBlockedByPermission',
];

async function replay(run: StoredRun): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle }, toReplay(run), run.workflowId);
}

test('each behavior has its stored history', async () => {
  expect([...(await readHistories()).keys()]).toEqual(behaviors);
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
  const [, activity] = /"activityType":\{"name":"(\w+)"\}/.exec(text) ?? [];
  if (activity === undefined) throw new Error('the run has no activity');
  const altered = text.replaceAll(`"name":"${activity}"`, '"name":"somethingElse"');
  await expect(replay({ ...run, history: JSON.parse(altered) as StoredRun['history'] })).rejects.toThrow(
    /[Nn]ondeterminism/,
  );
});
