import type { Client } from '@temporalio/client';
import { Registry } from 'prom-client';
import { createMetrics } from '../../client/gateway/metrics.ts';
import { engineGauges, recordGauges } from '../../client/operations/metrics/catalog.ts';
import { addDatadogMetrics } from '../../client/operations/metrics/datadogMetrics.ts';
import { addSharedMetrics } from '../../client/operations/metrics/serve.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';

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
export const shownMetrics: readonly string[] = registry.getMetricsAsArray().map(({ name }) => name);

/** What queries may name: a series, its labels, and the values of a label where they are known. */
export interface Series {
  readonly labels: ReadonlyMap<string, readonly string[] | undefined>;
}

/** Of the SDK's own what alerts and the dashboard use; that a worker shows them is tested with a running one. */
export const sdkSeries: Readonly<Record<string, readonly string[]>> = {
  temporal_activity_schedule_to_start_latency_bucket: ['le', 'task_queue'],
  temporal_request_latency_bucket: ['le', 'operation'],
  temporal_sticky_cache_size: ['task_queue'],
  temporal_worker_task_slots_available: ['task_queue', 'worker_type'],
  temporal_worker_task_slots_used: ['task_queue', 'worker_type'],
  temporal_workflow_task_schedule_to_start_latency_bucket: ['le', 'task_queue'],
};

const gaugeValues = new Map(
  [...recordGauges, ...engineGauges].flatMap((gauge) =>
    gauge.label === undefined ? [] : [[gauge.name, new Map([[gauge.label, gauge.values]])] as const],
  ),
);

/** By its name all that Prometheus may be asked for. */
export const series: ReadonlyMap<string, Series> = new Map([
  ...(registry.getMetricsAsArray() as unknown as readonly Declared[]).flatMap(seriesOf),
  ...Object.entries(sdkSeries).map(
    ([name, labels]) => [name, { labels: new Map(labels.map((label) => [label, undefined])) }] as const,
  ),
]);

/** As `prom-client` keeps a metric, of which its types show less. */
interface Declared {
  readonly name: string;
  readonly labelNames: readonly string[];
  /** Of a histogram alone. */
  readonly buckets?: readonly number[];
}

function seriesOf({ name, labelNames, buckets }: Declared): readonly (readonly [string, Series])[] {
  const labels = new Map(labelNames.map((label) => [label, gaugeValues.get(name)?.get(label)]));
  if (buckets === undefined) return [[name, { labels }]];
  return [
    [`${name}_count`, { labels }],
    [`${name}_sum`, { labels }],
    [`${name}_bucket`, { labels: new Map([...labels, ['le', buckets.map(String)]]) }],
  ];
}
