import { expect, test } from '@jest/globals';
import { openDatadog } from '../../datadog/index.ts';
import { employ, readAccount } from '../support/employees.ts';
import { hrEvent, outcomeOf, type TestMuster } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { useDevServer } from '../support/onDevServer.ts';
import { acceptName } from '../../client/operations/acceptName.ts';

const server = useDevServer();
const readOnly = 'Datadog Read Only Role';

const startMuster = () =>
  server.startMuster({
    policy: (example) => ({
      ...example,
      rules: [{ name: 'oncall', when: { department: ['Operations'] }, roles: ['On call'], teams: [] }],
    }),
    // Names are looked up afresh in each attempt: no cache of a minute stands between a rename and the test.
    wrapDatadog: (datadog) => ({
      ...datadog,
      attempt: (options) => openDatadog({ baseUrl: datadog.baseUrl, keys: () => keys }).attempt(options),
    }),
  });
let keys = { apiKey: '', appKey: '' };

async function makeRole({ simulator }: TestMuster, name: string): Promise<string> {
  const made = await officialClient(simulator).roles.createRole({
    body: { data: { type: 'roles', attributes: { name } } },
  });
  return made.data?.id ?? '';
}

async function moveToOperations(stage: TestMuster, personId: string) {
  const mover = hrEvent('mover', personId, { person: { department: 'Operations' } });
  await stage.muster.submitEvent(mover);
  return outcomeOf(stage, mover);
}

test('a renamed role works on by its id; another with its name counts once a person accepts it', async () => {
  await using stage = await startMuster();
  keys = { apiKey: stage.simulator.apiKey, appKey: stage.simulator.appKey };
  const { roles } = officialClient(stage.simulator);
  const [first, second, third] = [await employ(stage, 'n1'), await employ(stage, 'n2'), await employ(stage, 'n3')];
  const roleId = await makeRole(stage, 'On call');
  expect((await moveToOperations(stage, 'n1')).kind).toBe('completed');
  expect((await readAccount(stage, first)).roles).toContain('On call');

  await roles.updateRole({
    roleId,
    body: { data: { id: roleId, type: 'roles', attributes: { name: 'Night shift' } } },
  });
  const impostor = await makeRole(stage, 'On call');
  expect((await moveToOperations(stage, 'n2')).kind).toBe('completed');
  expect((await readAccount(stage, second)).roles).toEqual(['Night shift']);

  await roles.deleteRole({ roleId });
  const refused = await moveToOperations(stage, 'n3');
  expect(refused).toMatchObject({ kind: 'failed', detail: expect.stringContaining('policy accept role "On call"') });
  expect((await readAccount(stage, third)).roles).toEqual([readOnly]);

  await acceptName(
    { inventory: stage.inventory, actor: 'it@example.com', proof: 'claimed' },
    { kind: 'role', name: 'On call' },
  );
  const retried = await stage.muster.retry('n3');
  await outcomeOf(stage, { ...hrEvent('reconcile', 'n3'), eventId: retried.eventId });
  expect((await readAccount(stage, third)).roles).toContain('On call');
  expect(impostor).not.toBe(roleId);
});

test('a role that login mappings will undo is granted, and status and evidence say so', async () => {
  await using stage = await startMuster();
  keys = { apiKey: stage.simulator.apiKey, appKey: stage.simulator.appKey };
  const official = officialClient(stage.simulator);
  const accountId = await employ(stage, 'n4');
  const roleId = await makeRole(stage, 'On call');
  const other = await makeRole(stage, 'Mapped');
  await official.authnMappings.createAuthNMapping({
    body: {
      data: {
        type: 'authn_mappings',
        attributes: { attributeKey: 'member-of', attributeValue: 'engineering' },
        relationships: { role: { data: { id: other, type: 'roles' } } },
      },
    },
  });
  expect((await moveToOperations(stage, 'n4')).kind).toBe('completed');
  expect((await readAccount(stage, accountId)).roles).toContain('On call');
  const evidence = await stage.inventory.listEvidence({ personId: 'n4', limit: 100, offset: 0 });
  expect(evidence.find(({ action }) => action === 'assign role')?.after).toMatchObject({
    id: roleId,
    undoneByLogin: true,
  });
});
