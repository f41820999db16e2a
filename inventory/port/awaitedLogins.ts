/** Somebody for whom SSO makes an account when they first log in. */
export interface AwaitedLogin {
  readonly personId: string;
  /** Case-folded. */
  readonly email: string;
  readonly since: string;
  /** Accounts that appeared before this were looked at. */
  readonly lookedAt: string;
}

export interface AwaitedLoginInventory {
  /** One a person: another e-mail replaces the one before. */
  awaitLogin(personId: string, email: string, at: string): Promise<void>;
  /** The longest unlooked first. */
  listAwaitedLogins(personId?: string): Promise<readonly AwaitedLogin[]>;
  noteLookedForLogins(personIds: readonly string[], at: string): Promise<void>;
}
