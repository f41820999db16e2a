/**
 * Plays each behavior once and stores its runs in test/histories: `node test/support/recordHistories.ts`. To be run for
 * a new behavior, or when workflows change and no one has runs of the old ones; never to make a failing replay pass.
 */
import { NativeConnection } from '@temporalio/worker';
import { applySchedules, syncNow } from '../../client/operations/schedule.ts';
import { startDevServer } from './engine.ts';
import { readRun, runsOf, storeHistory } from './histories.ts';
import { accountOf, eventually, hrEvent, inPhase, outcomeOf, startTestMuster } from './muster.ts';
import { day, hour, onSkippedTime, type SkippedTime } from './skippedTime.ts';

const personId = 'e-1';
const lead = 'security-lead@example.com';

async function join(stage: SkippedTime, department: string) {
  const joiner = hrEvent('joiner', personId, { at: await stage.now(), person: { department } });
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, personId, 'waitingForAcceptance');
  return joiner;
}

async function accept(stage: SkippedTime) {
  const accountId = accountOf(stage, personId)?.id ?? '';
  stage.simulator.accept(accountId);
  await stage.client.workflow.getHandle('person/e-1').signal('accountActivated', { accountId });
}

async function employed(stage: SkippedTime, department: string) {
  const joiner = await join(stage, department);
  await accept(stage);
  await outcomeOf(stage, joiner);
}

await onSkippedTime(async (stage) => {
  const joiner = await join(stage, 'SRE');
  await stage.pass(2 * day);
  await accept(stage);
  const { approvals } = await inPhase(stage, personId, 'waitingForApproval');
  await stage.muster.decide({ approvalId: approvals[0]?.approvalId ?? '', verdict: 'approve', actor: lead });
  await outcomeOf(stage, joiner);
  await storeHistory('onboardingWithApprovalAndSecondInvitation', await runsOf(stage.client, personId, ['onboarding']));
});

await onSkippedTime(async (stage) => {
  const joiner = await join(stage, 'Sales');
  await stage.pass(15 * day);
  await outcomeOf(stage, joiner);
  await storeHistory('onboardingNotAccepted', await runsOf(stage.client, personId, ['onboarding']));
});

await onSkippedTime(async (stage) => {
  await employed(stage, 'Engineering');
  const mover = hrEvent('mover', personId, { at: await stage.now(1_000), person: { department: 'Sales' } });
  await stage.muster.submitEvent(mover);
  await outcomeOf(stage, mover);
  await storeHistory('roleChange', await runsOf(stage.client, personId, ['roleChange']));
});

await onSkippedTime(async (stage) => {
  await employed(stage, 'Sales');
  stage.simulator.keys.setScopes(['user_access_read', 'user_access_invite', 'teams_read']);
  const mover = hrEvent('mover', personId, { at: await stage.now(1_000), person: { department: 'Engineering' } });
  await stage.muster.submitEvent(mover);
  await inPhase(stage, personId, 'blocked');
  await stage.pass(2 * hour);
  stage.simulator.keys.setScopes(null);
  await stage.pass(hour);
  await outcomeOf(stage, mover);
  await storeHistory('roleChangeBlockedByPermission', await runsOf(stage.client, personId, ['roleChange']));
});

await onSkippedTime(async (stage) => {
  await employed(stage, 'Engineering');
  const leaver = hrEvent('leaver', personId, { at: await stage.now(1_000), immediate: true });
  await stage.muster.submitEvent(leaver);
  await outcomeOf(stage, leaver);
  await storeHistory('offboarding', await runsOf(stage.client, personId, ['offboarding']));
});

// Before an account that Datadog does not disable was emptied more than once.
await onSkippedTime(async (stage) => {
  await employed(stage, 'Engineering');
  const accountId = accountOf(stage, personId)?.id ?? '';
  stage.simulator.awkward.lock({ id: accountId, errors: ['This user is managed by SCIM'] });
  const leaver = hrEvent('leaver', personId, { at: await stage.now(1_000), immediate: true });
  await stage.muster.submitEvent(leaver);
  await inPhase(stage, personId, 'blocked');
  await stage.pass(hour);
  await stage.client.workflow.getHandle('person/e-1').signal('recheck');
  await stage.pass(hour);
  stage.simulator.awkward.unlock(accountId);
  await stage.pass(hour);
  await outcomeOf(stage, leaver);
  await storeHistory('offboardingRefused', await runsOf(stage.client, personId, ['offboarding']));
});

// The time-skipping server has no schedules, and cannot continue a cancelled run as new.
{
  await using engine = await startDevServer();
  const connection = await NativeConnection.connect({ address: engine.address });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => connection.close());
  const { client } = engine;
  const stage = stack.use(await startTestMuster({ client, connection, simulator: { people: 20, nhis: 4, seed: 7 } }));

  const joiner = hrEvent('joiner', personId, { person: { department: 'Engineering' } });
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, personId, 'waitingForAcceptance');
  const match = { method: 'POST', path: '/roles/[^/]+/users' };
  const slow = stage.simulator.faults.add({ kind: 'slow', ms: 4_000, match });
  const accountId = accountOf(stage, personId)?.id ?? '';
  stage.simulator.accept(accountId);
  await client.workflow.getHandle('person/e-1').signal('accountActivated', { accountId });
  await eventually('the role write in flight', () => slow.struck > 0);
  const leaver = hrEvent('leaver', personId, { immediate: true });
  await stage.muster.submitEvent(leaver);
  await outcomeOf(stage, leaver);
  stage.simulator.faults.clear();
  await storeHistory('onboardingEndedByLeaver', await runsOf(client, personId, ['onboarding', 'offboarding']));

  await applySchedules(client, {
    sync: { ...stage.policy.sync, lightEveryMs: hour, cron: '0 3 1 1 *' },
    roster: stage.policy.roster,
  });
  await syncNow(client);
  const listed = client.workflow.list({ query: 'WorkflowType = "accessSync" AND ExecutionStatus = "Completed"' });
  const { workflowId } = await eventually('the sync to be listed', async () => {
    for await (const found of listed) if (found.workflowId.startsWith('access-sync-2')) return found;
    return undefined;
  });
  await storeHistory('accessSync', [{ workflowId, history: (await readRun(client, workflowId)).history }]);
}
