import { Counter, Histogram, Registry } from 'prom-client';

/** What the gateway counts, for Prometheus. */
export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics(registry = new Registry()) {
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, labelNames: T[]) =>
    new Counter({ name, help, labelNames, registers });
  return {
    registry,
    requests: counter('muster_gateway_requests_total', 'Requests by route, method and status', [
      'route',
      'method',
      'status',
    ]),
    events: counter('muster_gateway_events_total', 'Events accepted by the engine, by source and kind', [
      'source',
      'kind',
    ]),
    repeats: counter('muster_gateway_repeats_total', 'Deliveries that were known already, by source', ['source']),
    reusedIds: counter('muster_gateway_reused_ids_total', 'Other messages under an id that was used, by source', [
      'source',
    ]),
    refused: counter(
      'muster_gateway_refused_total',
      'Deliveries that were not authenticated or not readable, by reason',
      ['reason'],
    ),
    refusedItems: counter('muster_gateway_refused_items_total', 'Items refused on record, by source and kind', [
      'source',
      'kind',
    ]),
    scimIgnored: counter(
      'muster_scim_ignored_total',
      'What was ignored of SCIM requests, by source: attributes that no schema has, values of a deactivation, members who are no users',
      ['source', 'what'],
    ),
    durations: new Histogram({
      name: 'muster_gateway_request_duration_seconds',
      help: 'Time to the response, by route',
      labelNames: ['route', 'method'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
  };
}
