import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from '@jest/globals';
import { createFetchBackActivities } from '../../../activities/intake/fetchBack.ts';
import { createFetchRecord } from '../../../client/intake/fetchBack/record.ts';
import { aliasOf } from '../../../client/intake/identity.ts';
import { readSecretsIn } from '../../../client/intake/webhooks/secrets.ts';
import { startGateway } from '../support/gateway.ts';

/** HR's API, which counts how often it is asked for its one record. */
async function startApi(record: unknown) {
  let asked = 0;
  const api = createServer((_request, response) => {
    asked += 1;
    response.end(JSON.stringify(record));
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  return {
    port: (api.address() as AddressInfo).port,
    asked: () => asked,
    [Symbol.asyncDispose]: async () => {
      api.closeAllConnections();
      await new Promise((resolve) => api.close(resolve));
    },
  };
}

/** What comes of a webhook of HiBob so many seconds after it. */
async function fetchedAfter(seconds: number) {
  const internal = { lifecycleStatus: 'terminated', terminationDate: '2026-11-27' };
  await using api = await startApi({ email: 'ada@example.com', internal });
  const sources = `  - name: bob
    verify: hibob
    fetchBack: { url: 'http://127.0.0.1:${api.port}/v1/people/{id}', privateHosts: [127.0.0.1] }
`;
  await using gateway = await startGateway({ sources, secrets: { 'bob.fetch': 'c2VjcmV0' } });
  const { inventory, policy, home } = gateway;
  const at = new Date().toISOString();
  const receivedAt = new Date(Date.now() - seconds * 1_000).toISOString();
  const { personId } = await aliasOf(inventory, { source: 'bob', externalId: '7' }, { at, policy });
  const event = { eventId: 'bob:1', kind: 'updated', source: 'bob', fetchId: '7', personId } as const;
  await inventory.receiveEvent({ ...event, occurredAt: receivedAt, effectiveAt: receivedAt }, receivedAt);
  const fetchRecord = createFetchRecord({ inventory, policy: () => policy, secrets: readSecretsIn(home) });
  const { fetchBack } = createFetchBackActivities({ inventory, fetchRecord });
  const failure = await new MockActivityEnvironment().run(fetchBack, personId, 'bob:1').then(
    () => undefined,
    (error: unknown) => error as ApplicationFailure,
  );
  const waiting = await inventory.waitingEvents({ personId, limit: 10 });
  const refused = await inventory.listRefusals({ limit: 10, offset: 0 });
  return { failure, asked: api.asked(), kinds: waiting.map(({ event: { kind } }) => kind), refused };
}

test.each([0, 29])('HiBob is not asked %i s after a webhook, when its record may be the old one', async (seconds) => {
  const { failure, ...rest } = await fetchedAfter(seconds);
  expect(failure).toMatchObject({ type: 'HrUnavailable', nonRetryable: false, category: 'BENIGN' });
  expect(failure?.nextRetryDelay).toBeGreaterThan(0);
  expect(failure?.nextRetryDelay).toBeLessThanOrEqual((30 - seconds) * 1_000);
  expect(rest).toEqual({ asked: 0, kinds: ['updated'], refused: [] });
});

test('HiBob is asked 30 s after a webhook, and the record that says so makes a leaver', async () => {
  expect(await fetchedAfter(31)).toEqual({ failure: undefined, asked: 1, kinds: ['leaver'], refused: [] });
});
