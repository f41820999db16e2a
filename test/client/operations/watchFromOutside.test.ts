import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Notice } from '../../../activities/notify/index.ts';
import { checkEngine, judgePollers } from '../../../client/cli/doctorEngine.ts';
import { isHealthy } from '../../../client/cli/checks.ts';
import { readEngineState } from '../../../client/operations/metrics/engineState.ts';
import { applySchedules } from '../../../client/operations/schedule.ts';
import { watchFromOutside } from '../../../client/operations/watchFromOutside.ts';
import { examplePolicyPath, readConfig } from '../../../config/config.ts';
import { kindsOfWork } from '../../../domain/workers.ts';
import { loadPolicy } from '../../../policy/file.ts';
import { startDevServer } from '../../support/engine.ts';
import { openInventory } from '../../support/inventory.ts';
import { eventually } from '../../support/muster.ts';

const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

test('without a worker, what is late is a finding, a notice, a metric and an exit code', async () => {
  await using opened = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'muster-watch-'));
  opened.defer(() => rm(home, { recursive: true, force: true }));
  const { client, env } = opened.use(await startDevServer());
  const inventory = opened.use(await openInventory({ file: join(home, 'inventory.db') }));
  const policy = await loadPolicy(examplePolicyPath, { datadogIsSimulator: true });
  await applySchedules(client, policy);
  const leaver = { eventId: 'l-1', kind: 'leaver', personId: 'p-1', source: 'hr' } as const;
  await inventory.receiveEvent({ ...leaver, occurredAt: ago(99), effectiveAt: ago(99) }, ago(99));

  const notices: Notice[] = [];
  const errors: unknown[] = [];
  opened.use(
    watchFromOutside({
      ...{ client, inventory, policy: () => policy, everyMs: 300 },
      notify: { send: (notice) => void notices.push(notice) },
      onError: (error) => void errors.push(error),
    }),
  );
  const open = () => inventory.listFindings({ state: 'open', limit: 10, offset: 0 }, ago(0));
  await eventually('both findings', async () => (await open()).length === 2, 60_000);
  expect((await open()).map(({ kind, severity }) => `${kind} ${severity}`).toSorted()).toEqual([
    'leaverNotEnded critical',
    'workersAway critical',
  ]);
  const sent = () => notices.map(({ kind, details }) => `${kind} ${String(details['finding'])}`).toSorted();
  expect(sent()).toEqual(['engineTrouble workersAway', 'leaverDelayed undefined']);
  const { isUp, troubles, pollers } = await readEngineState(client, { inventory, policy }, Date.now());
  expect({ isUp, troubles }).toMatchObject({ isUp: 1, troubles: { workersAway: 1, runFailing: 0, syncStopped: 0 } });
  expect(Object.values(pollers)).toEqual([0, 0, 0, 0]);
  const checks = await checkEngine(await readConfig({ ...env, MUSTER_HOME: home, MUSTER_POLICY: examplePolicyPath }));
  expect(checks.filter(({ status }) => status === 'missing').map(({ name }) => name)).toEqual(
    expect.arrayContaining(kindsOfWork.map(({ name }) => name)),
  );
  expect(isHealthy(checks)).toBe(false);
  expect(sent()).toHaveLength(2);
  expect(errors).toEqual([]);
}, 120_000);

test('a worker that was killed counts as polling no more once it has been silent for 75 seconds', () => {
  const [work] = kindsOfWork;
  const now = Date.parse('2026-06-01T12:00:00.000Z');
  const at = (seconds: number): string => new Date(now - seconds * 1_000).toISOString();
  const judge = (...seconds: readonly number[]) => judgePollers({ work, askedAt: seconds.map(at) }, 'the queue', now);
  expect(judge(75, 76, 290)).toBe('1 polling the queue');
  expect(() => judge(290, 76)).toThrow('no worker polls the queue: the last one did at 2026-06-01T11:58:44.000Z');
  expect(() => judge()).toThrow('no worker polls the queue');
});

test('a worker that the record knows no more does not poll, though Temporal still lists it', () => {
  const [work] = kindsOfWork;
  const now = Date.parse('2026-06-01T12:00:00.000Z');
  const askedAt = [10, 20].map((seconds) => new Date(now - seconds * 1_000).toISOString());
  const judge = (reporting?: number) => judgePollers({ work, askedAt }, 'the queue', now, reporting);
  expect(judge()).toBe('2 polling the queue');
  expect(judge(2)).toBe('2 polling the queue');
  expect(judge(1)).toBe('1 polling the queue');
  expect(() => judge(0)).toThrow('no worker polls the queue any more: the last one did at 2026-06-01T11:59:50.000Z');
});
