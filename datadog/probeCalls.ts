import { randomUUID } from 'node:crypto';
import { pathId } from './pathId.ts';
import type { Call } from './answer.ts';
import type { Capability } from './types.ts';

/** `GET /api/v2/validate_keys` judges both keys and needs no permission. */
export const validateBothKeys: Call = {
  method: 'GET',
  path: '/api/v2/validate_keys',
  operation: 'validate the keys',
  permission: 'validKeys',
};

export interface Probe {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** What a key that may do it gets. */
  readonly yes: readonly number[];
}

const firstUser = { 'page[size]': 1 };

/** A reading call that tells whether the key may do it; `ownId` is the account of the key's owner. */
export function probeOf(capability: Capability, ownId: string): Probe {
  switch (capability) {
    case 'user_access_read':
      return { path: '/api/v2/users', query: firstUser, yes: [200] };
    case 'user_access_invite':
      return { path: `/api/v2/user_invitations/${randomUUID()}`, yes: [404] };
    case 'user_access_manage':
      return { path: `/api/v2/users/${pathId(ownId)}/identity_providers`, yes: [200] };
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
