import { isSameText } from '../text.ts';
import type { Account } from '../model.ts';

/**
 * The one human account with exactly this e-mail, of those that have it as their e-mail or handle; or why a person must
 * say whose it is.
 */
export function accountOf(
  named: readonly Account[],
  email: string,
): { readonly account?: Account } | { readonly problem: string } {
  const humans = named.filter(({ isServiceAccount }) => !isServiceAccount);
  const [account, second] = humans.filter((one) => isSameText(one.email, email));
  if (second !== undefined) {
    return { problem: `accounts ${humans.map(({ id }) => id).join(' and ')} have this person's e-mail` };
  }
  if (account !== undefined) return { account };
  const [other] = humans;
  // A handle keeps the first e-mail forever: the address may be somebody else's now.
  return other === undefined
    ? {}
    : { problem: `account ${other.id} has this person's e-mail as its handle, and another e-mail` };
}
