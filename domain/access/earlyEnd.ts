import type { Account, Employment, KnownPerson, ProcessType } from '../model.ts';

/** Why a process changes no access: it is over at once, or it waits. */
export interface EarlyEnd {
  /** `held` and `blocked` wait until an operator says whose account it is. */
  readonly kind: 'nothingToDo' | 'failed' | 'held' | 'blocked';
  readonly detail: string;
}

interface Known {
  readonly process: ProcessType;
  readonly employment: Employment;
  /** HR has said something of the person, with the event at the latest. */
  readonly isKnown: boolean;
}

const nothing = (detail: string): EarlyEnd => ({ kind: 'nothingToDo', detail });
const failed = (detail: string): EarlyEnd => ({ kind: 'failed', detail });

/** Judged by the record alone, before Datadog is asked. */
export function endByRecord({ process, employment, isKnown }: Known): EarlyEnd | undefined {
  if (process === 'offboarding') return undefined;
  if (process === 'onboarding') {
    return isKnown ? undefined : failed('nothing is known of this person: a joiner with an e-mail must come first');
  }
  if (!isKnown) return nothing('nothing is known of this person');
  if (employment === 'left') return nothing('recorded; the person has left');
  return employment === 'unknown' ? nothing('recorded; the person has not joined yet') : undefined;
}

interface KnownAccount extends Known {
  readonly account?: Pick<Account, 'id' | 'status'>;
  /** Why the account is not safely theirs. */
  readonly conflict?: string;
  /** Nothing was ever known of the person but this event. */
  readonly isNeverSeen: boolean;
  /** `person restore`. */
  readonly isRestore: boolean;
  /** The account that Muster disabled when the person last left. */
  readonly disabledId?: string;
}

/** Judged once it is known which account is theirs. A Pending account's name, title and e-mail follow HR all the same. */
export function endByAccount(known: KnownAccount): EarlyEnd | undefined {
  const { process, account, conflict, isNeverSeen } = known;
  if (conflict !== undefined) return { kind: 'blocked', detail: conflict };
  if (process === 'onboarding') return known.isRestore ? unrestorable(known) : undefined;
  if (process === 'offboarding') {
    if (account !== undefined) return undefined;
    return isNeverSeen ? { kind: 'held', detail: neverSeenWords } : nothing('the person has no account');
  }
  if (account === undefined) return nothing('recorded; the person has no account');
  // A Pending account stays without roles, and Muster does not enable a disabled one on a move.
  return account.status === 'active' ? undefined : nothing(`recorded; the account is ${account.status}`);
}

/** Anybody who reaches Temporal can ask for a restore. */
function unrestorable({ employment, account, disabledId }: KnownAccount): EarlyEnd | undefined {
  if (employment === 'employed') return failed('the person has not left: there is nothing to restore');
  if (disabledId === undefined) {
    return failed('Muster has not disabled an account of this person: nothing is recorded');
  }
  if (account?.id === disabledId) return undefined;
  return failed(`account ${disabledId}, which Muster disabled, is not theirs any more`);
}

/** A misspelt id must not look like access that has ended. */
export const neverSeenWords = 'a leaver for somebody who was never seen, without an account that is surely theirs';

export const isNeverSeen = ({ employment, accountId, isKnown }: Omit<KnownPerson, 'lines'>): boolean =>
  employment === 'unknown' && accountId === undefined && !isKnown;
