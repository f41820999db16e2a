import { randomUUID } from 'node:crypto';
import { failureOf, isFailure } from './failures.ts';
import { userPath } from './accounts.ts';
import { validateBothKeys, type Call, type Sender } from './http.ts';
import type { Capability, DatadogReads } from './types.ts';

type ProbeCalls = Pick<DatadogReads, 'probe' | 'validateKeys'>;

interface Probe {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** What a key that may do it gets. */
  readonly yes: readonly number[];
}

const firstUser = { 'page[size]': 1 };

/** Reading calls only, never PATCH or DELETE. 403 says no; any other response says nothing. */
export function createProbeCalls(http: Sender, currentUser: DatadogReads['currentUser']): ProbeCalls {
  async function judge(capability: Capability): Promise<'yes' | 'no' | 'unknown'> {
    const probe = await probeOf(currentUser, capability);
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

async function probeOf(currentUser: DatadogReads['currentUser'], capability: Capability): Promise<Probe> {
  switch (capability) {
    case 'user_access_read':
      return { path: '/api/v2/users', query: firstUser, yes: [200] };
    case 'user_access_invite':
      return { path: `/api/v2/user_invitations/${randomUUID()}`, yes: [404] };
    case 'user_access_manage':
      return { path: `${userPath((await currentUser()).account.id)}/identity_providers`, yes: [200] };
    case 'teams_read':
      return { path: '/api/v2/team', query: firstUser, yes: [200] };
    case 'api_keys_read':
      return { path: '/api/v2/api_keys', query: firstUser, yes: [200] };
    case 'org_app_keys_read':
      return { path: '/api/v2/application_keys', query: firstUser, yes: [200] };
    case 'org_authorized_apps_read':
      return { path: '/api/v2/org_authorized_clients', query: firstUser, yes: [200] };
    case 'audit_logs_read':
      return { path: '/api/v2/audit/events', query: { 'page[limit]': 1 }, yes: [200] };
    case 'service_account_write':
      return { path: `/api/v2/service_accounts/${randomUUID()}/application_keys`, yes: [200, 404] };
  }
}

const isRefused = (status: number): boolean => status === 401 || status === 403;
