import type { Operator } from '../../auth/operator.ts';

/** Somebody at the command line who proves nothing. */
export const operator: Operator = { actor: 'it@example.com', proof: 'claimed' };
