import { minuteMs } from './durations.ts';
import { taskQueues } from './ids.ts';

/** What workers ask Temporal for: without somebody who asks, this work waits. */
export const kindsOfWork = [
  { name: 'worker muster', queue: taskQueues.muster, what: 'workflows' },
  { name: 'worker muster activities', queue: taskQueues.muster, what: 'activities' },
  { name: 'worker datadog', queue: taskQueues.datadog, what: 'activities' },
  { name: 'worker datadog leavers', queue: taskQueues.leavers, what: 'activities' },
] as const;
export type KindOfWork = (typeof kindsOfWork)[number];

/** Who has asked for one kind of work. Temporal lists a process for five minutes after it was killed. */
export interface Pollers {
  readonly work: KindOfWork;
  /** When each last asked; ISO 8601. */
  readonly askedAt: readonly string[];
}

/** A worker waits for a minute at most for an answer, and then asks again. */
const asksWithinMs = minuteMs + 15_000;

/** How many of them are alive: those who have been silent for longer are not. */
export const alivePollers = ({ askedAt }: Pick<Pollers, 'askedAt'>, nowMs: number): number =>
  askedAt.filter((at) => nowMs - Date.parse(at) <= asksWithinMs).length;
