import type { State, User, UserStatus } from '../model.ts';
import { newUser } from '../userState.ts';

/** An account as no request could make it: two people may share an e-mail, and it has whatever status. */
export interface AddedUser {
  readonly email: string;
  readonly name?: string | null;
  /** Default Active. */
  readonly status?: UserStatus;
  readonly serviceAccount?: boolean;
  readonly roleIds?: readonly string[];
}

export function addUser(state: State, added: AddedUser, at: string, id?: string): User {
  const { email, name = null, status = 'Active', serviceAccount = false, roleIds = [] } = added;
  const user = newUser({ email, name, title: null, serviceAccount }, at, id);
  user.verified = status !== 'Pending';
  user.disabled = status === 'Disabled';
  if (user.verified && !serviceAccount) user.lastLoginTime = at;
  user.roleIds = [...roleIds];
  state.users.set(user.id, user);
  return user;
}
