import type { Inventory } from '../inventory/port/inventory.ts';
import type { EvidenceEntry } from '../inventory/port/evidence.ts';

/** The person behind a command, as evidence names them, and how that is known. */
export interface Operator extends Pick<EvidenceEntry, 'tokenId'> {
  readonly actor: string;
  readonly proof: 'attested' | 'claimed';
}

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
