import { expect, test } from '@jest/globals';
import { readSecretsIn } from '../../client/intake/webhooks/secrets.ts';
import { serveGateway } from '../../client/gateway/serve.ts';
import { employ, readAccount } from '../support/employees.ts';
import { eventually, hrEvent, outcomeOf } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { useDevServer } from '../support/onDevServer.ts';
import { giveToken, keysIn } from '../support/operators.ts';

const server = useDevServer();

test("only its approver's decision over HTTP grants a role; everybody else is told why not", async () => {
  await using opened = new AsyncDisposableStack();
  const stage = opened.use(await server.startMuster());
  const { muster, inventory, policy, home, simulator } = stage;
  const gateway = opened.use(
    await serveGateway({
      ...{ client: server.client(), muster, inventory, keys: keysIn(home), secrets: readSecretsIn(home) },
      policy: () => policy,
      ...{ host: '127.0.0.1', port: 0, metricsPort: 0 },
    }),
  );
  const tokenOf = async (role: 'approver' | 'auditor' | 'intake', personId?: string) =>
    (await giveToken(stage, { role, ...(personId === undefined ? {} : { personId }) })).token;
  await employ(stage, 'lead', { person: { email: 'security-lead@example.com' } });
  await employ(stage, 'stranger');
  const [lead, own, stranger] = [
    await tokenOf('approver', 'lead'),
    await tokenOf('approver', 'new'),
    await tokenOf('approver', 'stranger'),
  ];
  const joiner = hrEvent('joiner', 'new', { person: { department: 'SRE' } });
  await muster.submitEvent(joiner);
  const [asked] = await eventually('the approval', async () => {
    const open = await inventory.listApprovals({ state: 'open' });
    return open.length > 0 && open;
  });
  const approvalId = asked?.approvalId ?? '';

  async function decide(token: string | undefined, body: unknown = { verdict: 'approve' }, id = approvalId) {
    const answer = await fetch(`${gateway.url}/v1/approvals/${id}/decisions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
    const type = answer.headers.get('content-type');
    return { status: answer.status, type, body: (await answer.json()) as Record<string, unknown> };
  }

  const refusals = [
    [await decide(undefined), 401, /token/],
    [await decide('muster_nobody'), 401, /token/],
    [await decide(await tokenOf('auditor')), 403, /role/],
    [await decide(await tokenOf('intake')), 403, /role/],
    [await decide(own), 403, /own access/],
    [await decide(stranger), 403, /not among its approvers/],
    [await decide(lead, { verdict: 'approve' }, 'nothing'), 404, /no approval nothing/],
    [await decide(lead, { verdict: 'perhaps' }), 422, /wrong value/],
  ] as const;
  for (const [answer, status, detail] of refusals) {
    expect(answer).toMatchObject({ status, type: 'application/problem+json', body: { status, type: 'about:blank' } });
    expect(answer.body['detail']).toMatch(detail);
  }
  expect(await inventory.listApprovals({ state: 'open' })).toMatchObject([{ approvalId, decisions: [] }]);

  const yes = { verdict: 'approve', decisionId: 'd-1', reason: 'on call from Monday' };
  expect(await decide(lead, yes)).toMatchObject({
    status: 200,
    body: { approvalId, decisionId: 'd-1', state: 'approved' },
  });
  // A repetition after a lost response is the same decision; another one comes too late.
  expect(await decide(lead, yes)).toMatchObject({ status: 200, body: { state: 'approved' } });
  const late = await decide(lead, { verdict: 'reject', decisionId: 'd-2' });
  expect(late).toMatchObject({ status: 403, type: 'application/problem+json' });
  expect(late.body['detail']).toMatch(/approved|nobody waits|decided/);

  const account = await eventually('the account', async () => (await inventory.findPerson('new'))?.accountId);
  expect((await readAccount(stage, account)).roles).toEqual([]);
  simulator.accept(account);
  await server.client().workflow.getHandle('person/new').signal('accountActivated', { accountId: account });
  expect(await outcomeOf(stage, joiner)).toMatchObject({ kind: 'completed' });
  expect(await officialClient(simulator).rolesOf(account)).toHaveLength(2);
  expect((await readAccount(stage, account)).roles).toEqual(['Datadog Admin Role', 'Datadog Read Only Role']);
  const evidence = await inventory.listEvidence({ personId: 'new', limit: 100, offset: 0 });
  expect(evidence.filter(({ actor }) => actor === 'lead').map(({ action }) => action)).toEqual([
    'approve',
    'assign role',
  ]);
}, 120_000);
