import { isObject } from '../body.ts';
import { objectError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import { open } from '../router.ts';
import type { Call, Route } from '../router.ts';

const mostItems = 1_000;
const mostBytes = 5_000_000;

/** What was taken stands in the log of requests. */
function takeLogs({ body }: Call): Reply {
  const items: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (Buffer.byteLength(JSON.stringify(items)) > mostBytes) throw objectError(413, 'Payload too big');
  if (items.length > mostItems) throw objectError(400, 'Too many logs');
  if (!items.every(isObject)) throw objectError(400, 'Invalid logs');
  return { status: 202, body: {} };
}

/** The intake of logs, which has a host of its own at the real one. It looks at the API key only. */
export const logRoutes: readonly Route[] = [
  { method: 'POST', pattern: '/api/v2/logs', permission: open, authentication: 'apiKey', handler: takeLogs },
];
