import type { Client, WorkflowHandle } from '@temporalio/client';

export type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];
type Marker = NonNullable<HistoryEvent['markerRecordedEventAttributes']>;
export type Payloads = NonNullable<HistoryEvent['activityTaskScheduledEventAttributes']>['input'];

interface HistoryCounts {
  readonly events: readonly HistoryEvent[];
  /** As the server counts it. */
  readonly sizeKiB: number;
}

export async function readHistory(client: Client, workflowId: string, runId?: string): Promise<HistoryCounts> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const [{ events }, { historySize }] = await Promise.all([handle.fetchHistory(), handle.describe()]);
  return { events: events ?? [], sizeKiB: (historySize ?? 0) / 1024 };
}

export const countUpserts = (events: readonly HistoryEvent[]): number =>
  events.filter((event) => event.upsertWorkflowSearchAttributesEventAttributes).length;

/** Counts and payload bytes by type of event, the most frequent first; activities and signals by name below. */
export function tableOf(events: readonly HistoryEvent[]): string {
  const types = new Map<string, Row>();
  const names = new Map<string, Row>();
  for (const event of events) {
    const bytes = payloadBytes(event);
    add(types, typeOf(event), bytes);
    const name = nameOf(event);
    if (name !== '') add(names, `${typeOf(event)} ${name}`, bytes);
  }
  return [...linesOf(types), '  of these', ...linesOf(names)].join('\n');
}

/** One line an event, for finding what a run consists of. */
export const listingOf = (events: readonly HistoryEvent[]): string =>
  events
    .map((event) => `  ${String(event.eventId).padStart(4)} ${typeOf(event)} ${nameOf(event)} ${payloadBytes(event)}`)
    .join('\n');

/** Such as `activityTaskScheduled`. */
function typeOf(event: HistoryEvent): string {
  const [key] = Object.entries(event).find(([name, value]) => name.endsWith('EventAttributes') && value) ?? [];
  return key?.replace(/EventAttributes$/, '') ?? 'unknown';
}

function nameOf({
  activityTaskScheduledEventAttributes: scheduled,
  workflowExecutionSignaledEventAttributes: signalled,
  markerRecordedEventAttributes: marker,
}: HistoryEvent): string {
  return scheduled?.activityType?.name ?? signalled?.signalName ?? (marker ? localActivityOf(marker) : '');
}

/** The name stands in JSON that the SDK puts into the marker. */
function localActivityOf({ details, markerName }: Marker): string {
  const data = details?.['data']?.payloads?.[0]?.data;
  const parsed = data ? (JSON.parse(Buffer.from(data).toString()) as { activity_type?: string }) : {};
  return parsed.activity_type ?? markerName ?? '';
}

/** Everything that stands as bytes anywhere in the event. */
function payloadBytes(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((total: number, one) => total + payloadBytes(one), 0);
}

interface Row {
  readonly count: number;
  readonly bytes: number;
}

function add(table: Map<string, Row>, key: string, bytes: number): void {
  const row = table.get(key) ?? { count: 0, bytes: 0 };
  table.set(key, { count: row.count + 1, bytes: row.bytes + bytes });
}

const linesOf = (table: ReadonlyMap<string, Row>): string[] =>
  [...table]
    .toSorted(([, a], [, b]) => b.count - a.count || b.bytes - a.bytes)
    .map(([name, { count, bytes }]) => `  ${String(count).padStart(4)}  ${String(bytes).padStart(6)} bytes  ${name}`);
