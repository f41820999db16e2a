import { expect, test } from '@jest/globals';
import type { Payload } from '@temporalio/common';
import { accountActivatedSignal, personWorkflowId } from '../../domain/contracts.ts';
import { accountOf, eventually, hrEvent, inPhase, outcomeOf } from '../support/muster.ts';
import { useDevServer } from '../support/onDevServer.ts';

const server = useDevServer();

/** The server proposes a new run at 4 MiB. */
const large = 'x'.repeat(240_000);

test('a run that somebody floods goes on in another one, and invites nobody twice', async () => {
  await using stage = await server.startMuster();
  const joiner = hrEvent('joiner', 'w-1');
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, 'w-1', 'waitingForAcceptance');
  const client = server.client();
  const handle = client.workflow.getHandle(personWorkflowId('w-1'));
  const { runId } = await handle.describe();
  const hasGoneOn = async () => (await handle.describe()).runId !== runId;
  // As fast as the run takes them: a backlog of many MiB would only measure the machine.
  await eventually(
    'another run',
    async () => {
      if (await hasGoneOn()) return true;
      await handle.signal('hrEvent', { eventId: 'none', large });
      return false;
    },
    100_000,
    500,
  );
  const next = await handle.describe();
  expect(next.type).toBe('onboarding');
  const { account } = await inPhase(stage, 'w-1', 'waitingForAcceptance');
  expect(stage.simulator.requests.count('POST', '/api/v2/user_invitations')).toBe(1);
  stage.simulator.accept(account?.id ?? '');
  await handle.signal(accountActivatedSignal, { accountId: account?.id ?? '' });
  expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
  expect(accountOf(stage, 'w-1')).toMatchObject({ status: 'Active' });
}, 180_000);

test('what nobody can read harms no run: not as a signal, not as its start', async () => {
  await using stage = await server.startMuster();
  const client = server.client();
  const encoding = new TextEncoder();
  const unreadable: Payload = {
    metadata: { encoding: encoding.encode('binary/of-another-world') },
    data: encoding.encode('?'),
  };
  const joiner = hrEvent('joiner', 'w-2');
  await stage.inventory.receiveEvent(joiner, joiner.occurredAt);
  const { namespace } = client.options;
  const workflowId = personWorkflowId('w-2');
  // As a program without this project's converter sends it.
  await client.workflowService.startWorkflowExecution({
    namespace,
    workflowId,
    workflowType: { name: 'onboarding' },
    taskQueue: { name: 'muster' },
    input: { payloads: [unreadable] },
    requestId: 'r-1',
  });
  for (const signalName of ['hrEvent', 'cancelEvent', 'decide', 'accountActivated', 'recheck', 'unheard-of']) {
    await client.workflowService.signalWorkflowExecution({
      namespace,
      workflowExecution: { workflowId },
      signalName,
      input: { payloads: [unreadable] },
      requestId: signalName,
    });
  }
  const { refused } = await inPhase(stage, 'w-2', 'waitingForAcceptance');
  await eventually('four refusals', async () => ((await stage.muster.status('w-2'))?.refused.length ?? 0) >= 4);
  expect(refused.every(({ why }) => !why.includes('?'))).toBe(true);
  const leaver = hrEvent('leaver', 'w-2');
  await stage.muster.submitEvent(leaver);
  expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
});

test('a run under an id that is no person’s ends at once, whatever it is started with', async () => {
  await using stage = await server.startMuster();
  void stage;
  for (const workflowId of ['somebody', 'person/', 'person/-x', 'person/a b']) {
    const handle = await server.client().workflow.start('onboarding', {
      workflowId,
      taskQueue: 'muster',
      args: [{ personId: 'w-3' }],
    });
    await handle.result();
  }
  expect(await stage.inventory.personHistory('w-3')).toBeUndefined();
});
