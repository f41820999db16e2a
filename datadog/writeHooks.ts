import type { Account } from '../domain/model.ts';
import { isFailure } from './failures.ts';
import type { WriteHooks } from './types.ts';

/** The one request of a call that changes something, with what is to be told around it. */
export async function writing<T>(hooks: WriteHooks, before: Account | undefined, send: () => Promise<T>): Promise<T> {
  await hooks.before?.(before);
  try {
    return await send();
  } catch (error) {
    // Anything else may have been carried out all the same.
    if (isFailure(error, 'InvalidRequest', 'NotAuthorized', 'NotFound', 'Conflict', 'RateLimited')) {
      await hooks.refused?.();
    }
    throw error;
  }
}
