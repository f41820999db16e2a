import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { EvidenceSigner } from '../inventory/port/evidence.ts';
import type { PayloadSealer } from '../inventory/port/refusals.ts';
import { createSealer } from './sealing.ts';

/** Where the deployment's key is. One that is not given is created when it is first needed. */
export interface SigningKey {
  readonly file: string;
  readonly isGiven: boolean;
}

/** What is signed with the key. A signature for one purpose is none for another. */
type Purpose = 'token' | 'evidence';

/** The deployment's Ed25519 key, which is not in the database. It is read for each use, so that a replaced one counts at once. */
export interface Keys {
  /** In base64url. Throws where the private key cannot be read. */
  sign(purpose: Purpose, text: string): Promise<string>;
  /** The public half is enough for it. */
  verify(purpose: Purpose, text: string, signature: string): Promise<boolean>;
}

export function openKeys(key: SigningKey): Keys {
  return {
    sign: async (purpose, text) => sign(null, purposed(purpose, text), await readPrivateKey(key)).toString('base64url'),
    verify: async (purpose, text, signature) =>
      verify(null, purposed(purpose, text), await readPublicKey(key), Buffer.from(signature, 'base64url')),
  };
}

/** What the record needs of a key that is not in it. */
export type RecordKeys = EvidenceSigner & PayloadSealer;

/**
 * Signs and checks links of evidence, and seals what was refused. Each half of the key is read when it is first needed, and kept: links are signed one after
 * the other while everybody who writes waits, and reading takes twenty times as long as signing.
 */
export function openEvidenceSigner(key: SigningKey): RecordKeys {
  let privateKey: KeyObject | undefined;
  let publicKey: KeyObject | undefined;
  const keptKey = async (): Promise<KeyObject> => (privateKey ??= await readPrivateKey(key));
  return {
    ...createSealer(keptKey),
    async sign(hash) {
      return sign(null, purposed('evidence', hash), await keptKey()).toString('base64url');
    },
    async verify(hash, signature) {
      publicKey ??= await readPublicKey(key);
      return verify(null, purposed('evidence', hash), publicKey, Buffer.from(signature, 'base64url'));
    },
  };
}

/** The same for a process that is going to sign. Throws where the private key cannot be read: such a process must not start. */
export async function readEvidenceSigner(key: SigningKey): Promise<RecordKeys> {
  const signer = openEvidenceSigner(key);
  await signer.sign('');
  return signer;
}

/** Checks links, and signs none. A chain whose key was replaced once takes both. Throws where a text is no Ed25519 key in PEM. */
export function openEvidenceVerifier(pems: readonly string[]): EvidenceSigner {
  const keys = pems.map((pem) => {
    const key = parseEd25519(() => createPublicKey(pem));
    if (key === undefined) throw new Error('it is not an Ed25519 key in PEM');
    return key;
  });
  return {
    sign: () => Promise.reject(new Error('a public key signs nothing')),
    async verify(hash, signature) {
      const [text, bytes] = [purposed('evidence', hash), Buffer.from(signature, 'base64url')];
      return keys.some((key) => verify(null, text, key, bytes));
    },
  };
}

/** No signed statement (a JWT) begins so. */
const purposed = (purpose: Purpose, text: string): Buffer => Buffer.from(`muster/${purpose}\n${text}`);

/** Throws where the file holds the public half alone, or cannot be read. */
export async function readPrivateKey(key: SigningKey): Promise<KeyObject> {
  const pem = await readPem(key);
  return ed25519(() => createPrivateKey(pem), key);
}

export async function readPublicKey(key: SigningKey): Promise<KeyObject> {
  const pem = await readPem(key);
  return ed25519(() => createPublicKey(pem), key);
}

async function readPem({ file, isGiven }: SigningKey): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    if (isGiven || code !== 'ENOENT') throw new Error(`the signing key ${file} cannot be read (${code})`, { cause });
  }
  const { privateKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomUUID()}`;
  await writeFile(temporary, privateKey, { mode: 0o600 });
  try {
    // Unlike a rename, a link never replaces a key that another process has just written.
    await link(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  return readFile(file, 'utf8');
}

function ed25519(parse: () => KeyObject, { file }: SigningKey): KeyObject {
  const key = parseEd25519(parse);
  if (key !== undefined) return key;
  throw new Error(`the signing key ${file} is not an Ed25519 key in PEM (signing takes the private one)`);
}

/** An error of the parser could show what stands in the file. */
function parseEd25519(parse: () => KeyObject): KeyObject | undefined {
  try {
    const parsed = parse();
    return parsed.asymmetricKeyType === 'ed25519' ? parsed : undefined;
  } catch {
    return undefined;
  }
}
