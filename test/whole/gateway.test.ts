import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { openInventory } from '../support/inventory.ts';
import { applySchedules } from '../../client/operations/schedule.ts';
import { startSimulator } from '../../simulator/index.ts';
import { examplePolicyPath } from '../../config/config.ts';
import { ensureSearchAttributes } from '../../workers/searchAttributes.ts';
import { personWorkflowId } from '../../domain/contracts.ts';
import { hrSecret, sign } from '../client/support/gateway.ts';
import { startDevServer } from '../support/engine.ts';
import { startHoldingProxy } from '../support/holdingProxy.ts';
import { eventually } from '../support/muster.ts';
import { officialClient, type OfficialClient } from '../support/officialClient.ts';
import { startProgram, type Program } from '../support/processes.ts';
import { gatewayPort } from '../support/ports.ts';

const kills = 20;
const policy = { MUSTER_POLICY: examplePolicyPath };

/** An engine, a simulated Datadog and an inventory, and neither gateway nor worker yet. */
async function setUp() {
  await using opened = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'muster-intake-'));
  opened.defer(() => rm(home, { recursive: true, force: true }));
  await mkdir(join(home, 'secrets'));
  await writeFile(join(home, 'secrets', 'hr'), hrSecret);
  const engine = opened.use(await startDevServer());
  await ensureSearchAttributes(engine.client);
  // The light sync notices people who accept their invitation.
  await applySchedules(engine.client, {
    sync: { cron: '0 3 1 1 *', timeZone: 'UTC', lightEveryMs: 2_000 },
    roster: { cron: '0 3 1 1 *' },
  });
  const simulator = opened.use(await startSimulator({ people: 3, nhis: 0, seed: 7, acceptAfterMs: 200 }));
  const inventory = opened.use(await openInventory({ file: join(home, 'inventory.db') }));
  const port = await gatewayPort();
  const kept = opened.move();
  return {
    ...{ engine, simulator, inventory, client: engine.client, url: `http://127.0.0.1:${port}/v1/events` },
    startGateway(address = engine.address): Program {
      const env = { ...engine.env, TEMPORAL_ADDRESS: address, MUSTER_HOME: home, MUSTER_PORT: String(port), ...policy };
      const gateway = startProgram('client/gateway/main.ts', { env });
      kept.defer(async () => void (await gateway.end('SIGKILL')));
      return gateway;
    },
    startWorker(): Program {
      const { url, apiKey, appKey } = simulator;
      const datadog = { MUSTER_DATADOG_URL: url, DD_API_KEY: apiKey, DD_APP_KEY: appKey };
      const env = { ...engine.env, MUSTER_HOME: home, ...policy, ...datadog };
      const worker = startProgram('workers/main.ts', { env });
      kept.defer(async () => void (await worker.end('SIGKILL')));
      return worker;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const isUp = (gateway: Program) =>
  eventually(
    'the gateway to listen',
    () => {
      if (!gateway.isRunning()) throw new Error(`the gateway ended: ${gateway.said.err}`);
      return gateway.said.err.includes('gateway started');
    },
    60_000,
  );

const hasRun = (client: Client, personId: string): Promise<boolean> =>
  client.workflow
    .getHandle(personWorkflowId(personId))
    .describe()
    .then(() => true)
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    });

/** Names, sorted; of nobody none. */
async function rolesHeld(official: OfficialClient, email: string): Promise<readonly string[]> {
  const [account] = await official.listAllUsers({ text: email });
  if (account?.id === undefined) return [];
  const held = await official.rolesOf(account.id);
  const { data = [] } = await official.roles.listRoles({ pageSize: 100 });
  return data
    .filter(({ id = '' }) => held.includes(id))
    .map(({ attributes }) => attributes?.name ?? '')
    .toSorted();
}

const bodyOf = (type: string, data: object, occurredMs: number): string =>
  JSON.stringify({ type, timestamp: new Date(occurredMs).toISOString(), data });

