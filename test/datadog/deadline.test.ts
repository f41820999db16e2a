import { expect, test } from '@jest/globals';
import { CancelledFailure } from '@temporalio/common';
import { toApplicationFailure } from '../../datadog/failures.ts';
import { failureOf, openPair } from './pair.ts';
import { startStub, userOf } from './stub.ts';

const deadlineMs = 250;
/** What a busy machine may add. */
const slackMs = 1_500;

async function timed<T>(use: () => Promise<T>): Promise<{ result: T; tookMs: number }> {
  const from = performance.now();
  const result = await use();
  return { result, tookMs: performance.now() - from };
}

test('a call that hangs ends by the deadline of its attempt, and nothing is sent later', async () => {
  await using pair = await openPair();
  const { id } = await pair.api().createAccount({ email: 'ada@example.com' });
  pair.simulator.faults.add({ kind: 'hang', match: { method: 'GET' }, times: 1 });
  const attempt = pair.api({ deadlineMs });
  const { result, tookMs } = await timed(() => failureOf(attempt.getAccount(id)));
  expect(result).toMatchObject({
    type: 'DatadogUnavailable',
    message: 'get user got no complete answer: the deadline passed',
  });
  expect(tookMs).toBeGreaterThanOrEqual(deadlineMs - 20);
  expect(tookMs).toBeLessThan(deadlineMs + slackMs);
  // The attempt is over: not even a call that begins now is sent.
  const sent = pair.simulator.requests.count();
  expect(await failureOf(attempt.disableAccount(id))).toMatchObject({ type: 'RateLimited' });
  expect(pair.simulator.requests.count()).toBe(sent);
  expect(pair.simulator.requests.count('DELETE')).toBe(0);
});

test('a body that never ends is over by the deadline', async () => {
  let drip: NodeJS.Timeout | undefined;
  await using stub = await startStub((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    drip = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(drip));
    return undefined;
  });
  const { result, tookMs } = await timed(() => failureOf(stub.api({ deadlineMs }).getAccount('u-1')));
  clearInterval(drip);
  expect(result).toMatchObject({ type: 'DatadogUnavailable' });
  expect(tookMs).toBeLessThan(deadlineMs + slackMs);
});

test('one deadline covers all calls of an attempt', async () => {
  await using pair = await openPair({ latencyMs: 100 });
  const attempt = pair.api({ deadlineMs });
  const readForEver = async () => {
    for (;;) await attempt.currentUser();
  };
  const { tookMs } = await timed(() => failureOf(readForEver()));
  expect(tookMs).toBeLessThan(deadlineMs + slackMs);
  expect(attempt.requests).toBeGreaterThan(0);
  expect(attempt.requests).toBeLessThanOrEqual(3);
});

test('a cancellation ends what is in flight, and passes through as it is', async () => {
  await using pair = await openPair();
  pair.simulator.faults.add({ kind: 'hang' });
  const controller = new AbortController();
  const reason = new CancelledFailure('CANCELLED');
  const failing = failureOf(pair.api({ signal: controller.signal }).getAccount('u-1'));
  await until(() => pair.simulator.requests.count() === 1);
  controller.abort(reason);
  const failure = await failing;
  expect(failure).toBe(reason);
  expect(toApplicationFailure(failure)).toBe(reason);
});

test('a cancellation ends the wait for the rate limit', async () => {
  await using stub = await startStub(() => ({
    body: { data: userOf('u-1') },
    headers: {
      'x-ratelimit-limit': '1',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '60',
      'x-ratelimit-name': 'n',
    },
  }));
  await stub.api().getAccount('u-1');
  const controller = new AbortController();
  const reason = new CancelledFailure('CANCELLED');
  const failing = failureOf(stub.api({ signal: controller.signal, deadlineMs: 90_000 }).getAccount('u-1'));
  controller.abort(reason);
  expect(await failing).toBe(reason);
  expect(await failureOf(stub.api({ signal: controller.signal }).getAccount('u-1'))).toBe(reason);
  expect(stub.requests).toHaveLength(1);
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
