import {
  CancellationScope,
  condition,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { accountActivatedSignal, hrEventSignal, searchAttributes, taskQueues } from '../../domain/contracts.ts';
import { personIdOf } from '../../domain/ids.ts';
import { shapePlaceholder, type Shape, type TwinActivities } from './shape.ts';

const regular = proxyActivities<TwinActivities>({ taskQueue: taskQueues.datadog, startToCloseTimeout: '15 seconds' });
const local = proxyLocalActivities<TwinActivities>({ startToCloseTimeout: '5 seconds' });

/** As much engine work as one real onboarding, and nothing else: the steps of the shape, one after another. */
export async function twin(): Promise<void> {
  const personId = personIdOf(workflowInfo().workflowId) ?? '';
  let signals = 0;
  const count = (): void => void (signals += 1);
  setHandler(hrEventSignal, count);
  setHandler(accountActivatedSignal, count);
  const shape = JSON.parse(decodeURIComponent(shapePlaceholder)) as Shape;
  await condition(() => signals >= 1);
  let timers = new CancellationScope();
  for (const step of shape.steps) {
    const before = timers;
    timers = new CancellationScope();
    for (let started = 0; started < step.timers; started += 1) {
      timers.run(() => sleep('1 hour')).catch(() => undefined);
    }
    for (let upserted = 0; upserted < step.upserts; upserted += 1) {
      upsertSearchAttributes([
        { key: searchAttributes.personId, value: personId },
        { key: searchAttributes.phase, value: 'done' },
      ]);
    }
    for (const { resultBytes } of step.locals) await local.twinLocal('', resultBytes);
    await Promise.all(
      step.activities.map(({ inputBytes, resultBytes, signals: isSignalling }) =>
        isSignalling
          ? regular.twinSignalling(fill(inputBytes), resultBytes, personId)
          : regular.twinRegular(fill(inputBytes), resultBytes),
      ),
    );
    before.cancel();
  }
  await condition(() => signals >= shape.signals);
  timers.cancel();
}

/** A string that takes so many bytes as JSON. */
const fill = (bytes: number): string => 'x'.repeat(Math.max(0, bytes - 2));
