import { expect, test } from '@jest/globals';
import { readSecretsIn } from '../../client/intake/webhooks/secrets.ts';
import { serveGateway } from '../../client/gateway/serve.ts';
import { personWorkflowId } from '../../domain/contracts.ts';
import type { PolicyRule } from '../../domain/policy/rules.ts';
import { coreGroup, enterpriseUser, patchBody, userBody, type Body } from '../client/support/scim.ts';
import { readAccount } from '../support/employees.ts';
import { eventually, inPhase } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { useDevServer } from '../support/onDevServer.ts';
import { giveToken, keysIn } from '../support/operators.ts';

const server = useDevServer();
const readOnly = 'Datadog Read Only Role';
const standard = 'Datadog Standard Role';

/** A Muster whose policy names a group, its gateway, and an identity provider that pushes to it. */
async function setUp() {
  await using opened = new AsyncDisposableStack();
  const rules: readonly PolicyRule[] = [
    { name: 'everyone', when: {}, roles: [readOnly], teams: [] },
    { name: 'engineering', when: { department: ['Engineering'] }, roles: [standard], teams: [] },
    { name: 'on call', when: { groups: ['On call'] }, roles: [], teams: ['engineering'] },
  ];
  const stage = opened.use(await server.startMuster({ policy: (example) => ({ ...example, rules }) }));
  const { muster, inventory, policy, home } = stage;
  const gateway = opened.use(
    await serveGateway({
      ...{ client: server.client(), muster, inventory, keys: keysIn(home), secrets: readSecretsIn(home) },
      policy: () => policy,
      ...{ host: '127.0.0.1', port: 0, metricsPort: 0 },
    }),
  );
  const { token } = await giveToken(stage, { role: 'intake', source: 'idp' });
  const kept = opened.move();
  return {
    stage,
    async push(method: string, path: string, body: Body): Promise<Body> {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' };
      const answer = await fetch(`${gateway.url}/scim/v2${path}`, { method, headers, body: JSON.stringify(body) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return JSON.parse(text) as Body;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

test('a user pushed by SCIM is invited, gets roles, moves, joins a group, and is disabled', async () => {
  await using idp = await setUp();
  const { stage } = idp;
  const official = officialClient(stage.simulator);
  const department = (name: string): Body => ({ [enterpriseUser]: { department: name } });
  const { id } = await idp.push(
    'POST',
    '/Users',
    userBody('kim', { displayName: 'Kim Example', ...department('Engineering') }),
  );
  const url = `/Users/${String(id)}`;
  const personId = (await stage.inventory.findScim({ source: 'idp', id: String(id) }))?.personId ?? '';
  await inPhase(stage, personId, 'waitingForAcceptance');
  const [account] = (await official.listAllUsers()).filter(({ attributes }) => attributes?.email === 'kim@example.com');
  const accountId = account?.id ?? '';
  expect(account?.attributes).toMatchObject({ name: 'Kim Example', status: 'Pending' });
  const becomes = (status: string, roles: readonly string[]) =>
    eventually(`${status} with ${roles.join()}`, async () => {
      const now = await readAccount(stage, accountId);
      return now.status === status && now.roles.join() === roles.join();
    });

  stage.simulator.accept(accountId);
  await server.client().workflow.getHandle(personWorkflowId(personId)).signal('accountActivated', { accountId });
  await becomes('Active', [readOnly, standard]);

  const operation = { op: 'Replace', path: `${enterpriseUser}:department`, value: 'Marketing' };
  await idp.push('PATCH', url, patchBody(operation));
  await becomes('Active', [readOnly]);

  expect(await official.teamsOf(accountId)).toEqual([]);
  const members = [{ value: String(id) }];
  await idp.push('POST', '/Groups', { schemas: [coreGroup], displayName: 'On call', members });
  await eventually('the team', async () => (await official.teamsOf(accountId)).length === 1);

  await idp.push('PATCH', url, patchBody({ op: 'Replace', path: 'active', value: 'False' }));
  await eventually('the end of access', async () => (await readAccount(stage, accountId)).status === 'Disabled');
}, 120_000);
