import { expect, test } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import { accountActivatedSignal, hrEventSignal, personWorkflowId } from '../../domain/contracts.ts';
import { startDevServer } from '../support/engine.ts';
import { accountOf, eventually, hrEvent, inPhase, outcomeOf, startTestMuster } from '../support/muster.ts';

test('a process that strangers have made long goes on in another run, and ends as ever', async () => {
  // An onboarding that waits for acceptance has about 40 events.
  await using engine = await startDevServer({ settings: { 'limit.historyCount.suggestContinueAsNew': 60 } });
  const connection = await NativeConnection.connect({ address: engine.address });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => connection.close());
  const { client } = engine;
  const stage = stack.use(await startTestMuster({ client, connection }));
  const joiner = hrEvent('joiner', 'e-1');
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, 'e-1', 'waitingForAcceptance');
  const handle = client.workflow.getHandle(personWorkflowId('e-1'));
  const { runId: first } = await handle.describe();

  for (let index = 0; index < 40; index += 1) await handle.signal(hrEventSignal, { eventId: `stranger:${index}` });
  await eventually('another run', async () => (await handle.describe()).runId !== first);
  const before = await client.workflow.getHandle(personWorkflowId('e-1'), first).describe();
  expect(before.status.name).toBe('CONTINUED_AS_NEW');

  await inPhase(stage, 'e-1', 'waitingForAcceptance');
  stage.simulator.accept(accountOf(stage, 'e-1')?.id ?? '');
  expect(accountOf(stage, 'e-1')?.status).toBe('Active');
  await handle.signal(accountActivatedSignal, { accountId: accountOf(stage, 'e-1')?.id });
  expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
  expect(stage.simulator.requests.count('POST', '/api/v2/users')).toBe(1);
}, 120_000);
