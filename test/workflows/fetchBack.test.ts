import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { keysIn } from '../support/operators.ts';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parsePolicy } from '../../policy/file.ts';
import { readSecretsIn } from '../../client/intake/webhooks/secrets.ts';
import { serveGateway } from '../../client/gateway/serve.ts';
import { personWorkflowId } from '../../domain/contracts.ts';
import { hrSecret, sign } from '../client/support/gateway.ts';
import { employ } from '../support/employees.ts';
import { accountOf, eventually, hrEvent, inPhase } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { useDevServer } from '../support/onDevServer.ts';

const server = useDevServer();
const canary = 'canary-of-the-hr-api';
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const record = (mail: string, more: object = {}): string =>
  JSON.stringify({ person: { mail, name: 'Ada Example', unit: 'Engineering', state: 'Active', ...more } });

/** HR's API, a Muster whose policy knows it, and a gateway that takes HR's events. */
async function setUp(answer: Answer, privateHosts = '[127.0.0.1]') {
  await using opened = new AsyncDisposableStack();
  const asked: { url: string | undefined; authorization: string | undefined }[] = [];
  const api = createServer((request, response) => {
    asked.push({ url: request.url, authorization: request.headers.authorization });
    answer(request, response);
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  opened.defer(() => {
    api.close();
    api.closeAllConnections();
  });
  const { port } = api.address() as AddressInfo;
  const scheme = privateHosts === '[]' ? 'https' : 'http';
  const text = `
version: 1
rules: []
sources:
  - name: people
    verify: standardWebhooks
    map:
      type: /event
      types: { changed: fetch }
      timestamp: /time
      fields: { personId: /id }
    fetchBack:
      url: ${scheme}://127.0.0.1:${port}/v1/people/{id}
      headers: { authorization: 'Bearer {secret}' }
      fields: { email: /person/mail, name: /person/name, department: /person/unit, status: /person/state }
      statuses: { active: [Active], ended: [Terminated, Inactive] }
      privateHosts: ${privateHosts}
`;
  const { sources } = parsePolicy(text, 'policy.yaml', { datadogIsSimulator: true });
  const stage = opened.use(await server.startMuster({ policy: (example) => ({ ...example, sources }) }));
  await writeFile(join(stage.home, 'people'), hrSecret);
  await writeFile(join(stage.home, 'people.fetch'), `${canary}\n`);
  const { muster, inventory, policy, home } = stage;
  const gateway = opened.use(
    await serveGateway({
      ...{ client: server.client(), muster, inventory, keys: keysIn(home), secrets: readSecretsIn(home) },
      policy: () => policy,
      ...{ host: '127.0.0.1', port: 0, metricsPort: 0 },
    }),
  );
  const kept = opened.move();
  return {
    stage,
    asked,
    /** An event of HR that says the id only. */
    async say(id: string) {
      const body = JSON.stringify({ event: 'changed', id, time: new Date().toISOString() });
      const eventId = `${id}-${Date.now()}`;
      const headers = sign(body, { id: eventId });
      const answer = await fetch(`${gateway.url}/v1/events/people`, { method: 'POST', headers, body });
      expect(answer.status).toBe(202);
      return `people:${eventId}`;
    },
    outcomeOf: (eventId: string) =>
      eventually(`the outcome of ${eventId}`, async () => (await inventory.findEvent(eventId))?.outcome),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const eachHistory = async (personId: string): Promise<string> =>
  JSON.stringify(await server.client().workflow.getHandle(personWorkflowId(personId)).fetchHistory());

test("events with an id only are filled from HR's API: a person joins, changes and leaves", async () => {
  let answer = record('f-1@example.com');
  let failures = 1;
  await using hr = await setUp((_request, response) => {
    response.statusCode = failures > 0 ? 503 : 200;
    failures -= 1;
    response.end(answer);
  });
  const { stage } = hr;
  const hired = await hr.say('f-1');
  await inPhase(stage, 'f-1', 'waitingForAcceptance');
  const request = { url: '/v1/people/f-1', authorization: `Bearer ${canary}` };
  expect(hr.asked).toEqual([request, request]);
  const api = officialClient(stage.simulator);
  const named = async () =>
    (await api.listAllUsers({})).find(({ attributes }) => attributes?.email === 'f-1@example.com')?.attributes;
  expect(await named()).toMatchObject({ name: 'Ada Example', status: 'Pending' });
  expect(await eachHistory('f-1')).not.toContain(canary);

  stage.simulator.accept(accountOf(stage, 'f-1')?.id ?? '');
  await server
    .client()
    .workflow.getHandle(personWorkflowId('f-1'))
    .signal('accountActivated', {
      accountId: accountOf(stage, 'f-1')?.id ?? '',
    });
  expect(await hr.outcomeOf(hired)).toMatchObject({ kind: 'completed' });

  answer = record('f-1@example.com', { state: 'Terminated' });
  expect(await hr.outcomeOf(await hr.say('f-1'))).toMatchObject({ kind: 'completed' });
  expect(await named()).toMatchObject({ status: 'Disabled' });
}, 90_000);

const words = (text: string) => ({ kind: 'failed', detail: expect.stringContaining(text) });

test.each<[string, string, Answer]>([
  ['an unknown person', 'does not know this person (404)', (_, response) => response.writeHead(404).end(canary)],
  ['a refusal', 'refused the request (403)', (_, response) => response.writeHead(403).end(canary)],
  [
    'a record without an e-mail',
    'email',
    (_, response) => response.end(JSON.stringify({ person: { state: 'Active' } })),
  ],
  ['an answer that is not JSON', 'not JSON', (_, response) => response.end(canary)],
  ['too much', 'larger than 1 MiB', (_, response) => response.end(`"${'x'.repeat(2 * 1024 * 1024)}"`)],
])('%s ends the event as failed, in words, without the secret', async (what, said, answer) => {
  await using hr = await setUp(answer);
  const id = what.replaceAll(' ', '-');
  expect(await hr.outcomeOf(await hr.say(id))).toMatchObject(words(said));
  expect(hr.asked).toHaveLength(1);
  expect(accountOf(hr.stage, id)).toBeUndefined();
  const person = await hr.stage.inventory.personHistory(id);
  expect(JSON.stringify(person) + (await eachHistory(id))).not.toContain(canary);
});

test('a redirect is not followed, so that no other host learns the secret', async () => {
  const reached: unknown[] = [];
  const other = createServer((request, response) => {
    reached.push(request.headers);
    response.end(record('f-2@example.com'));
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await using hr = await setUp((_, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${port}/${canary}` }).end(),
  );
  expect(await hr.outcomeOf(await hr.say('f-2'))).toMatchObject(words('redirect (302)'));
  expect(reached).toEqual([]);
  other.close();
});

test('an address that is not public is refused unless the policy lists the host', async () => {
  await using hr = await setUp((_, response) => response.end(record('f-3@example.com')), '[]');
  expect(await hr.outcomeOf(await hr.say('f-3'))).toMatchObject(words('not public'));
  expect(hr.asked).toEqual([]);
});

test("a leaver does not wait for HR's API, and its later reply is the older word", async () => {
  let isAway = true;
  await using hr = await setUp((_, response) => {
    response.statusCode = isAway ? 503 : 200;
    response.end(record('f-4@example.com'));
  });
  const { stage } = hr;
  await employ(stage, 'f-4');
  await stage.inventory.bindAlias(
    { source: 'people', externalId: 'f-4', email: 'f-4@example.com' },
    { newId: 'f-4', at: new Date().toISOString() },
  );
  const changed = await hr.say('f-4');
  await eventually('HR to be asked', () => hr.asked.length > 0);
  const leaver = hrEvent('leaver', 'f-4', { immediate: true });
  await stage.muster.submitEvent(leaver);
  expect(await hr.outcomeOf(leaver.eventId)).toMatchObject({ kind: 'completed' });
  isAway = false;
  expect(await hr.outcomeOf(changed)).toMatchObject({ kind: 'stale' });
  expect(accountOf(stage, 'f-4')).toMatchObject({ status: 'Disabled' });
}, 60_000);
