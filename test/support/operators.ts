import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openKeys, type Keys } from '../../auth/keys.ts';
import type { Operator } from '../../auth/operator.ts';
import { issueToken, type TokenRequest, type Tokens } from '../../auth/tokens.ts';
import type { People } from '../../auth/standing.ts';

/** Somebody at the command line who proves nothing. */
export const operator: Operator = { actor: 'it@example.com', proof: 'claimed' };

/** The key of a Muster in this folder. */
export const keysIn = (home: string): Keys => openKeys({ file: join(home, 'signing.key'), isGiven: false });

/** A key that is in no file. */
export function memoryKeys(): Keys {
  const secret = randomBytes(32);
  const signed = (text: string) => createHmac('sha256', secret).update(text).digest('base64url');
  return {
    sign: async (purpose, text) => signed(`${purpose}\n${text}`),
    verify: async (purpose, text, signature) => signed(`${purpose}\n${text}`) === signature,
  };
}

/** A new token of a Muster in this folder. Nobody has to know yet whom it proves: it is made as the first administrator's is. */
export const giveToken = (
  { inventory, home }: Pick<Tokens<'inTransaction' | keyof People>, 'inventory'> & { readonly home: string },
  request: TokenRequest,
) => issueToken({ inventory, keys: keysIn(home) }, request, operator, { isFirst: true });
