import { expect, test } from '@jest/globals';
import { joinerBody, post, startGateway, syncEnded, type TestGateway } from '../support/gateway.ts';

const asking = (gateway: TestGateway) => async (url: string) => {
  const { statusCode, body } = await gateway.app.inject({ url });
  return { statusCode, ...(JSON.parse(body) as object) };
};

test('the process lives, is ready, and is not while the engine is away or it drains', async () => {
  await using gateway = await startGateway();
  const ask = asking(gateway);
  expect(await ask('/livez')).toEqual({ statusCode: 200, live: true });
  await syncEnded(gateway, 1, { state: 'complete' });
  for (const url of ['/readyz', '/readyz/events']) {
    expect(await ask(url)).toEqual({
      statusCode: 200,
      ready: true,
      draining: false,
      engine: 'ok',
      database: 'ok',
      datadog: { state: 'ok', lastGoodAnswer: expect.any(String) },
    });
    gateway.state.doesEngineAnswer = false;
    expect(await ask(url)).toMatchObject({ statusCode: 503, ready: false, engine: 'noAnswer' });
    gateway.state.doesEngineAnswer = true;
    gateway.state.isDraining = true;
    expect(await ask(url)).toMatchObject({ statusCode: 503, ready: false, draining: true });
    expect(await ask('/livez')).toMatchObject({ statusCode: 200 });
    expect(await post(gateway, joinerBody('e-1'))).toMatchObject({ status: 503 });
    gateway.state.isDraining = false;
  }
});

test('without a good response from Datadog it is not ready, but accepts events', async () => {
  await using gateway = await startGateway();
  const ask = asking(gateway);
  const datadog = { state: 'never', lastGoodAnswer: null };
  expect(await ask('/readyz')).toMatchObject({ statusCode: 503, ready: false, engine: 'ok', database: 'ok', datadog });
  // Every quarter of an hour by the policy: two are missed.
  await syncEnded(gateway, 50, { state: 'complete' });
  await syncEnded(gateway, 20, { state: 'incomplete', reason: 'list users got no complete answer' });
  expect(await ask('/readyz')).toMatchObject({ statusCode: 503, datadog: { state: 'stale' } });
  expect(await ask('/readyz/events')).toMatchObject({ statusCode: 200, ready: true, datadog: { state: 'stale' } });
  expect(await post(gateway, joinerBody('e-1'))).toMatchObject({ status: 202 });
  await syncEnded(gateway, 29, { state: 'complete' });
  expect(await ask('/readyz')).toMatchObject({ statusCode: 200, datadog: { state: 'ok' } });
  for (let minutes = 1; minutes <= 25; minutes += 1) {
    if (minutes !== 20) await syncEnded(gateway, minutes, { state: 'incomplete', reason: 'torn' });
  }
  expect(await ask('/readyz')).toMatchObject({ statusCode: 200, datadog: { state: 'ok' } });
});

test('a database that does not answer is not ready', async () => {
  await using gateway = await startGateway();
  await gateway.inventory.close();
  for (const url of ['/readyz', '/readyz/events']) {
    expect(await asking(gateway)(url)).toMatchObject({ statusCode: 503, ready: false, database: 'noAnswer' });
  }
});

test('a wrong address is 404, a wrong method 405 with the right ones', async () => {
  await using gateway = await startGateway();
  const nothing = await gateway.app.inject({ url: '/nothing' });
  expect(nothing.statusCode).toBe(404);
  expect(nothing.headers['content-type']).toBe('application/problem+json');
  const wrong = await gateway.app.inject({ method: 'DELETE', url: '/v1/events' });
  expect(wrong.statusCode).toBe(405);
  expect(wrong.headers['allow']).toContain('POST');
});

test('every response has the security headers', async () => {
  await using gateway = await startGateway();
  for (const url of ['/livez', '/nothing', '/openapi.json']) {
    expect((await gateway.app.inject({ url })).headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-frame-options': expect.any(String),
    });
  }
});

test('a caller over the limit is told when to come back, and health still responds', async () => {
  await using gateway = await startGateway({ limits: { max: 2, timeWindow: 4_000 } });
  const statuses = [];
  for (let index = 0; index < 3; index += 1) statuses.push((await gateway.app.inject({ url: '/nothing' })).statusCode);
  expect(statuses).toEqual([404, 404, 429]);
  const refused = await gateway.app.inject({ url: '/nothing' });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  expect(refused.headers['content-type']).toBe('application/problem+json');
  const elsewhere = await gateway.app.inject({ url: '/nothing', remoteAddress: '192.0.2.7' });
  expect(elsewhere.statusCode).toBe(404);
  expect((await gateway.app.inject({ url: '/livez' })).statusCode).toBe(200);
});

test('the description names every route with its responses', async () => {
  await using gateway = await startGateway();
  const description = (await gateway.app.inject({ url: '/openapi.json' })).json<{
    openapi: string;
    paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
  }>();
  expect(description.openapi).toBe('3.1.0');
  expect(Object.keys(description.paths['/v1/events']?.['post']?.responses ?? {})).toEqual(
    expect.arrayContaining(['202', '400', '401', '413', '415', '422', '429', '503']),
  );
});
