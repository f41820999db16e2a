import { ApiError } from '../errors.ts';
import type { State } from '../model.ts';

/**
 * Refuses a write to what another system owns, whatever the key may do elsewhere: users that SCIM manages, teams that
 * an identity provider fills. `params` are those of the route in their order: the first is what is written to.
 * @throws ApiError with the words of the lock.
 */
export function refuseLocked(state: State, method: string, params: Readonly<Record<string, string>>): void {
  if (method === 'GET') return;
  const [id = ''] = Object.values(params);
  const lock = state.locks.get(id);
  if (lock !== undefined) throw new ApiError({ status: lock.status, body: { errors: lock.errors } });
}
