import { mkdtemp, rm } from 'node:fs/promises';
import { hrFirst } from '../../support/ranks.ts';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailureCategory } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from '@jest/globals';
import { createCapabilityActivities } from '../../../activities/person/capabilities.ts';
import { openInventory } from '../../support/inventory.ts';
import { loadPolicy } from '../../../policy/file.ts';
import { examplePolicyPath } from '../../../config/config.ts';
import type { HrEvent } from '../../../domain/model.ts';
import { openPair } from '../../datadog/pair.ts';

const minute = 60_000;
const missing = { permission: 'user_access_invite', operation: 'create user' };
const still = { type: 'StillNotAuthorized', category: ApplicationFailureCategory.BENIGN };

async function openWorld() {
  await using opened = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'muster-capabilities-'));
  opened.defer(() => rm(home, { recursive: true, force: true }));
  const inventory = opened.use(await openInventory({ file: join(home, 'inventory.db') }));
  const pair = opened.use(await openPair());
  const policy = await loadPolicy(examplePolicyPath, { datadogIsSimulator: true });
  const submitted: HrEvent[] = [];
  const refuse = () => Promise.reject(new Error('nothing is decided here'));
  const activities = createCapabilityActivities({
    datadog: pair.client,
    inventory,
    policy: () => policy,
    notify: { send: () => undefined },
    engine: undefined as never,
    signals: {
      activated: async () => false,
      submit: async (event) => void submitted.push(event),
      look: async () => undefined,
      hasOpenRun: async () => false,
    },
    importRosters: async () => [],
    fetchRecord: async () => [],
    attestations: { verify: refuse, verifyKept: refuse },
    keys: { verify: refuse },
  });
  const logger = new DefaultLogger('ERROR');
  const kept = opened.move();
  return {
    ...pair,
    inventory,
    submitted,
    run: <T>(attempt: number, atMs: number, use: (all: typeof activities) => Promise<T>) =>
      new MockActivityEnvironment(
        { attempt, startToCloseTimeoutMs: 15_000, currentAttemptScheduledTimestampMs: atMs },
        { logger },
      ).run(() => use(activities)),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

test('one of many processes that wait for a permission asks Datadog, less and less often', async () => {
  await using world = await openWorld();
  const { keys, requests } = world.simulator;
  keys.setScopes(['user_access_read']);
  const wait = (attempt: number, atMs: number) =>
    world
      .run(attempt, atMs, (all) => all.awaitPermission(missing))
      .then(
        () => undefined,
        (error: unknown) => error,
      );
  const start = Date.parse('2026-01-05T09:00:00Z');
  for (let person = 0; person < 20; person += 1) expect(await wait(1, start)).toMatchObject(still);
  const probes = () => requests.count('GET', /user_invitations/);
  expect(probes()).toBe(1);
  // Everybody looks every minute for an hour: at 1, 3, 7, 15, then every 15 minutes Datadog is asked.
  for (let at = 1; at <= 60; at += 1) {
    for (let person = 0; person < 3; person += 1) expect(await wait(2, start + at * minute)).toMatchObject(still);
  }
  expect(probes()).toBe(1 + 7);
  keys.setScopes(['user_access_invite']);
  const later = start + 90 * minute;
  expect(await wait(3, later)).toBeUndefined();
  const asked = requests.count();
  expect(await wait(3, later)).toBeUndefined();
  expect(requests.count()).toBe(asked);
  // Refused anew, the record does not stand in the way of asking anew.
  keys.revoke('application');
  expect(await wait(1, later + minute)).toMatchObject(still);
});

test('a process that is told the key is mended asks at once, so that the others need not', async () => {
  await using world = await openWorld();
  const { keys, requests } = world.simulator;
  keys.setScopes(['user_access_read']);
  const wait = (attempt: number, isTold: boolean) =>
    world
      .run(attempt, Date.now(), (all) => all.awaitPermission(missing, isTold))
      .then(
        () => 'goes on',
        (error: unknown) => error,
      );
  expect(await wait(1, false)).toMatchObject(still);
  // Told in vain it waits like everybody.
  expect(await wait(1, true)).toMatchObject(still);
  const asked = requests.count();
  expect(await wait(2, true)).toMatchObject(still);
  expect(requests.count()).toBe(asked);
  keys.setScopes(['user_access_invite']);
  expect(await wait(1, true)).toBe('goes on');
  const mended = requests.count();
  expect(await wait(1, true)).toBe('goes on');
  expect(await wait(2, false)).toBe('goes on');
  expect(requests.count()).toBe(mended);
});

test('a waiting process looks again only after the next one may ask', async () => {
  await using world = await openWorld();
  world.simulator.keys.setScopes(['user_access_read']);
  const failure = await world
    .run(1, Date.now(), (all) => all.awaitPermission(missing))
    .catch((error: unknown) => error);
  const { nextRetryDelay } = failure as { nextRetryDelay: number };
  expect(nextRetryDelay).toBeGreaterThanOrEqual(minute + 2_000);
  expect(nextRetryDelay).toBeLessThanOrEqual(minute + 10_000);
});

test('skipped steps are done once the permission is there, and once a day at most', async () => {
  await using world = await openWorld();
  const parts = [{ part: 'assign team core', result: 'notDone', permission: 'teams_read' }] as const;
  const outcome = { kind: 'completed', parts } as const;
  const event = {
    eventId: 'j-1',
    kind: 'joiner',
    personId: 'p-1',
    occurredAt: '2026-01-05T09:00:00.000Z',
    effectiveAt: '2026-01-05T09:00:00.000Z',
    source: 'test',
  } as const;
  await world.inventory.receiveEvent(event, event.occurredAt);
  const finish = {
    personId: 'p-1',
    process: 'onboarding',
    lines: {},
    person: { attributes: { email: 'p-1@example.com' }, employment: 'employed' },
  } as const;
  await world.inventory.finishProcess(
    { ...finish, events: [{ eventId: 'j-1', outcome }], at: event.occurredAt },
    hrFirst,
  );
  world.simulator.keys.setScopes(['user_access_read', 'user_access_invite', 'user_access_manage']);
  const refresh = () => world.run(1, Date.now(), (all) => all.refreshCapabilities());
  expect(await refresh()).toEqual({ submitted: 0 });
  const health = await world.inventory.listKeyHealth();
  expect(health.find(({ permission }) => permission === 'teams_read')?.answer).toBe('no');
  expect(health.find(({ permission }) => permission === 'user_access_manage')?.answer).toBe('yes');
  world.simulator.keys.setScopes(null);
  // A probe without a response is no news, and does not stop the others.
  world.simulator.faults.add({ kind: 'torn', match: { path: '/api/v2/team' } });
  expect(await refresh()).toEqual({ submitted: 0 });
  const others = await world.inventory.listKeyHealth();
  expect(others.find(({ permission }) => permission === 'teams_read')?.answer).toBe('no');
  expect(others.find(({ permission }) => permission === 'api_keys_read')?.answer).toBe('yes');
  world.simulator.faults.clear();
  await refresh();
  const known = await world.inventory.listKeyHealth();
  await refresh();
  expect(await world.inventory.listKeyHealth()).toEqual(known);
  expect(world.submitted).toMatchObject([{ kind: 'reconcile', personId: 'p-1' }, { personId: 'p-1' }]);
  expect(new Set(world.submitted.map(({ eventId }) => eventId)).size).toBe(1);
  const mended = { kind: 'completed', parts: [] } as const;
  const [first] = world.submitted;
  if (first === undefined) throw new Error('nothing was submitted');
  await world.inventory.receiveEvent({ ...first, eventId: 'r-1' }, first.occurredAt);
  await world.inventory.finishProcess(
    {
      ...finish,
      events: [{ eventId: 'r-1', outcome: mended }],
      at: '2026-01-06T09:00:00.000Z',
    },
    hrFirst,
  );
  expect(await world.inventory.listOwedParts()).toEqual([]);
});
