export const tokenRoles = ['intake', 'approver', 'auditor', 'admin'] as const;
/** `intake` sends events, `approver` decides, `auditor` reads, `admin` does what the others may and reassigns approvals. */
export type TokenRole = (typeof tokenRoles)[number];

/** A token of the gateway and the command line, without what proves it. */
export interface TokenRow {
  /** Short and public: for lists, evidence and `token revoke`. */
  readonly id: string;
  readonly role: TokenRole;
  /** The person it proves. Always present for an approver. */
  readonly personId?: string;
  /** The HR source in whose name an intake token sends events. */
  readonly source?: string;
  readonly createdAt: string;
  readonly expiresAt?: string;
  readonly revokedAt?: string;
}

export const isInForce = ({ revokedAt, expiresAt }: TokenRow, now: string): boolean =>
  revokedAt === undefined && (expiresAt === undefined || expiresAt > now);

export const mayDecide = ({ role }: Pick<TokenRow, 'role'>): boolean => role === 'approver' || role === 'admin';

/** An administrator's token may prove nobody in particular. */
export const actorOf = ({ id, personId }: Pick<TokenRow, 'id' | 'personId'>): string => personId ?? `token/${id}`;
