import type { Reply } from '../errors.ts';
import { open } from '../router.ts';
import type { Call, Route } from '../router.ts';

function validateApiKey(call: Call): Reply {
  const { state, apiKey } = call;
  const attributes = { valid: true, api_key_id: apiKey?.id ?? '', api_key_scopes: [] };
  return { status: 200, body: { data: { type: 'validate_v2', id: state.org.id, attributes } } };
}

/** Checks of the keys themselves. `v1/validate` and `v2/validate` look at the API key only. */
export const probeRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: '/api/v1/validate',
    permission: open,
    authentication: 'apiKey',
    handler: () => ({ status: 200, body: { valid: true } }),
  },
  {
    method: 'GET',
    pattern: '/api/v2/validate_keys',
    permission: open,
    handler: () => ({ status: 200, body: { status: 'ok' } }),
  },
  { method: 'GET', pattern: '/api/v2/validate', permission: open, authentication: 'apiKey', handler: validateApiKey },
];
