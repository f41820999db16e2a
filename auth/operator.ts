import type { Inventory } from '../inventory/port/inventory.ts';
import type { Decision } from '../domain/decision.ts';
import type { EvidenceEntry } from '../inventory/port/evidence.ts';
import { actorOf, type TokenRole, type TokenRow } from '../inventory/port/tokens.ts';

/** The person behind a command, as evidence names them, and how that is known. */
export interface Operator extends Pick<EvidenceEntry, 'tokenId'> {
  readonly actor: string;
  readonly proof: 'attested' | 'claimed';
}

/** What a token is needed for: to change something, to make tokens and reassign requests, to decide about requests. */
export type Duty = 'operate' | 'administer' | 'decide';

/** The roles of the tokens that do for a duty. Who makes tokens decides nothing by them. */
export const rolesFor = {
  operate: ['operator', 'admin'],
  administer: ['admin'],
  decide: ['approver'],
} as const satisfies Record<Duty, readonly TokenRole[]>;

export const doesFor = (duty: Duty, { role }: Pick<TokenRow, 'role'>): boolean =>
  rolesFor[duty].some((one) => one === role);

/** Why a token of this role does not make this decision; undefined where it does. */
export function whyNotBy(token: Pick<TokenRow, 'role'>, verdict: Decision['verdict']): string | undefined {
  if (verdict === 'reassign') {
    return doesFor('administer', token) ? undefined : 'only an admin token reassigns an approval';
  }
  return doesFor('decide', token) ? undefined : `a token of the role ${token.role} decides nothing`;
}

export const provenBy = (token: TokenRow): Operator => ({
  actor: actorOf(token),
  proof: 'attested',
  tokenId: token.id,
});

export type Why = Pick<EvidenceEntry, 'reason'>;

/** One link for one decision of a person. Use it in the transaction of the change (`Inventory.inTransaction`). */
export async function recordDecision(
  inventory: Pick<Inventory, 'appendEvidence'>,
  { actor, proof, tokenId }: Operator,
  decision: Omit<EvidenceEntry, 'at' | 'actor' | 'proof' | 'tokenId'> & { readonly at?: string },
): Promise<void> {
  await inventory.appendEvidence({
    at: new Date().toISOString(),
    ...decision,
    actor,
    proof,
    tokenId,
  });
}
