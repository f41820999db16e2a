import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import type { PayloadSealer } from '../inventory/port/refusals.ts';

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

/** Seals with keys derived from the deployment's, which stays what it is for: signing. */
export function createSealer(readKey: () => Promise<KeyObject>): PayloadSealer {
  const derived = async (purpose: 'seal' | 'fingerprint'): Promise<Buffer> => {
    const secret = (await readKey()).export({ format: 'der', type: 'pkcs8' });
    return Buffer.from(hkdfSync('sha256', secret, '', `muster/refusals/${purpose}`, keyBytes));
  };
  return {
    async seal(text, about) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(algorithm, await derived('seal'), iv).setAAD(Buffer.from(about));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    async unseal(sealed, about) {
      const bytes = Buffer.from(sealed, 'base64url');
      const iv = bytes.subarray(0, ivBytes);
      const decipher = createDecipheriv(algorithm, await derived('seal'), iv, { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(about)).setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
      try {
        const opened = decipher.update(bytes.subarray(ivBytes + tagBytes));
        return Buffer.concat([opened, decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new Error('it was sealed by another key, or altered', { cause });
      }
    },
    fingerprint: async (text) =>
      createHmac('sha256', await derived('fingerprint'))
        .update(text)
        .digest('hex'),
  };
}
