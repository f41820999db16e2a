import { createHash, randomBytes } from 'node:crypto';
import { recordDecision, type Operator } from './operator.ts';
import type { RecordTransaction, Inventory } from '../inventory/port/inventory.ts';
import { isInForce, type TokenRole, type TokenRow } from '../inventory/port/tokens.ts';

/** The form of a token, for code that removes tokens from a text. */
export const tokenPattern = /muster_[A-Za-z0-9_-]{43}/g;

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

interface TokenRequest {
  readonly role: TokenRole;
  readonly personId?: string;
  readonly source?: string;
  readonly expiresAt?: string;
}

/** A new token: 256 random bits behind a prefix. The inventory keeps only its hash, so it is shown once. */
export async function issueToken(
  inventory: Pick<Inventory, 'inTransaction'>,
  { role, personId, source, expiresAt }: TokenRequest,
  by: Operator,
): Promise<TokenRow & { readonly token: string }> {
  const token = `muster_${randomBytes(32).toString('base64url')}`;
  const row: TokenRow = {
    id: `t-${randomBytes(5).toString('hex')}`,
    role,
    personId,
    source,
    createdAt: new Date().toISOString(),
    expiresAt,
  };
  await inventory.inTransaction(async (trx) => {
    await trx.createToken(row, hashOf(token));
    await leaveEvidence(trx, by, row, { action: 'create token', at: row.createdAt });
  });
  return { ...row, token };
}

/** Undefined where no token has this id. */
export async function revokeToken(
  inventory: Pick<Inventory, 'inTransaction'>,
  id: string,
  by: Operator,
): Promise<TokenRow | undefined> {
  return inventory.inTransaction(async (trx) => {
    const row = await trx.revokeToken(id, new Date().toISOString());
    if (row?.revokedAt !== undefined) {
      await leaveEvidence(trx, by, row, { action: 'revoke token', at: row.revokedAt });
    }
    return row;
  });
}

/** The token's row; undefined for an unknown, revoked or expired one. */
export async function authenticate(
  inventory: Pick<Inventory, 'findToken'>,
  token: string,
  now = new Date(),
): Promise<TokenRow | undefined> {
  const row = await inventory.findToken({ hash: hashOf(token) });
  return row !== undefined && isInForce(row, now.toISOString()) ? row : undefined;
}

async function leaveEvidence(
  trx: Pick<RecordTransaction, 'appendEvidence'>,
  by: Operator,
  { id, role, personId, source, expiresAt, revokedAt }: TokenRow,
  { action, at }: { readonly action: string; readonly at: string },
): Promise<void> {
  // No personId has a slash: the evidence of a token without a person must not belong to anybody.
  const about = `token/${id}`;
  const after = { id, role, source, expiresAt, revokedAt };
  await recordDecision(trx, by, { personId: personId ?? about, eventId: about, step: action, at, action, after });
}
