/** Counters and durations in Prometheus' text format. */

const bucketsS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

export type Labels = Readonly<Record<string, string>>;

export interface Metrics {
  count(name: CounterName, labels?: Labels): void;
  observe(labels: Labels, seconds: number): void;
  render(): string;
}

const counters = {
  muster_gateway_requests_total: 'Answered requests by route, method and status',
  muster_gateway_events_total: 'Events handed to the engine, by source and kind',
  muster_gateway_repeats_total: 'Deliveries that were known already, by source',
  muster_gateway_refused_total: 'Deliveries that were not authenticated, by reason',
} as const;
export type CounterName = keyof typeof counters;

const durations = 'muster_gateway_request_duration_seconds';

export function createMetrics(): Metrics {
  const counts = new Map<CounterName, Map<string, number>>();
  const histograms = new Map<string, { buckets: number[]; sum: number; count: number }>();
  return {
    count(name, labels = {}) {
      const series = counts.get(name) ?? new Map<string, number>();
      counts.set(name, series);
      const key = keyOf(labels);
      series.set(key, (series.get(key) ?? 0) + 1);
    },
    observe(labels, seconds) {
      const key = keyOf(labels);
      const series = histograms.get(key) ?? { buckets: bucketsS.map(() => 0), sum: 0, count: 0 };
      histograms.set(key, series);
      for (const [index, upTo] of bucketsS.entries()) {
        if (seconds <= upTo) series.buckets[index] = (series.buckets[index] ?? 0) + 1;
      }
      series.sum += seconds;
      series.count += 1;
    },
    render() {
      const lines: string[] = [];
      for (const [name, help] of Object.entries(counters) as [CounterName, string][]) {
        lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} counter`);
        for (const [labels, value] of counts.get(name) ?? []) lines.push(`${name}{${labels}} ${value}`);
      }
      lines.push(`# HELP ${durations} Time to the answer, by route`, `# TYPE ${durations} histogram`);
      for (const [labels, { buckets, sum, count }] of histograms) {
        const series = (upTo: string): string => `${durations}_bucket{${labels},le="${upTo}"}`;
        for (const [index, upTo] of bucketsS.entries()) lines.push(`${series(String(upTo))} ${buckets[index] ?? 0}`);
        lines.push(`${series('+Inf')} ${count}`);
        lines.push(`${durations}_sum{${labels}} ${sum}`, `${durations}_count{${labels}} ${count}`);
      }
      const gauge = (name: string, value: number) => lines.push(`# TYPE ${name} gauge`, `${name} ${value}`);
      gauge('process_resident_memory_bytes', process.memoryUsage.rss());
      gauge('process_uptime_seconds', Math.round(process.uptime()));
      return `${lines.join('\n')}\n`;
    },
  };
}

const keyOf = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, '_')}"`)
    .join(',');
