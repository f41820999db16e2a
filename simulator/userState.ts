import { createHash, randomBytes, randomUUID } from 'node:crypto';

import type { State, User, UserStatus } from './model.ts';

export function statusOf(user: User): UserStatus {
  if (user.disabled) return 'Disabled';
  return user.verified ? 'Active' : 'Pending';
}

export function iconOf(email: string): string {
  return `https://secure.gravatar.com/avatar/${createHash('md5').update(email).digest('hex')}?s=48&d=retro`;
}

export function newUser(
  fields: Pick<User, 'email' | 'name' | 'title' | 'serviceAccount'>,
  at: string,
  id: string = randomUUID(),
): User {
  const email = fields.email.toLowerCase();
  return {
    id,
    name: fields.name,
    handle: fields.serviceAccount ? id : email,
    email,
    icon: iconOf(email),
    title: fields.title,
    verified: fields.serviceAccount,
    disabled: false,
    serviceAccount: fields.serviceAccount,
    createdAt: at,
    modifiedAt: at,
    lastLoginTime: null,
    roleIds: [],
  };
}

export const newApiKeySecret = (): string => randomBytes(16).toString('hex');
export const newAppKeySecret = (): string => randomBytes(20).toString('hex');

/**
 * Disabling keeps the roles and API keys of a user, and ends the application keys
 * and the invitation links.
 */
export function disableUser(state: State, user: User, at: string): void {
  user.disabled = true;
  user.modifiedAt = at;
  for (const key of state.appKeys.values()) {
    if (key.ownerId !== user.id) continue;
    state.appKeys.delete(key.id);
    state.revoked.appKeys.push(key);
  }
  for (const invitation of state.invitations.values()) {
    if (invitation.userId === user.id && invitation.state === 'open') invitation.state = 'cancelled';
  }
}
