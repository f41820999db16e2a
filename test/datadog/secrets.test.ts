import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { DefaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { toApplicationFailure } from '../../datadog/failures.ts';
import { openDatadog } from '../../datadog/index.ts';
import type { Datadog, DatadogClient } from '../../datadog/types.ts';
import { startSimulator, type FaultInput } from '../../simulator/index.ts';
import { startStub, stubKeys } from './stub.ts';

const canary = { apiKey: 'canary0123456789api', appKey: 'canary0123456789app' };

/** Everything of an error that could be logged or stored, as Temporal too would write it. */
function everythingOf(error: unknown): string {
  const seen = toApplicationFailure(error);
  const stored = new DefaultFailureConverter().errorToFailure(seen, defaultPayloadConverter);
  const details = stored.applicationFailureInfo?.details?.payloads?.map(({ data }) =>
    Buffer.from(data ?? []).toString(),
  );
  const shown = [error, seen].flatMap((one) => [
    inspect(one, { depth: 20, showHidden: true }),
    String(one),
    JSON.stringify(one),
    (one as Error).stack,
    inspect((one as Error).cause, { depth: 20, showHidden: true }),
  ]);
  return [...shown, JSON.stringify(stored), JSON.stringify(details)].join('\n');
}

const calls: readonly ((api: Datadog) => Promise<unknown>)[] = [
  (api) => api.createAccount({ email: 'ada@example.com' }),
  (api) => api.getAccount('u-1'),
  (api) => api.listRoles(),
  (api) => api.validateKeys(),
  (api) => api.probe('teams_read'),
];

async function failures(client: DatadogClient): Promise<unknown[]> {
  const settled = await Promise.allSettled(calls.map((call) => call(client.attempt({ deadlineMs: 300 }))));
  return settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
}

const broken: readonly FaultInput['kind'][] = [
  '401',
  '403',
  '429',
  '500',
  'hang',
  'torn',
  'lostReply',
  'notJson',
  'wrongTypes',
];

test.each(broken)('after %s no error shows a key', async (kind) => {
  await using simulator = await startSimulator(canary);
  await using client = openDatadog({ baseUrl: simulator.url, keys: () => canary });
  simulator.faults.add({ kind });
  const errors = await failures(client);
  expect(errors.length).toBeGreaterThan(1);
  for (const error of errors) expect(everythingOf(error)).not.toContain('canary');
});

test('where nothing listens no error shows a key', async () => {
  const simulator = await startSimulator(canary);
  await simulator.close();
  await using client = openDatadog({ baseUrl: simulator.url, keys: () => canary });
  const errors = await failures(client);
  expect(errors).toHaveLength(calls.length);
  for (const error of errors) expect(everythingOf(error)).not.toContain('canary');
});

test('a server that repeats the keys in its responses brings them into no error and no result', async () => {
  const { apiKey, appKey } = stubKeys;
  const texts = [apiKey, `the key ${appKey} is not known`];
  await using refusing = await startStub(() => ({ status: 403, body: { errors: texts } }));
  await using odd = await startStub(() => ({ status: 400, body: `<html>${apiKey} ${appKey}</html>` }));
  const errors = [...(await failures(refusing.client)), ...(await failures(odd.client))];
  expect(errors.length).toBeGreaterThan(4);
  for (const error of errors) {
    expect(everythingOf(error)).not.toContain(apiKey);
    expect(everythingOf(error)).not.toContain(appKey);
  }
  expect(errors.some((error) => String(error).includes('[key]'))).toBe(true);
  await using leaking = await startStub(() => ({ body: { data: [{ id: 'r-1', attributes: { name: appKey } }] } }));
  expect(JSON.stringify(await leaking.api().listRoles())).not.toContain(appKey);
});

test('keys that no header can carry are not shown either', async () => {
  await using stub = await startStub(() => ({}));
  const odd = { apiKey: 'canary\nsplit', appKey: 'canary€' };
  await using client = openDatadog({ baseUrl: stub.client.baseUrl, keys: () => odd });
  const errors = await failures(client);
  expect(errors).toHaveLength(calls.length);
  for (const error of errors) expect(everythingOf(error)).not.toContain('canary');
});

test('the client itself shows no key', async () => {
  await using client = openDatadog({ baseUrl: 'http://127.0.0.1:1', keys: () => canary });
  expect(inspect([client, client.attempt()], { depth: 20, showHidden: true })).not.toContain('canary');
});

test('the keys go in their headers, and nowhere else', async () => {
  await using stub = await startStub(() => ({ body: { data: [], meta: { page: { total_count: 0 } } } }));
  await stub.api().findAccountsByEmail('ada@example.com');
  const [request] = stub.requests;
  expect(request?.headers).toMatchObject({ 'dd-api-key': stubKeys.apiKey, 'dd-application-key': stubKeys.appKey });
  expect(`${request?.path}?${String(request?.query)}${request?.body}`).not.toContain('stub-');
});
