import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { dirname, join } from 'node:path';
import { openEvidenceSigner, type RecordKeys } from '../../auth/keys.ts';
import { createSealer } from '../../auth/sealing.ts';
import { openInventory as open, type InventoryLocation } from '../../inventory/index.ts';

/** An inventory as `npx muster` with its folder as `MUSTER_HOME` opens it: with the key beside the file. */
export const openInventory = (location: InventoryLocation) => open(location, signerFor(location));

/** Elsewhere than in a file it is one key for all of this process. */
export function signerFor({ file }: InventoryLocation): RecordKeys {
  if (file === undefined || file === ':memory:') return ours;
  return openEvidenceSigner({ file: join(dirname(file), 'signing.key'), isGiven: false });
}

/** With a new key, which is nowhere else. */
export function newSigner(): RecordKeys {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    ...createSealer(async () => privateKey),
    sign: async (hash) => sign(null, Buffer.from(hash), privateKey).toString('base64url'),
    verify: async (hash, signature) => verify(null, Buffer.from(hash), publicKey, Buffer.from(signature, 'base64url')),
  };
}

const ours = newSigner();
