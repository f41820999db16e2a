import type { Attestor, Statement } from '../../auth/attestation.ts';
import type { Keys } from '../../auth/keys.ts';
import { whyNotBy } from '../../auth/operator.ts';
import { isSealed } from '../../auth/tokens.ts';
import { personWorkflowId } from '../../domain/contracts.ts';
import type { Decision } from '../../domain/decision.ts';
import type { ApprovalRow, DatedDecision } from '../../inventory/port/approvals.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { actorOf, isInForce, type StoredToken } from '../../inventory/port/tokens.ts';

type Asked = Pick<ApprovalRow, 'personId' | 'requestedAt'>;
type Said = Omit<Decision, 'attestation'>;

/** What a decision is proven by. */
interface Proving {
  readonly inventory: Pick<Inventory, 'findToken'>;
  readonly attestations: Pick<Attestor, 'verify'>;
}

/** The same for one that was made before. */
interface ProvingAgain extends Pick<Proving, 'inventory'> {
  readonly attestations: Pick<Attestor, 'verifyKept'>;
  readonly keys: Pick<Keys, 'verify'>;
  readonly acceptClaimed: boolean;
}

/** The token that proves who decides, now. An attested decision holds for exactly this request; throws where it does not. */
export async function provenBy(
  { inventory, attestations }: Proving,
  asked: Asked,
  said: Said,
  attestation: string,
): Promise<StoredToken> {
  const statement = await attestations.verify(attestation);
  return tokenOf({ inventory }, { asked, said, statement, at: new Date().toISOString() });
}

/**
 * Why a decision on record does not count for a write: its signed statement is verified once more, by its signature and not by its
 * age, with the token as it is kept. Undefined where it counts.
 */
export async function whyNotProven(
  { inventory, attestations, keys, acceptClaimed }: ProvingAgain,
  asked: Asked,
  { at, proof, personId: _personId, tokenId, ...said }: DatedDecision,
  attestation: string | undefined,
): Promise<string | undefined> {
  if (proof === 'claimed' && attestation === undefined) return acceptClaimed ? undefined : 'it is only claimed';
  if (attestation === undefined) return 'its signed statement is not on record';
  try {
    const statement = await attestations.verifyKept(attestation);
    const token = await tokenOf({ inventory }, { asked, said, statement, at });
    if (token.id !== tokenId) return `token ${token.id} proves it, and another one is on record`;
    return (await isSealed(keys, token)) ? undefined : `token ${token.id} has no seal by this deployment's key`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function tokenOf(
  { inventory }: Pick<Proving, 'inventory'>,
  {
    asked: { personId, requestedAt },
    said,
    statement,
    at,
  }: { readonly asked: Asked; readonly said: Said; readonly statement: Statement; readonly at: string },
): Promise<StoredToken> {
  const wanted: Omit<Statement, 'tokenId'> = { ...said, workflowId: personWorkflowId(personId), requestedAt };
  const differing = differences(statement, wanted);
  if (differing.length > 0) throw new Error(`its signed statement is for another ${differing.join(', ')}`);
  const token = await inventory.findToken({ id: statement.tokenId });
  if (token === undefined || !isInForce(token, at)) {
    throw new Error(`token ${statement.tokenId} was revoked or has expired`);
  }
  const why = whyNotBy(token, said.verdict);
  if (why !== undefined) throw new Error(why);
  if (actorOf(token) !== said.actor) throw new Error(`token ${token.id} does not prove ${said.actor}`);
  return token;
}

const bound = ['workflowId', 'approvalId', 'requestedAt', 'decisionId', 'verdict', 'actor', 'to', 'reason'] as const;

const words: Readonly<Record<(typeof bound)[number], string>> = {
  workflowId: 'person',
  approvalId: 'approval',
  requestedAt: 'request',
  decisionId: 'decision',
  verdict: 'verdict',
  actor: 'actor',
  to: 'approver',
  reason: 'reason',
};

const differences = (signed: Statement, wanted: Omit<Statement, 'tokenId'>): readonly string[] =>
  bound.filter((name) => JSON.stringify(signed[name]) !== JSON.stringify(wanted[name])).map((name) => words[name]);
