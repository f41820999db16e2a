import { records } from '../proxies.ts';
import type { Uses } from '../run/personRun.ts';

/** Says of a leaver what is so now, not what is going to be. */
export const tellOfAccess = (
  { process: { personId } }: Uses<'process'>,
  kind: 'accessEnded' | 'accessNotEnded',
  reason?: string,
): Promise<void> => records.notify({ kind, personId, details: { reason } });
