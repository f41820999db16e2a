import { DatadogFailure, isFailure } from '../failures.ts';
import { withCalls } from './replaceCalls.ts';
import type { DatadogClient, DatadogReads, OptionalCapability } from '../types.ts';

/** As long as a sync takes to ask anew; after it Datadog is tried again, should no sync run. */
const holdsMs = 15 * 60_000;

/** What was refused lately, kept for all processes. */
interface KnownRefusals {
  listKeyHealth(): Promise<readonly KnownAnswer[]>;
  recordProbe(permission: string, answer: 'no', at: string): Promise<void>;
}

interface KnownAnswer {
  readonly permission: string;
  readonly answer: 'yes' | 'no' | 'unknown';
  readonly checkedAt: string;
}

/**
 * The same client, which does not send what a process can do without while Datadog is known to refuse it. It fails as the
 * refused call would, so that the part is recorded, and done later once the permission is there.
 */
export function skipRefusedCalls(client: DatadogClient, inventory: KnownRefusals): DatadogClient {
  const note = (permission: string) => inventory.recordProbe(permission, 'no', new Date().toISOString());

  async function unlessRefused<T>(
    permission: OptionalCapability,
    operation: string,
    call: () => Promise<T>,
  ): Promise<T> {
    const refusal = (await refusalsNow(inventory)).get(permission);
    if (refusal !== undefined) {
      const message = `${operation} was skipped: Datadog refused ${permission} at ${refusal.checkedAt}`;
      throw new DatadogFailure('NotAuthorized', message, { missing: { permission, operation } });
    }
    try {
      return await call();
    } catch (error) {
      if (isFailure(error, 'NotAuthorized') && error.missing?.permission === permission) await note(permission);
      throw error;
    }
  }

  return {
    ...client,
    attempt(options) {
      const api = client.attempt(options);
      const calls: Pick<DatadogReads, 'resolve' | 'getAccess' | 'listTeamsOf' | 'listOwnedKeys'> = {
        async resolve(entitlements, knownIds) {
          const call = () => api.resolve(entitlements, knownIds);
          const isTeam = entitlements.some(({ kind }) => kind === 'team');
          return isTeam ? unlessRefused('teams_read', 'look up teams', call) : call();
        },

        // Read before a team is written, so that nothing is written either.
        listTeamsOf: (accountId) =>
          unlessRefused('teams_read', 'list team memberships', () => api.listTeamsOf(accountId)),

        async getAccess(accountId, { withoutTeams = false } = {}) {
          const isSkipped = withoutTeams || (await refusalsNow(inventory)).has('teams_read');
          const access = await api.getAccess(accountId, { withoutTeams: isSkipped });
          if (!isSkipped && access?.teamsNotVisible !== undefined) await note(access.teamsNotVisible);
          return access;
        },

        async listOwnedKeys(accountId) {
          const known = new Set((await refusalsNow(inventory)).keys());
          const keys = await api.listOwnedKeys(accountId, known);
          for (const permission of keys.notVisible) if (!known.has(permission)) await note(permission);
          return keys;
        },
      };
      return withCalls(api, calls);
    },
  };
}

async function refusalsNow(inventory: KnownRefusals): Promise<ReadonlyMap<string, KnownAnswer>> {
  const since = new Date(Date.now() - holdsMs).toISOString();
  const known = await inventory.listKeyHealth();
  const standing = known.filter(({ answer, checkedAt }) => answer === 'no' && checkedAt > since);
  return new Map(standing.map((one) => [one.permission, one]));
}
