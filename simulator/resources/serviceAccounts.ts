import { auditCall } from './audit.ts';
import { readBoolean, readEmail, readNullableText, readPersonName, readResource, requireText } from '../body.ts';
import { textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import type { User } from '../model.ts';
import { anyOf } from '../router.ts';
import type { Call, Route } from '../router.ts';
import { readRoles, userReply } from './users.ts';
import { newUser } from '../userState.ts';

/** A user that is no service account counts as unknown. */
export function findServiceAccount(call: Call): User {
  const id = call.params['service_account_id'] ?? '';
  const user = call.state.users.get(id);
  if (user === undefined || !user.serviceAccount) throw textError(404, `${id} not found`);
  return user;
}

/** Active at once; the e-mail may be that of anybody, even of another service account. */
function createServiceAccount(call: Call): Reply {
  const { state } = call;
  const resource = readResource(call.body, 'users');
  const { attributes } = resource;
  requireText(attributes, 'email');
  const email = readEmail(attributes) ?? '';
  const name = readPersonName(attributes) ?? null;
  const title = readNullableText(attributes, 'title') ?? null;
  if (readBoolean(attributes, 'service_account') !== true)
    throw textError(400, 'Invalid input: service_account must be true');
  const roleIds = readRoles(state, resource);
  const user = newUser({ email, name, title, serviceAccount: true }, call.now);
  user.roleIds = roleIds;
  state.users.set(user.id, user);
  auditCall(call, 'Access Management', 'created', 'user', user.id);
  return userReply(state, user, 201, false);
}

export const serviceAccountRoutes: readonly Route[] = [
  {
    method: 'POST',
    pattern: '/api/v2/service_accounts',
    permission: anyOf('service_account_write'),
    handler: createServiceAccount,
  },
];
