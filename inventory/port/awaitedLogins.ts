/** Somebody for whom SSO makes an account when they first log in. */
export interface AwaitedLogin {
  readonly personId: string;
  /** Case-folded. */
  readonly email: string;
  readonly since: string;
  /** Accounts that appeared before this were looked at. */
  readonly lookedAt: string;
}
