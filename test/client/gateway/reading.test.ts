import { expect, test } from '@jest/globals';
import { provesPerson, type TokenRole } from '../../../inventory/port/tokens.ts';
import { revokeToken } from '../../../auth/tokens.ts';
import { joinerBody, post, startGateway, type TestGateway } from '../support/gateway.ts';
import { giveToken, operator } from '../../support/operators.ts';

async function tokenOf(gateway: TestGateway, role: TokenRole, more: { source?: string; expiresAt?: string } = {}) {
  return giveToken(gateway, { role, ...(provesPerson(role) ? { personId: 'lead' } : {}), ...more });
}

async function ask({ app }: TestGateway, url: string, token?: string) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await app.inject({ url, headers });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json<Record<string, unknown>>() };
}

test('reading takes a valid token of a role that may read', async () => {
  await using gateway = await startGateway();
  const url = '/v1/inventory/users';
  expect(await ask(gateway, url)).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
  expect(await ask(gateway, url, `muster_${'x'.repeat(43)}`)).toMatchObject({ status: 401 });
  const intake = await tokenOf(gateway, 'intake');
  expect(await ask(gateway, url, intake.token)).toMatchObject({ status: 403 });
  const old = await tokenOf(gateway, 'auditor', { expiresAt: '2020-01-01T00:00:00.000Z' });
  expect(await ask(gateway, url, old.token)).toMatchObject({ status: 401 });
  for (const role of ['auditor', 'admin'] as const) {
    const { id, token } = await tokenOf(gateway, role);
    expect(await ask(gateway, url, token)).toMatchObject({ status: 200, body: { items: [] } });
    await revokeToken(gateway.inventory, id, operator);
    expect(await ask(gateway, url, token)).toMatchObject({ status: 401 });
  }
});

test('a known person is returned, an unknown one is 404', async () => {
  await using gateway = await startGateway();
  const { token } = await tokenOf(gateway, 'auditor');
  await post(gateway, joinerBody('e-1'));
  const found = await ask(gateway, '/v1/people/e-1', token);
  expect(found).toMatchObject({
    status: 200,
    body: { person: { personId: 'e-1' }, events: [{ event: { kind: 'joiner' } }] },
  });
  expect(await ask(gateway, '/v1/people/e-2', token)).toMatchObject({ status: 404 });
});

test('lists come page by page, each row once', async () => {
  await using gateway = await startGateway();
  const { token } = await tokenOf(gateway, 'auditor');
  for (const [index, name] of ['A', 'B', 'C'].entries()) {
    await gateway.inventory.openGrant({
      personId: 'e-1',
      accountId: 'a-1',
      kind: 'role',
      id: `r-${index}`,
      name,
      since: `2026-01-0${index + 1}T00:00:00.000Z`,
      reason: 'birthright',
    });
  }
  const first = await ask(gateway, '/v1/inventory/grants?limit=2&person=e-1', token);
  expect(first.body['next']).toBe(2);
  const second = await ask(gateway, '/v1/inventory/grants?limit=2&offset=2&person=e-1', token);
  expect(second.body).not.toHaveProperty('next');
  const names = [first, second].flatMap(({ body }) => (body['items'] as { name: string }[]).map(({ name }) => name));
  expect(names.toSorted()).toEqual(['A', 'B', 'C']);
  expect(await ask(gateway, '/v1/inventory/grants?limit=many', token)).toMatchObject({ status: 422 });
  expect(await ask(gateway, '/v1/inventory/nhis', token)).toMatchObject({ status: 200, body: { items: [] } });
});

test('a token of intake sends events in the name of its source, with an id of its own for each', async () => {
  await using gateway = await startGateway();
  const { token } = await tokenOf(gateway, 'intake', { source: 'scripts' });
  const body = joinerBody('e-1');
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  expect(await post(gateway, body, headers)).toMatchObject({ status: 400 });
  const answer = await post(gateway, body, { ...headers, 'webhook-id': 'run-7' });
  expect(answer).toMatchObject({ status: 202, body: { events: [{ eventId: 'scripts:run-7' }] } });
  expect(await post(gateway, body, { ...headers, 'webhook-id': 'run-8' }, '/v1/events/hr')).toMatchObject({
    status: 403,
  });
  const auditor = await tokenOf(gateway, 'auditor');
  const asAuditor = { ...headers, authorization: `Bearer ${auditor.token}`, 'webhook-id': 'run-9' };
  expect(await post(gateway, body, asAuditor)).toMatchObject({ status: 403 });
  expect(gateway.signalled).toHaveLength(1);
});

test('a decision takes an approver’s token and an approval that exists', async () => {
  await using gateway = await startGateway();
  const decide = async (token: string, body: object) => {
    const answer = await gateway.app.inject({
      method: 'POST',
      url: '/v1/approvals/a-1/decisions',
      headers: { authorization: `Bearer ${token}` },
      payload: body,
    });
    return answer.statusCode;
  };
  await post(gateway, joinerBody('lead'));
  const { token } = await tokenOf(gateway, 'approver');
  for (const role of ['auditor', 'operator', 'admin'] as const) {
    expect(await decide((await tokenOf(gateway, role)).token, { verdict: 'approve' })).toBe(403);
  }
  expect(await decide(token, { verdict: 'maybe' })).toBe(422);
  expect(await decide(token, { verdict: 'approve' })).toBe(404);
});
