import { createHash, randomUUID } from 'node:crypto';

import { recordAudit } from './audit.ts';
import { readRelated, readResources } from '../body.ts';
import { textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import type { Invitation, State, User } from '../model.ts';
import { reference, timestamp } from '../render.ts';
import type { Json } from '../render.ts';
import { anyOf } from '../router.ts';
import type { Call, Route } from '../router.ts';
import { findUser } from './users.ts';
import { statusOf } from '../userState.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Two days, or thirty with the org config `30d_invite_expiration`. */
function inviteLifetimeMs(state: State): number {
  return (state.orgConfigs.get('30d_invite_expiration')?.value === true ? 30 : 2) * dayMs;
}

function renderInvitation(invitation: Invitation): Json {
  return {
    type: 'user_invitations',
    id: invitation.id,
    attributes: {
      uuid: invitation.id,
      login_method: null,
      invite_type: invitation.type,
      created_at: timestamp(invitation.createdAt),
      expires_at: timestamp(invitation.expiresAt),
    },
    relationships: { user: { data: reference('users', invitation.userId) } },
  };
}

function sendInvitations(call: Call): Reply {
  const { state } = call;
  const users = readResources(call.body, 'user_invitations').map(({ relationships }) => {
    const [id] = readRelated(relationships, 'user', 'users');
    if (id === undefined) throw textError(400, 'Invalid input: relationships.user is required');
    const user = findUser(state, id);
    if (user.disabled) throw textError(400, `User ${user.handle} is disabled`);
    if (user.serviceAccount) throw textError(400, `User ${user.handle} is a service account`);
    return user;
  });
  return { status: 201, body: { data: users.map((user) => renderInvitation(invite(state, user, call.now))) } };
}

function invite(state: State, user: User, at: string): Invitation {
  const invitation: Invitation = {
    id: randomUUID(),
    userId: user.id,
    type: inviteType(state, user),
    createdAt: at,
    expiresAt: new Date(Date.parse(at) + inviteLifetimeMs(state)).toISOString(),
    state: 'open',
  };
  state.invitations.set(invitation.id, invitation);
  return invitation;
}

function inviteType(state: State, user: User): Invitation['type'] {
  if (state.identityProviders.values().some(({ method, enabled }) => method === 'Google' && enabled))
    return 'openid_invite';
  return state.invitations.values().some(({ userId }) => userId === user.id) ? 'basic_reminder' : 'basic_invite';
}

function getInvitation(call: Call): Reply {
  const id = call.params['invitation_id'] ?? '';
  const invitation = call.state.invitations.get(id);
  if (invitation === undefined || invitation.state === 'cancelled') throw textError(404, `${id} not found`);
  return { status: 200, body: { data: renderInvitation(invitation) } };
}

function cancelInvitations(call: Call): Reply {
  const user = findUser(call.state, call.params['user_id'] ?? '');
  for (const invitation of call.state.invitations.values()) {
    if (invitation.userId === user.id && invitation.state === 'open') invitation.state = 'cancelled';
  }
  return { status: 200 };
}

/**
 * The person follows the link of an invitation that is open and not expired, and becomes Active.
 * @throws RangeError that says why the link does not work.
 */
export function acceptInvitation(state: State, userId: string, at: string): User {
  const user = state.users.get(userId);
  if (user === undefined) throw new RangeError(`accept: no user ${userId}`);
  if (statusOf(user) !== 'Pending') throw new RangeError(`accept: user ${userId} is ${statusOf(user)}, not Pending`);
  const links = [...state.invitations.values()].filter(
    (invitation) => invitation.userId === userId && invitation.state === 'open',
  );
  const usable = links.findLast((invitation) => Date.parse(invitation.expiresAt) > Date.parse(at));
  if (usable === undefined) {
    throw new RangeError(
      `accept: user ${userId} has ${links.length > 0 ? 'only expired invitations' : 'no open invitation'}`,
    );
  }
  usable.state = 'accepted';
  user.verified = true;
  user.modifiedAt = at;
  logIn(state, user, at);
  return user;
}

/** The `attributes` of SAML choose roles. @throws RangeError unless the user is Active. */
export function logIn(state: State, user: User, at: string, attributes: Readonly<Record<string, string>> = {}): void {
  if (statusOf(user) !== 'Active') throw new RangeError(`login: user ${user.id} is ${statusOf(user)}, not Active`);
  user.lastLoginTime = at;
  user.roleIds = rolesAfterLogin(state, user, attributes);
  recordAudit(state, {
    timestamp: at,
    name: 'Authentication',
    action: 'login',
    assetType: 'user',
    assetId: user.id,
    actorId: user.id,
  });
}

/** What the mappings give; what they do not give stays, unless the organization strips it. */
function rolesAfterLogin(state: State, user: User, attributes: Readonly<Record<string, string>>): string[] {
  const mapped = [...state.authnMappings.values()].flatMap(({ attributeKey, attributeValue, roleId }) =>
    roleId !== null && attributes[attributeKey] === attributeValue ? [roleId] : [],
  );
  return [...new Set([...(state.habits.stripsRolesAtLogin ? [] : user.roleIds), ...mapped])];
}

/** Whether it is somebody who leaves an invitation unanswered: the same people each time. */
function neverAccepts({ habits }: State, { email }: User): boolean {
  if (habits.neverAccept === 0) return false;
  return createHash('sha256').update(email).digest().readUInt32BE() / 2 ** 32 < habits.neverAccept;
}

/** People who have waited long enough accept by themselves; true when somebody did. */
export function acceptDue(state: State, nowMs: number, acceptAfterMs: number): boolean {
  let accepted = false;
  for (const invitation of state.invitations.values()) {
    if (invitation.state !== 'open') continue;
    const dueMs = Date.parse(invitation.createdAt) + acceptAfterMs;
    const user = state.users.get(invitation.userId);
    if (
      dueMs > nowMs ||
      dueMs >= Date.parse(invitation.expiresAt) ||
      user === undefined ||
      statusOf(user) !== 'Pending' ||
      neverAccepts(state, user)
    )
      continue;
    acceptInvitation(state, user.id, new Date(dueMs).toISOString());
    accepted = true;
  }
  return accepted;
}

const permission = anyOf('user_access_invite');

export const invitationRoutes: readonly Route[] = [
  { method: 'POST', pattern: '/api/v2/user_invitations', permission, handler: sendInvitations },
  { method: 'GET', pattern: '/api/v2/user_invitations/{invitation_id}', permission, handler: getInvitation },
  { method: 'DELETE', pattern: '/api/v2/users/{user_id}/invitations', permission, handler: cancelInvitations },
];
