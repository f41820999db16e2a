import { Counter, Histogram, type Registry } from 'prom-client';
import type { CallObserver } from '../../../datadog/observer.ts';

/** Counts the requests to Datadog, and how long they wait for their turn. */
export function addDatadogMetrics(registry: Registry): CallObserver {
  const registers = [registry];
  const calls = new Counter({
    name: 'muster_datadog_calls_total',
    help: 'Requests to Datadog by operation and result: the HTTP status, or noAnswer',
    labelNames: ['operation', 'result'],
    registers,
  });
  const durations = new Histogram({
    name: 'muster_datadog_call_duration_seconds',
    help: 'Time from a request to Datadog to the last byte of its response',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    registers,
  });
  const waits = new Histogram({
    name: 'muster_datadog_limiter_wait_seconds',
    help: 'How long a request waited for its turn within the rate limit, by priority',
    labelNames: ['priority'],
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30, 60],
    registers,
  });
  return {
    waited: (priority, ms) => waits.observe({ priority }, ms / 1_000),
    begin({ operation }) {
      const from = performance.now();
      return (result) => {
        calls.inc({ operation, result });
        durations.observe((performance.now() - from) / 1_000);
      };
    },
  };
}
