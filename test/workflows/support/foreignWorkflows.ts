import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';

/** A workflow of somebody else: calls one activity of Muster with arguments of its own, once, and returns the type of its failure. */
export async function callActivity(taskQueue: string, name: string, args: readonly unknown[]): Promise<string> {
  const activities = proxyActivities({
    taskQueue,
    startToCloseTimeout: '15 seconds',
    retry: { maximumAttempts: 1 },
  });
  try {
    await activities[name]?.(...args);
    return 'done';
  } catch (error) {
    const { cause } = error as { readonly cause?: unknown };
    return cause instanceof ApplicationFailure ? (cause.type ?? 'unknown') : String(cause);
  }
}
