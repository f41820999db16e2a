import { createHash, randomBytes } from 'node:crypto';
import { dayMs } from '../domain/durations.ts';
import { RefusedError } from '../domain/errors.ts';
import { canonicalJson } from '../inventory/port/json.ts';
import type { RecordTransaction, Inventory } from '../inventory/port/inventory.ts';
import {
  isInForce,
  provesPerson,
  revocationOf,
  type StoredToken,
  type TokenRole,
  type TokenRow,
} from '../inventory/port/tokens.ts';
import type { Keys } from './keys.ts';
import { recordDecision, type Operator } from './operator.ts';
import { standingOf, type People } from './standing.ts';

/** The form of a token, for code that removes tokens from a text. */
export const tokenPattern = /muster_[A-Za-z0-9_-]{43}/g;

/** How long a token is good for where nobody says otherwise. */
const tokenLifeMs = 90 * dayMs;

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

export interface TokenRequest {
  readonly role: TokenRole;
  readonly personId?: string;
  readonly source?: string;
  /** Without it `tokenLifeMs` from now. */
  readonly expiresAt?: string;
}

/** A row of the list: `isSealed` is false where something else than Muster has written it. */
export interface ListedToken extends TokenRow {
  readonly isSealed: boolean;
}

/** Where tokens are kept, and the key that seals them. */
export interface Tokens<Names extends keyof Inventory> {
  readonly inventory: Pick<Inventory, Names>;
  readonly keys: Keys;
}

/**
 * A new token: 256 random bits behind a prefix. The inventory keeps only its hash, so it is shown once. Throws `RefusedError`
 * where nobody knows the person, unless it is the first administrator's, or where they have left.
 */
export async function issueToken(
  { inventory, keys }: Tokens<'inTransaction' | keyof People>,
  { role, personId, source, expiresAt }: TokenRequest,
  by: Operator,
  { isFirst = false }: { readonly isFirst?: boolean } = {},
): Promise<TokenRow & { readonly token: string }> {
  const now = new Date();
  if (personId !== undefined) await refuseNobody(inventory, personId, { now, isFirst });
  const token = `muster_${randomBytes(32).toString('base64url')}`;
  const row: TokenRow = {
    id: `t-${randomBytes(5).toString('hex')}`,
    role,
    personId,
    source,
    createdAt: now.toISOString(),
    expiresAt: expiresAt ?? new Date(now.getTime() + tokenLifeMs).toISOString(),
  };
  const hash = hashOf(token);
  const seal = await keys.sign('token', sealedText({ ...row, hash }));
  await inventory.inTransaction(async (trx) => {
    await trx.createToken({ ...row, hash, seal });
    const action = isFirst ? 'create first admin token' : 'create token';
    await leaveEvidence(trx, by, row, { step: 'create token', action, at: row.createdAt });
  });
  return { ...row, token };
}

async function refuseNobody(
  inventory: People,
  personId: string,
  { now, isFirst }: { readonly now: Date; readonly isFirst: boolean },
): Promise<void> {
  const { isKnown, gone } = await standingOf(inventory, personId, now);
  if (gone !== undefined) throw new RefusedError(`No token for ${personId}: ${gone}`);
  if (isKnown || isFirst) return;
  throw new RefusedError(
    `No person ${personId} is known, so no token can prove them: HR, a roster or \`npx muster joiner\` names them first`,
  );
}

/** Undefined where no token has this id. */
export async function revokeToken(
  inventory: Pick<Inventory, 'inTransaction'>,
  id: string,
  by: Operator,
): Promise<TokenRow | undefined> {
  return inventory.inTransaction(async (trx) => {
    const row = await trx.revokeToken(id, new Date().toISOString());
    if (row?.revokedAt === undefined) return undefined;
    const { step } = revocationOf(row);
    await leaveEvidence(trx, by, row, { step, action: step, at: row.revokedAt });
    return shown(row);
  });
}

/** All tokens, oldest first. */
export async function listTokens({ inventory, keys }: Tokens<'listTokens'>): Promise<readonly ListedToken[]> {
  const rows = await inventory.listTokens();
  return Promise.all(rows.map(async (row) => ({ ...shown(row), isSealed: await isSealed(keys, row) })));
}

/** Whether an administrator's token is in force, so that no other is the first. */
export async function hasAdministrator(
  { inventory, keys }: Tokens<'listTokens' | keyof People>,
  now = new Date(),
): Promise<boolean> {
  for (const row of await inventory.listTokens()) {
    const isGood = row.role === 'admin' && isInForce(row, now.toISOString()) && (await isSealed(keys, row));
    if (isGood && (await whyNobodys(inventory, row, now)) === undefined) return true;
  }
  return false;
}

/** The token's row, or why it proves nobody now. */
export type Authentication =
  | { readonly ok: true; readonly token: TokenRow }
  | { readonly ok: false; readonly why: string; readonly isForged: boolean };

export async function authenticate(
  { inventory, keys }: Tokens<'findToken' | keyof People>,
  text: string,
  now = new Date(),
): Promise<Authentication> {
  const row = await inventory.findToken({ hash: hashOf(text) });
  if (row === undefined) return refused('it is unknown');
  if (!(await isSealed(keys, row))) {
    return {
      ...refused(`${row.id} has no seal by this deployment's key: something else than Muster wrote it`),
      isForged: true,
    };
  }
  if (row.revokedAt !== undefined) return refused(`${row.id} was revoked at ${row.revokedAt}`);
  if (!isInForce(row, now.toISOString())) return refused(`${row.id} has expired at ${row.expiresAt}`);
  const why = await whyNobodys(inventory, row, now);
  return why === undefined ? { ok: true, token: shown(row) } : refused(why);
}

const refused = (why: string): Authentication & { readonly ok: false } => ({ ok: false, why, isForged: false });

/** The first administrator's token comes before anybody is known. */
async function whyNobodys(inventory: People, { id, role, personId }: TokenRow, now: Date): Promise<string | undefined> {
  if (personId === undefined) return provesPerson(role) ? `${id} is of no person` : undefined;
  const { isKnown, gone } = await standingOf(inventory, personId, now);
  if (gone !== undefined) return `${id} is of ${personId}: ${gone}`;
  return isKnown || role === 'admin' ? undefined : `${id} is of ${personId}, whom nobody knows`;
}

/** Whether this deployment's key sealed it: something else than Muster wrote any other row. */
export const isSealed = (keys: Pick<Keys, 'verify'>, row: StoredToken): Promise<boolean> =>
  keys.verify('token', sealedText(row), row.seal);

/** Everything but the end of a token, which can only take away. */
const sealedText = ({ id, hash, role, personId, source, createdAt, expiresAt }: Omit<StoredToken, 'seal'>): string =>
  canonicalJson({ id, hash, role, personId, source, createdAt, expiresAt });

const shown = ({ id, role, personId, source, createdAt, expiresAt, revokedAt }: TokenRow): TokenRow => ({
  id,
  role,
  personId,
  source,
  createdAt,
  expiresAt,
  revokedAt,
});

async function leaveEvidence(
  trx: Pick<RecordTransaction, 'appendEvidence'>,
  by: Operator,
  { id, role, personId, source, expiresAt, revokedAt }: TokenRow,
  done: { readonly step: string; readonly action: string; readonly at: string },
): Promise<void> {
  // No personId has a slash: the evidence of a token without a person must not belong to anybody.
  const about = `token/${id}`;
  const after = { id, role, source, expiresAt, revokedAt };
  await recordDecision(trx, by, { personId: personId ?? about, eventId: about, ...done, after });
}
