import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Client } from '@temporalio/client';
import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { addDatadogMetrics } from '../../../client/operations/metrics/datadogMetrics.ts';
import { remembered } from '../../../client/operations/metrics/remembered.ts';
import { addSharedMetrics, serveMetrics } from '../../../client/operations/metrics/serve.ts';
import { openDatadog } from '../../../datadog/index.ts';
import { startSimulator } from '../../../simulator/index.ts';
import { hrFirst } from '../../support/ranks.ts';
import { startGateway } from '../support/gateway.ts';

const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

/** A Temporal that does not answer. */
const away = {
  options: { namespace: 'default' },
  withDeadline: (_deadline: number, work: () => Promise<unknown>) => work(),
  workflowService: { describeTaskQueue: () => Promise.reject(new Error('away')) },
} as unknown as Client;

async function openShown() {
  const gateway = await startGateway();
  const registry = new Registry();
  const { inventory, policy } = gateway;
  addSharedMetrics(
    { registry, kind: 'worker', client: away, inventory, policy: () => policy },
    { figuresMs: 0, engineMs: 0 },
  );
  const shown = async (pattern: RegExp) =>
    (await registry.metrics()).split('\n').filter((line) => !line.startsWith('#') && pattern.test(line));
  return { gateway, inventory, registry, shown, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
}

test('leavers who are due, late, and people whom nobody has told are counted', async () => {
  await using open = await openShown();
  const { inventory, shown } = open;
  const counted = /^muster_(leavers|people_not)/;
  const counts = (due: unknown, late: unknown, untold: unknown) => [
    `muster_leavers_due ${String(due)}`,
    `muster_leavers_not_ended ${String(late)}`,
    `muster_people_not_told ${String(untold)}`,
  ];
  expect(await shown(counted)).toEqual(counts(0, 0, 0));
  const leaver = (n: number, minutes: number) => ({
    ...({ eventId: `l-${n}`, kind: 'leaver', personId: `p-${n}`, source: 'hr' } as const),
    ...{ occurredAt: ago(minutes), effectiveAt: ago(minutes) },
  });
  await inventory.receiveEvent(leaver(1, 20), ago(20));
  await inventory.receiveEvent(leaver(2, 2), ago(2));
  expect(await shown(counted)).toEqual(counts(2, 1, 2));
  await inventory.readMailbox('p-1', { id: 'run-1', at: ago(0) }, hrFirst);
  expect(await shown(counted)).toEqual(counts(2, 1, 1));
  await inventory.close();
  expect(await shown(counted)).toEqual(counts('Nan', 'Nan', 'Nan'));
});

test('a Temporal that does not answer is a metric, and leaves the others as they are', async () => {
  await using open = await openShown();
  expect(await open.shown(/^muster_engine_up|workersAway|muster_processes/)).toEqual([
    'muster_processes{process="worker"} 0',
    'muster_processes{process="gateway"} 0',
    'muster_engine_up 0',
    'muster_trouble{finding="workersAway"} Nan',
  ]);
});

test('no metric says anything about anybody', async () => {
  await using open = await openShown();
  const { inventory, registry } = open;
  await inventory.receiveEvent(
    {
      ...{ eventId: 'canary-event', kind: 'joiner', personId: 'canary-person', source: 'hr' },
      ...{ occurredAt: ago(9), effectiveAt: ago(9), person: { email: 'canary@example.com', name: 'Canary' } },
    },
    ago(9),
  );
  await inventory.recordProgress({ personId: 'canary-person', process: 'onboarding', phase: 'blocked', at: ago(1) });
  const text = await registry.metrics();
  expect(text).toContain('muster_people{phase="blocked"} 1');
  expect(text).not.toMatch(/canary/i);
});

test('a worker serves its own metrics and those of the SDK as one page', async () => {
  await using open = await openShown();
  const { inventory, policy } = open.gateway;
  const sdk = createServer((_request, response) => response.end('temporal_worker_task_slots_used 3\n'));
  await once(sdk.listen(0, '127.0.0.1'), 'listening');
  const sdkUrl = `http://127.0.0.1:${(sdk.address() as AddressInfo).port}/metrics`;
  const shared = { registry: new Registry(), kind: 'worker', client: away, inventory, policy: () => policy } as const;
  await using served = await serveMetrics({ ...shared, sdkUrl }, { host: '127.0.0.1', port: 0 });
  const read = async (path = '/metrics') => {
    const answer = await fetch(new URL(path, served.url));
    return { status: answer.status, text: await answer.text() };
  };
  expect(await read('/')).toMatchObject({ status: 404 });
  expect((await read()).text).toMatch(
    /muster_process_info\{process="worker"\} 1[^]*\ntemporal_worker_task_slots_used 3/,
  );
  sdk.close();
  sdk.closeAllConnections();
  const without = await read();
  expect(without.status).toBe(200);
  expect(without.text).toContain('muster_build_info');
  expect(without.text).not.toContain('temporal_');
});

test('requests to Datadog are counted by operation and result, and their wait by priority', async () => {
  await using simulator = await startSimulator();
  const { url: baseUrl, apiKey, appKey } = simulator;
  const registry = new Registry();
  await using client = openDatadog({
    baseUrl,
    keys: () => ({ apiKey, appKey }),
    observer: addDatadogMetrics(registry),
  });
  await client.attempt().currentUser();
  simulator.faults.add({ kind: 429, times: 1, resetSeconds: 1 });
  await client
    .attempt({ priority: 'leaver' })
    .currentUser()
    .catch(() => undefined);
  await simulator.close();
  await client
    .attempt()
    .getAccount('a-1')
    .catch(() => undefined);
  const lines = (await registry.metrics()).split('\n');
  expect(lines.filter((line) => line.startsWith('muster_datadog_calls_total'))).toEqual([
    'muster_datadog_calls_total{operation="get current user",result="200"} 1',
    'muster_datadog_calls_total{operation="get current user",result="429"} 1',
    expect.stringMatching(/^muster_datadog_calls_total\{operation="[a-z ]+",result="noAnswer"\} 1$/),
  ]);
  expect(lines).toContain('muster_datadog_limiter_wait_seconds_count{priority="leaver"} 1');
});

test('a reading serves all who ask within its time, and one that failed nobody else', async () => {
  let readings = 0;
  const read = remembered(async () => {
    readings += 1;
    if (readings === 1) throw new Error('away');
    return readings;
  }, 60_000);
  await expect(Promise.all([read(), read()])).rejects.toThrow('away');
  expect(await Promise.all([read(), read()])).toEqual([2, 2]);
  expect(await read()).toBe(2);
});
