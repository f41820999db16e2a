import type { WorkflowBundle } from '@temporalio/worker';
import type { HistoryEvent, Payloads } from '../histories.ts';
import { shapePlaceholder, type Shape, type Step } from './shape.ts';

/** Reads from the history of a real run what its twin has to do. `signalling` is the activity that a signal follows. */
export function deriveShape(events: readonly HistoryEvent[], signalling: string): Shape {
  const results = new Map<string, number>();
  for (const { activityTaskCompletedEventAttributes: done } of events) {
    if (done) results.set(String(done.scheduledEventId), bytesOf(done.result));
  }
  const tasks = events.filter((event) => event.workflowTaskCompletedEventAttributes);
  const steps = tasks.map(({ eventId }): Step => {
    const own = events.filter((event) => taskOf(event) === String(eventId));
    const markers = own.flatMap((event) => event.markerRecordedEventAttributes ?? []);
    return {
      locals: markers.map(({ details }) => ({ resultBytes: bytesOf(details?.['result']) })),
      activities: own.flatMap(({ eventId: id, activityTaskScheduledEventAttributes: scheduled }) => {
        if (!scheduled) return [];
        const signals = scheduled.activityType?.name === signalling;
        return [{ inputBytes: bytesOf(scheduled.input), resultBytes: results.get(String(id)) ?? 0, signals }];
      }),
      timers: own.filter((event) => event.timerStartedEventAttributes).length,
      upserts: own.filter((event) => event.upsertWorkflowSearchAttributesEventAttributes).length,
    };
  });
  return {
    steps: steps.filter(
      ({ locals, activities, timers, upserts }) => locals.length + activities.length + timers + upserts,
    ),
    signals: events.filter((event) => event.workflowExecutionSignaledEventAttributes).length,
  };
}

/** The bundle in which the twin knows its shape. */
export function placeShape(bundle: WorkflowBundle, shape: Shape): WorkflowBundle {
  if (!('code' in bundle) || !bundle.code.includes(shapePlaceholder)) {
    throw new Error('the bundle does not hold the twin');
  }
  return { code: bundle.code.replaceAll(shapePlaceholder, encodeURIComponent(JSON.stringify(shape))) };
}

export function describeShape({ steps, signals }: Shape): string {
  const activities = steps.flatMap((step) => step.activities);
  const locals = steps.flatMap((step) => step.locals);
  return [
    `${activities.length} regular activities`,
    `${locals.length} local activities`,
    `${sum(steps.map((step) => step.timers))} timers`,
    `${signals} signals`,
    `${sum(steps.map((step) => step.upserts))} search-attribute upserts`,
    `${sum(activities.map((one) => one.inputBytes))} bytes of input`,
    `${sum([...activities, ...locals].map((one) => one.resultBytes))} bytes of results`,
  ].join(', ');
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const bytesOf = (payloads: Payloads): number =>
  (payloads?.payloads ?? []).reduce((total, { data }) => total + (data?.length ?? 0), 0);

/** The workflow task that asked for this event, where one did. */
function taskOf(event: HistoryEvent): string | undefined {
  const attributes =
    event.markerRecordedEventAttributes ??
    event.activityTaskScheduledEventAttributes ??
    event.timerStartedEventAttributes ??
    event.upsertWorkflowSearchAttributesEventAttributes;
  return attributes?.workflowTaskCompletedEventId ? String(attributes.workflowTaskCompletedEventId) : undefined;
}
