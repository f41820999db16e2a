import { answerAwkward } from './awkward/control.ts';
import { isObject } from './body.ts';
import type { Controls } from './controls.ts';
import { parseDurationMs } from './durations.ts';
import type { Reply } from './errors.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Serves `/control/…`; wrong input is 400 with `{"error"}` that names the field, an impossible action 409. */
export function answerControl(controls: Controls, method: string, path: string, body: unknown): Reply {
  try {
    if (body !== undefined && !isObject(body)) throw new TypeError('body: expected a JSON object');
    return route(controls, `${method} ${path}`, isObject(body) ? body : {});
  } catch (error) {
    if (error instanceof TypeError) return { status: 400, body: { error: error.message } };
    if (error instanceof RangeError) return { status: 409, body: { error: error.message } };
    throw error;
  }
}

function route(controls: Controls, key: string, fields: Fields): Reply {
  switch (key) {
    case 'GET /control/time':
      return ok({ now: controls.now() });
    case 'POST /control/time':
      changeTime(controls, fields);
      return ok({ now: controls.now() });
    case 'GET /control/users':
      return ok({ users: controls.users() });
    case 'POST /control/accept':
      return ok({ user: controls.accept(readUserId(controls, fields)) });
    case 'POST /control/login':
      return ok({ user: controls.login(readUserId(controls, fields), readAttributes(fields)) });
    case 'POST /control/disable':
      return ok({ user: controls.disable(readUserId(controls, fields)) });
    case 'POST /control/roles/delete':
      controls.deleteRole(requireText(fields, 'roleId'));
      return ok({});
    case 'POST /control/org-config':
      controls.setOrgConfig(requireText(fields, 'name'), fields['value']);
      return ok({});
    case 'GET /control/faults':
      return ok({ faults: controls.faults.list() });
    case 'POST /control/faults':
      return ok({ fault: controls.faults.addFrom(fields) });
    case 'DELETE /control/faults':
    case 'POST /control/faults/clear':
      controls.faults.clear();
      return ok({ faults: [] });
    case 'GET /control/requests':
      return ok({
        count: controls.requests.count(),
        byRoute: controls.requests.byRoute(),
        log: controls.requests.list(),
      });
    case 'DELETE /control/requests':
    case 'POST /control/requests/reset':
      controls.requests.reset();
      return ok({ count: 0 });
    case 'GET /control/keys':
      return ok({ keys: controls.keys.list() });
    case 'POST /control/keys/revoke':
      controls.keys.revoke(requireText(fields, 'key'));
      return ok({});
    case 'POST /control/keys/restore':
      controls.keys.restore(requireText(fields, 'key'));
      return ok({});
    case 'POST /control/keys/scopes':
      controls.keys.setScopes(readScopes(fields), typeof fields['key'] === 'string' ? fields['key'] : undefined);
      return ok({});
    case 'GET /control/state':
      return ok(controls.dump());
    default: {
      const body = answerAwkward(controls.awkward, key, fields);
      return body === undefined ? { status: 404, body: { error: `no control ${key}` } } : ok(body);
    }
  }
}

const ok = (body: unknown): Reply => ({ status: 200, body });

function changeTime(controls: Controls, fields: Fields): void {
  const { set, advance } = fields;
  if (typeof set === 'string' && !Number.isNaN(Date.parse(set))) return controls.setTime(set);
  if (typeof advance === 'string') return controls.advance(parseDurationMs(advance, 'advance'));
  if (typeof advance === 'number' && Number.isFinite(advance)) return controls.advance(advance);
  throw new TypeError('time: give "set" (an ISO 8601 time) or "advance" (milliseconds, or a duration such as "2d")');
}

function readUserId(controls: Controls, fields: Fields): string {
  const { userId, email } = fields;
  if (typeof userId === 'string') return userId;
  if (typeof email !== 'string') throw new TypeError('userId or email is required');
  const user = controls
    .users()
    .find((candidate) => !candidate.serviceAccount && candidate.email === email.toLowerCase());
  if (user === undefined) throw new RangeError(`email: no user ${email}`);
  return user.id;
}

function readAttributes(fields: Fields): Record<string, string> {
  const { attributes = {} } = fields;
  if (!isObject(attributes)) throw new TypeError('attributes: expected an object of strings');
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      if (typeof value !== 'string') throw new TypeError(`attributes.${name}: expected a string`);
      return [name, value];
    }),
  );
}

function requireText(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name}: a non-empty string is required`);
  return value;
}

function readScopes(fields: Fields): string[] | null {
  const { scopes } = fields;
  if (scopes === null) return null;
  if (Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string')) return scopes;
  throw new TypeError('scopes: expected null (unscoped) or a list of permission names');
}
