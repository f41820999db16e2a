import type { EvidenceSigner } from '../port/evidence.ts';
import type { PayloadSealer } from '../port/refusals.ts';
import type { Db } from './schema.ts';

/** Whoever only checks evidence has no key to seal with. */
export type GivenKeys = EvidenceSigner & Partial<PayloadSealer>;

/** By what a database and all of its transactions share. */
const signers = new WeakMap<object, GivenKeys>();

export function useSigner(db: Db, signer: GivenKeys): void {
  signers.set(db.getExecutor().adapter, signer);
}

export function signerOf(db: Db): GivenKeys {
  const signer = signers.get(db.getExecutor().adapter);
  if (signer === undefined)
    throw new Error('evidence is not touched without a key: the database was opened without one');
  return signer;
}

export function sealerOf(db: Db): PayloadSealer {
  const { seal, unseal, fingerprint } = signerOf(db);
  if (seal === undefined || unseal === undefined || fingerprint === undefined)
    throw new Error('nothing is sealed without the private key: the database was opened to check evidence');
  return { seal, unseal, fingerprint };
}
