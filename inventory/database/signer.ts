import type { EvidenceSigner } from '../port/evidence.ts';
import type { Db } from './schema.ts';

/** By what a database and all of its transactions share. */
const signers = new WeakMap<object, EvidenceSigner>();

export function useSigner(db: Db, signer: EvidenceSigner): void {
  signers.set(db.getExecutor().adapter, signer);
}

export function signerOf(db: Db): EvidenceSigner {
  const signer = signers.get(db.getExecutor().adapter);
  if (signer === undefined)
    throw new Error('evidence is not touched without a key: the database was opened without one');
  return signer;
}
