import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import { correlationConflict, disableRefused, type MissingPermission } from '../../domain/failures.ts';

export function wordsOf(error: ActivityFailure): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** The failure that an activity itself ended with; undefined where it ended in another way. */
export const failureIn = (error: unknown): ApplicationFailure | undefined =>
  error instanceof ActivityFailure && error.cause instanceof ApplicationFailure ? error.cause : undefined;

export function missingPermissionOf(error: unknown): MissingPermission | undefined {
  const failure = failureIn(error);
  const [details] = (failure?.details ?? []) as MissingPermission[];
  if (failure?.type === disableRefused) return details;
  if (failure?.type !== 'NotAuthorized') return undefined;
  return details ?? { permission: 'validKeys', operation: 'unknown' };
}

/** Why an account is not surely this person's, and what helps where that is not to say whose it is; undefined where the error is another one. */
export function conflictOf(error: unknown): { readonly reason: string; readonly advice?: string } | undefined {
  const failure = failureIn(error);
  if (failure?.type !== correlationConflict) return undefined;
  const [advice] = (failure.details ?? []) as (string | undefined)[];
  return { reason: failure.message, advice };
}
