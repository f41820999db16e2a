import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Decision } from '../domain/decision.ts';

/**
 * The statement of the command line or the gateway about an approver whom a token has authenticated: this person decides
 * this about this request. It is valid for nothing else, and not for long.
 */
export interface Statement extends Pick<Decision, 'approvalId' | 'decisionId' | 'verdict' | 'actor' | 'to' | 'reason'> {
  readonly workflowId: string;
  /** When the request was made: the same access may be requested again later. */
  readonly requestedAt: string;
  readonly tokenId: string;
}

/** Where the deployment's key is. One that is not given is created when it is first needed. */
export interface SigningKey {
  readonly file: string;
  readonly isGiven: boolean;
}

export interface Attestor {
  sign(statement: Statement): Promise<string>;
  /** Throws where the statement is not this deployment's, was altered, or is too old; the message says which. */
  verify(text: string): Promise<Statement>;
}

const algorithm = 'EdDSA';
const audience = 'muster-decision';
const goodFor = '5 minutes';
/** For clocks of two machines that differ. */
const tolerance = '1 minute';

/** The key is read for each use, so that a replaced one counts at once. A public key is enough to verify. */
export function openAttestor(key: SigningKey): Attestor {
  return {
    async sign(statement) {
      const pem = await readKey(key);
      return new SignJWT({ statement })
        .setProtectedHeader({ alg: algorithm })
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(goodFor)
        .sign(ed25519(() => createPrivateKey(pem), key));
    },
    async verify(text) {
      const pem = await readKey(key);
      const publicKey = ed25519(() => createPublicKey(pem), key);
      try {
        const { payload } = await jwtVerify<{ statement: Statement }>(text, publicKey, {
          algorithms: [algorithm],
          audience,
          clockTolerance: tolerance,
          requiredClaims: ['exp', 'statement'],
        });
        return payload.statement;
      } catch (cause) {
        const isOld = cause instanceof errors.JWTExpired;
        const why = isOld ? 'is too old: decide again' : 'is not by this deployment’s key, or was altered';
        throw new Error(`its signed statement ${why}`, { cause });
      }
    },
  };
}

async function readKey({ file, isGiven }: SigningKey): Promise<string> {
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
  const temporary = `${file}.${process.pid}`;
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
  try {
    const parsed = parse();
    if (parsed.asymmetricKeyType === 'ed25519') return parsed;
  } catch {
    // Said below, without what stands in the file.
  }
  throw new Error(`the signing key ${file} is not an Ed25519 key in PEM (signing takes the private one)`);
}
