import { errors, jwtVerify, SignJWT } from 'jose';
import type { Decision } from '../domain/decision.ts';
import { readPrivateKey, readPublicKey, type SigningKey } from './keys.ts';

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

export interface Attestor {
  sign(statement: Statement): Promise<string>;
  /** Throws where the statement is not this deployment's, was altered, or is too old; the message says which. */
  verify(text: string): Promise<Statement>;
  /** The same for one that was verified in time and kept since: however old it is. */
  verifyKept(text: string): Promise<Statement>;
}

const algorithm = 'EdDSA';
const audience = 'muster-decision';
const goodFor = '5 minutes';
/** For clocks of two machines that differ. */
const tolerance = '1 minute';

/** A public key is enough to verify. */
export function openAttestor(key: SigningKey): Attestor {
  return {
    async sign(statement) {
      const privateKey = await readPrivateKey(key);
      return new SignJWT({ statement })
        .setProtectedHeader({ alg: algorithm })
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(goodFor)
        .sign(privateKey);
    },
    verify: (text) => verify(key, text, new Date()),
    verifyKept: (text) => verify(key, text, new Date(0)),
  };
}

async function verify(key: SigningKey, text: string, currentDate: Date): Promise<Statement> {
  const publicKey = await readPublicKey(key);
  try {
    const { payload } = await jwtVerify<{ statement: Statement }>(text, publicKey, {
      algorithms: [algorithm],
      audience,
      clockTolerance: tolerance,
      requiredClaims: ['exp', 'statement'],
      currentDate,
    });
    return payload.statement;
  } catch (cause) {
    const isOld = cause instanceof errors.JWTExpired;
    const why = isOld ? 'is too old: decide again' : 'is not by this deployment’s key, or was altered';
    throw new Error(`its signed statement ${why}`, { cause });
  }
}
