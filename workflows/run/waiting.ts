import { condition } from '@temporalio/workflow';

/** Until it has changed, at the latest when the newer event is due; without one (`at` is infinite) there is no timer. */
export async function changedOrDue(hasChanged: () => boolean, at: number): Promise<void> {
  if (Number.isFinite(at)) {
    await condition(hasChanged, Math.max(1, at - Date.now()), { summary: 'until the newer event is due' });
  } else await condition(hasChanged);
}
