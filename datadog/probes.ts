import { failureOf, isFailure } from './failures.ts';
import type { Call } from './answer.ts';
import type { Sender } from './http.ts';
import { probeOf, validateBothKeys } from './probeCalls.ts';
import { isRefused } from './refusals.ts';
import type { Capability, DatadogReads } from './types.ts';

type ProbeCalls = Pick<DatadogReads, 'probe' | 'validateKeys'>;

/** Reading calls only, never PATCH or DELETE. 403 says no; any other response says nothing. */
export function createProbeCalls(http: Sender, currentUser: DatadogReads['currentUser']): ProbeCalls {
  async function judge(capability: Capability): Promise<'yes' | 'no' | 'unknown'> {
    // One probe alone asks who the owner is.
    const ownId = capability === 'user_access_manage' ? (await currentUser()).account.id : '';
    const probe = probeOf(capability, ownId);
    const status = await statusOf(http, {
      method: 'GET',
      path: probe.path,
      query: probe.query,
      operation: `probe ${capability}`,
      permission: capability,
    });
    if (probe.yes.includes(status)) return 'yes';
    return isRefused(status) ? 'no' : 'unknown';
  }

  return {
    async probe(capability) {
      try {
        return await judge(capability);
      } catch (error) {
        // Without a status nothing was judged: there was no response, or no key to send.
        if (!isFailure(error) || error.status === undefined) throw error;
        if (error.type === 'NotAuthorized') return 'no';
        // A server that fails at this one call says nothing about the key.
        if (error.type === 'DatadogUnavailable') return 'unknown';
        throw error;
      }
    },

    /** `GET /api/v1/validate` judges the API key, `GET /api/v2/validate_keys` both, and `current_user` where that is missing. */
    async validateKeys() {
      const apiKey = { ...validateBothKeys, path: '/api/v1/validate', operation: 'validate the API key' };
      if (isRefused(await statusOf(http, apiKey))) return 'apiKeyRefused';
      const both = await statusOf(http, validateBothKeys);
      if (isRefused(both)) return 'applicationKeyRefused';
      if (both !== 200) {
        const call = { ...validateBothKeys, path: '/api/v2/current_user' };
        const answer = await http.exchange(call);
        if (isRefused(answer.status)) return 'applicationKeyRefused';
        if (answer.status !== 200) throw failureOf(answer, call);
      }
      return 'valid';
    },
  };
}

/** Throws where the response says nothing about the key. */
async function statusOf(http: Sender, call: Call): Promise<number> {
  const answer = await http.exchange(call);
  if (answer.status === 429 || answer.status >= 500) throw failureOf(answer, call);
  return answer.status;
}
