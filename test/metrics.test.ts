import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createMetrics } from '../client/gateway/metrics.ts';
import { addDatadogMetrics } from '../client/operations/metrics/datadogMetrics.ts';
import { addSharedMetrics } from '../client/operations/metrics/serve.ts';
import type { Inventory } from '../inventory/port/inventory.ts';
import { root } from './support/documents.ts';

const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

/** Everything that a process of Muster itself shows. */
const registry = new Registry();
createMetrics(registry);
addDatadogMetrics(registry);
addSharedMetrics({
  ...{ registry, kind: 'local', client: {} as Client, inventory: {} as Inventory },
  policy: () => {
    throw new Error('nobody asks');
  },
});
const metrics = registry.getMetricsAsArray().map(({ name }) => name);

test('the page of metrics names each one, and no other', async () => {
  const named = [...(await read('docs/metrics.md')).matchAll(/^\| `(\w+)` /gm)].map(([, name = '']) => name);
  expect(named.toSorted()).toEqual(metrics.toSorted());
});
