import { connect, type AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { giveToken } from '../../support/operators.ts';
import { sign, joinerBody, post, startGateway, syncEnded, type TestGateway } from '../support/gateway.ts';

const asking = (gateway: TestGateway) => async (url: string) => {
  const { statusCode, body } = await gateway.app.inject({ url });
  return { statusCode, ...(JSON.parse(body) as object) };
};

test('the process lives, is ready, and is not while it drains', async () => {
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
    gateway.state.isDraining = true;
    expect(await ask(url)).toMatchObject({ statusCode: 503, ready: false, draining: true });
    expect(await ask('/livez')).toMatchObject({ statusCode: 200 });
    expect(await post(gateway, joinerBody('e-1'))).toMatchObject({ status: 503 });
    gateway.state.isDraining = false;
  }
});

test('while Temporal is away it is not ready and says so, and events are still taken', async () => {
  await using gateway = await startGateway();
  const ask = asking(gateway);
  await syncEnded(gateway, 1, { state: 'complete' });
  gateway.state.doesEngineAnswer = false;
  expect(await ask('/readyz')).toMatchObject({ statusCode: 503, ready: false, engine: 'noAnswer', database: 'ok' });
  expect(await ask('/readyz/events')).toMatchObject({ statusCode: 200, ready: true, engine: 'noAnswer' });
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
  await using gateway = await startGateway({ limit: { max: 2, timeWindow: 4_000 } });
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

test('a flood from an address keeps no proven sender at that address out', async () => {
  await using gateway = await startGateway({ limit: { max: 3, timeWindow: 60_000 } });
  const { token } = await giveToken(gateway, { role: 'auditor' });
  const flood = async () => (await post(gateway, joinerBody('x'), { 'content-type': 'application/json' })).status;
  expect([await flood(), await flood(), await flood(), await flood()]).toEqual([401, 401, 401, 429]);
  expect((await gateway.app.inject({ url: '/openapi.json' })).statusCode).toBe(429);
  expect(await post(gateway, joinerBody('e-1'))).toMatchObject({ status: 202 });
  const read = () => gateway.app.inject({ url: '/v1/inventory/users', headers: { authorization: `Bearer ${token}` } });
  expect((await read()).statusCode).toBe(200);
});

test('a source over the limit is told when to come back, and another source is not touched', async () => {
  const vendors = `whsec_${Buffer.from('the secret of the other source').toString('base64')}`;
  const sources = '  - { name: vendors, verify: standardWebhooks }\n';
  const limit = { max: 2, timeWindow: 60_000 };
  await using gateway = await startGateway({ sources, secrets: { vendors }, limit });
  const send = async (id: string, secret?: string) => {
    const body = joinerBody(id);
    return post(gateway, body, sign(body, { id, ...(secret && { secret }) }));
  };
  expect(await send('a')).toMatchObject({ status: 202 });
  expect(await send('b')).toMatchObject({ status: 202 });
  const refused = await send('c');
  expect(refused).toMatchObject({ status: 429, type: 'application/problem+json' });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50);
  expect(await send('v', vendors)).toMatchObject({ status: 202 });
});

test.each([
  [['10.0.0.0/8'], '10.0.0.7', [404, 404, 404]],
  [['10.0.0.0/8'], '192.0.2.1', [404, 404, 429]],
  [[], '10.0.0.7', [404, 404, 429]],
])('behind the trusted proxies %j, %s names other addresses: %j', async (trustedProxies, remoteAddress, expected) => {
  await using gateway = await startGateway({ trustedProxies, limit: { max: 2, timeWindow: 60_000 } });
  const statuses = [];
  for (const sender of ['198.51.100.1', '198.51.100.2', '198.51.100.3']) {
    const headers = { 'x-forwarded-for': sender };
    statuses.push((await gateway.app.inject({ url: '/nothing', headers, remoteAddress })).statusCode);
  }
  expect(statuses).toEqual(expected);
});

test('what is refused or privileged is logged with who and from where, and without a secret', async () => {
  await using gateway = await startGateway();
  const auditor = await giveToken(gateway, { role: 'admin', personId: 'e-7' });
  const stranger = `muster_${'x'.repeat(43)}`;
  const ask = (token: string) =>
    gateway.app.inject({
      url: '/v1/inventory/users?q=canary',
      headers: { authorization: `Bearer ${token}` },
      remoteAddress: '192.0.2.9',
    });
  await ask(auditor.token);
  for (let index = 0; index < 3; index += 1) await ask(stranger);
  await post(gateway, joinerBody('e-1'));
  await post(gateway, joinerBody('e-2'), { ...sign('another body'), authorization: 'Bearer canary' });
  const where = { method: 'GET', route: '/v1/inventory/users', from: '192.0.2.9' };
  expect(gateway.logged).toEqual([
    { message: 'privileged request', ...where, status: 200, token: auditor.id, person: 'e-7', role: 'admin' },
    { message: 'request refused', ...where, status: 401, why: 'it is unknown', more: 0 },
    { message: 'request refused', method: 'POST', route: '/v1/events', from: '127.0.0.1', status: 401, more: 0 },
  ]);
  expect(JSON.stringify(gateway.logged)).not.toMatch(/canary|muster_|whsec_/);
});

test('a socket that is slow with its first byte, head or body is ended after five seconds', async () => {
  await using gateway = await startGateway();
  await gateway.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = gateway.app.server.address() as AddressInfo;
  const head = 'POST /v1/events HTTP/1.1\r\nHost: muster\r\nContent-Type: application/json\r\n';
  const startedAt = Date.now();
  const ends = ['', head, `${head}Content-Length: 100000\r\n\r\n{`].map(async (said) => {
    const socket = connect(port, '127.0.0.1', () => void socket.write(said));
    // A byte a second, as a slow attacker sends them.
    const dripping = setInterval(() => said !== '' && socket.write('x'), 1_000);
    socket.on('error', () => undefined).resume();
    // Not `once()` of node:events, which fails where the gateway resets the connection.
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(dripping);
    return Date.now() - startedAt;
  });
  for (const tookMs of await Promise.all(ends)) {
    expect(tookMs).toBeGreaterThan(4_000);
    expect(tookMs).toBeLessThan(9_500);
  }
}, 30_000);

test('the description names every route with its responses', async () => {
  await using gateway = await startGateway();
  const description = (await gateway.app.inject({ url: '/openapi.json' })).json<{
    openapi: string;
    paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
  }>();
  expect(description.openapi).toBe('3.1.0');
  expect(Object.keys(description.paths['/v1/events']?.['post']?.responses ?? {})).toEqual(
    expect.arrayContaining(['202', '400', '401', '413', '415', '429', '503']),
  );
});
