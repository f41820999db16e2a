import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openInventory } from '../support/inventory.ts';
import { createMuster } from '../../client/operations/muster.ts';
import { startSimulator } from '../../simulator/index.ts';
import { examplePolicyPath } from '../../config/config.ts';
import { employ } from '../support/employees.ts';
import { startDevServer } from '../support/engine.ts';
import { startGate } from '../support/gate.ts';
import { expectOneLinkAWrite } from '../support/ledger.ts';
import { eventually, hrEvent } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { startProgram } from '../support/processes.ts';

const people = Array.from({ length: 20 }, (_, index) => `k-${index}`);

test('a revoked key and a killed worker in the middle of 20 offboardings only delay them', async () => {
  const home = await mkdtemp(join(tmpdir(), 'muster-revoked-'));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rm(home, { recursive: true, force: true }));
  const engine = opened.use(await startDevServer());
  const simulator = opened.use(await startSimulator());
  const gate = opened.use(await startGate(simulator.url));
  const inventory = opened.use(await openInventory({ file: join(home, 'inventory.db') }));
  const policyPath = join(home, 'policy.yaml');
  const example = await readFile(examplePolicyPath, 'utf8');
  await writeFile(policyPath, example.replace(/^offboarding:$/m, 'offboarding:\n  changeBudget: { atLeast: 1000 }'));
  const muster = createMuster({ client: engine.client, inventory });
  const accountIds = await Promise.all(people.map((personId) => employ({ inventory, simulator }, personId)));
  simulator.requests.reset();
  // However fast the machine is, these are in the middle when the key is revoked.
  for (const subject of accountIds.slice(4)) {
    gate.hold({ subject, method: 'DELETE', path: /^\/api\/v2\/users\/[^/]+$/, when: 'before' });
  }
  // Some responses are lost just before the key is: whether that write happened is known only once it is mended.
  simulator.faults.add({ kind: 'lostReply', match: { method: 'DELETE' }, probability: 0.4 });

  const startWorker = () => {
    const worker = startProgram('workers/main.ts', {
      env: {
        ...engine.env,
        MUSTER_HOME: home,
        MUSTER_POLICY: policyPath,
        MUSTER_DATADOG_URL: gate.url,
        DD_API_KEY: simulator.apiKey,
        DD_APP_KEY: simulator.appKey,
      },
    });
    opened.defer(async () => void (await worker.end('SIGKILL')));
    return worker;
  };
  const first = startWorker();
  const leavers = people.map((personId) => hrEvent('leaver', personId, { immediate: true }));
  for (const leaver of leavers) await muster.submitEvent(leaver);
  const disabled = () => simulator.users().filter(({ status }) => status === 'Disabled').length;
  await eventually('a few to be disabled', () => disabled() >= 4, 60_000);
  simulator.keys.revoke('application');
  expect(disabled()).toBe(4);
  gate.open();

  const open = async () => (await inventory.waitingEvents({ limit: 100 })).map(({ event }) => event.personId);
  const isBlocked = async (personId: string) => {
    const phase = (await inventory.listPeople({ limit: 100, offset: 0 })).find(
      (one) => one.personId === personId,
    )?.phase;
    return phase === 'blocked';
  };
  const allBlocked = async () => (await Promise.all((await open()).map(isBlocked))).every(Boolean);
  await eventually('everybody who is not gone to wait for the key', allBlocked, 60_000);
  const waiting = await open();
  expect(waiting.length).toBeGreaterThan(people.length / 2);
  expect((await muster.status(waiting[0] ?? ''))?.blocked?.reason).toBe('validKeys');

  await first.end('SIGKILL');
  const second = startWorker();
  simulator.keys.restore('application');
  simulator.faults.clear();
  for (const personId of waiting) await muster.retry(personId, { reason: 'the key is mended' });
  await eventually('everybody to be gone', async () => (await open()).length === 0, 90_000);
  expect(await second.end('SIGTERM')).toMatchObject({ code: 0, signal: null });

  const official = officialClient(simulator);
  for (const [index, userId] of accountIds.entries()) {
    const { data } = await official.users.getUser({ userId });
    expect({ disabled: data?.attributes?.disabled, roles: await official.rolesOf(userId) }).toEqual({
      disabled: true,
      roles: [],
    });
    const eventId = leavers[index]?.eventId ?? '';
    expect((await inventory.findEvent(eventId))?.outcome).toMatchObject({ kind: 'completed' });
    const links = await inventory.listEvidence({ personId: people[index] ?? '', limit: 100, offset: 0 });
    expect(links.filter(({ action }) => action === 'disable account')).toMatchObject([
      { eventId, before: { status: 'active' }, after: { status: 'disabled' } },
    ]);
  }
  await expectOneLinkAWrite({ inventory, simulator });
}, 240_000);
