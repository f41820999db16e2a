export const tokenRoles = ['intake', 'approver', 'auditor', 'operator', 'admin'] as const;
/**
 * `intake` sends events, `approver` decides, `auditor` reads, `operator` changes what the command line changes, `admin` does what
 * these may but decide, makes tokens and reassigns approvals. Who makes tokens and who decides are two roles.
 */
export type TokenRole = (typeof tokenRoles)[number];

/** A token of the gateway and the command line, without what proves it. */
export interface TokenRow {
  /** Short and public: for lists, evidence and `token revoke`. */
  readonly id: string;
  readonly role: TokenRole;
  /** The person it proves. Always present for an approver, an operator and an admin. */
  readonly personId?: string;
  /** The HR source in whose name an intake token sends events. */
  readonly source?: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revokedAt?: string;
}

/** A token as it is kept. */
export interface StoredToken extends TokenRow {
  /** SHA-256 of the token, hex: the token itself is kept nowhere. */
  readonly hash: string;
  /** Signature of everything above but its end, by a key that is not in the database: a row without it is nobody's. */
  readonly seal: string;
}

/** What is found of a revocation in the chain of evidence: who takes it out of the row revives nothing. */
export const revocationOf = ({ id }: Pick<TokenRow, 'id'>) =>
  ({ eventId: `token/${id}`, step: 'revoke token' }) as const;

export const isInForce = ({ revokedAt, expiresAt }: TokenRow, now: string): boolean =>
  revokedAt === undefined && expiresAt > now;

/** Whether a token of this role says which person acts. */
export const provesPerson = (role: TokenRole): boolean =>
  role === 'approver' || role === 'operator' || role === 'admin';

/** Machines have tokens too. */
export const actorOf = ({ id, personId }: Pick<TokenRow, 'id' | 'personId'>): string => personId ?? `token/${id}`;