/** As senders do: the same message, signed anew, until it is answered with 2xx. */
async function sendUntilAccepted(url: string, id: string, body: string): Promise<{ tries: number; lastMs: number }> {
  for (let tries = 1; ; tries += 1) {
    const startedAt = Date.now();
    const answer = await fetch(url, { method: 'POST', body, headers: sign(body, { id }) }).catch(() => undefined);
    await answer?.text().catch(() => undefined);
    if (answer?.ok === true) return { tries, lastMs: Date.now() - startedAt };
    if (answer !== undefined && answer.status < 500) throw new Error(`${id} is refused: ${answer.status}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test(`a gateway killed ${kills} times between accepting and replying applies every event once`, async () => {
  await using stage = await setUp();
  const { client, inventory, simulator, url } = stage;
  await using proxy = await startHoldingProxy(stage.engine.address);
  const people = Array.from({ length: kills }, (_, index) => `k-${index}`);
  let repeated = 0;
  let gateway = stage.startGateway(proxy.address);
  await isUp(gateway);
  for (const personId of people) {
    proxy.hold(true);
    const body = bodyOf('joiner', { personId, email: `${personId}@example.com` }, Date.now() - 1_000);
    const sending = sendUntilAccepted(url, `join-${personId}`, body);
    // Temporal has it, and the gateway does not know.
    await eventually(`Temporal to have ${personId}`, () => hasRun(client, personId));
    await gateway.end('SIGKILL');
    proxy.hold(false);
    gateway = stage.startGateway(proxy.address);
    if ((await sending).tries > 1) repeated += 1;
    await isUp(gateway);
  }
  // A gateway that was slow to be killed has replied: the event is on record.
  expect(repeated).toBeGreaterThan(0);

  stage.startWorker();
  for (const personId of people) {
    const row = await eventually(
      `the outcome of ${personId}`,
      async () => {
        const found = await inventory.findEvent(`hr:join-${personId}`);
        return found?.outcome === undefined ? undefined : found;
      },
      120_000,
    );
    expect(row.outcome).toMatchObject({ kind: 'completed' });
    const evidence = await inventory.listEvidence({ personId, limit: 100, offset: 0 });
    expect(evidence.filter(({ action }) => action === 'create account')).toHaveLength(1);
    // The sync may have asked for a look at the person as well.
    const events = (await inventory.personHistory(personId))?.events ?? [];
    expect(events.filter(({ event }) => event.source === 'hr')).toHaveLength(1);
  }
  const emails = simulator.users().map(({ email }) => email);
  expect(emails.filter((email) => email.startsWith('k-'))).toHaveLength(kills);
  expect(await gateway.end('SIGTERM')).toMatchObject({ code: 0, signal: null });
}, 400_000);

test('events sent while every worker is down are accepted, and applied in order when one starts', async () => {
  await using stage = await setUp();
  const { inventory, simulator, url } = stage;
  const gateway = stage.startGateway();
  await isUp(gateway);
  const people = Array.from({ length: 12 }, (_, index) => `d-${index}`);
  const beganAt = Date.now() - 60_000;
  const last: Record<string, string> = {};
  const ids: string[] = [];
  const durations: number[] = [];
  const send = async (id: string, type: string, data: object, minute: number) => {
    ids.push(`hr:${id}`);
    durations.push((await sendUntilAccepted(url, id, bodyOf(type, data, beganAt + minute))).lastMs);
  };
  for (const [index, personId] of people.entries()) {
    const person = { personId, email: `${personId}@example.com` };
    await send(`${personId}-1`, 'joiner', { ...person, department: 'Sales' }, 1);
    await send(`${personId}-3`, 'mover', { ...person, department: 'Engineering' }, 3);
    // The older word comes later, and does not count.
    await send(`${personId}-2`, 'mover', { ...person, department: 'SRE' }, 2);
    const isLeaver = index % 3 === 0;
    if (isLeaver) await send(`${personId}-4`, 'leaver', { personId }, 4);
    last[personId] = isLeaver ? 'left' : 'Engineering';
  }
  process.stderr.write(`with the workers down: slowest answer ${Math.max(...durations)} ms of ${durations.length}\n`);
  // The promise is 1 s; the senders give up after 3.
  expect(Math.max(...durations)).toBeLessThan(3_000);

  stage.startWorker();
  for (const eventId of ids) {
    await eventually(`the outcome of ${eventId}`, async () => (await inventory.findEvent(eventId))?.outcome, 180_000);
  }
  const official = officialClient(simulator);
  for (const personId of people) {
    const isLeft = last[personId] === 'left';
    // People who left before any worker ran never had an account.
    expect(await rolesHeld(official, `${personId}@example.com`)).toEqual(
      isLeft ? [] : ['Datadog Read Only Role', 'Datadog Standard Role'],
    );
    const row = await inventory.findPerson(personId);
    expect(row?.employment).toBe(isLeft ? 'left' : 'employed');
    // Whatever became of the older word, it counts no more.
    const older = (await inventory.findEvent(`hr:${personId}-2`))?.outcome?.kind;
    expect(['superseded', 'completed', 'nothingToDo']).toContain(older);
  }
}, 400_000);
