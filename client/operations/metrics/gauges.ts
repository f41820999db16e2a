import { Gauge, type Registry } from 'prom-client';
import { buildId } from '../../../config/version.ts';
import type { Instance } from '../../../domain/instances.ts';
import type { GaugeOf } from './catalog.ts';

/** Gauges of one reading, which is made when they are asked for. Where it fails nobody knows: NaN, and the other metrics are there all the same. */
export function addGauges<State>(
  registry: Registry,
  gauges: readonly GaugeOf<State>[],
  read: () => Promise<State>,
): void {
  for (const { name, help, ...gauge } of gauges) {
    const labelNames = gauge.label === undefined ? [] : [gauge.label];
    const collect = async (shown: Gauge): Promise<void> => {
      const reading = await read().then(
        (state) => ({ state }),
        () => undefined,
      );
      if (gauge.label === undefined) return shown.set(reading === undefined ? Number.NaN : gauge.read(reading.state));
      const known = reading === undefined ? {} : gauge.read(reading.state);
      for (const value of gauge.values) shown.set({ [gauge.label]: value }, known[value] ?? Number.NaN);
    };
    registry.registerMetric(
      new Gauge({
        ...{ name, help, labelNames, registers: [] },
        async collect() {
          await collect(this);
        },
      }),
    );
  }
}

/** What each process says of itself. */
export function addProcessMetrics(registry: Registry, kind: Instance['kind'] | 'local'): void {
  addGauges(
    registry,
    [
      { name: 'process_resident_memory_bytes', help: 'Resident memory', read: () => process.memoryUsage.rss() },
      {
        name: 'process_uptime_seconds',
        help: 'Seconds since the start',
        read: () => Math.round(process.uptime()),
      },
      {
        name: 'muster_build_info',
        help: '1; the build of this process',
        label: 'build',
        values: [buildId()],
        read: () => ({ [buildId()]: 1 }),
      },
      {
        name: 'muster_process_info',
        help: '1; what this process is: a worker, a gateway, or both (local)',
        label: 'process',
        values: [kind],
        read: () => ({ [kind]: 1 }),
      },
    ],
    async () => undefined,
  );
}
