import type { PersonAttributes, ResolvedEntitlement } from '../../domain/model.ts';
import type { GrantRow } from './grants.ts';

/** Whom links about the policy are about: nobody, since no personId has a slash. */
export const policySubject = 'policy/file';

/** One link of the chain: who did what to whom, why, before and after. Never a secret. */
export interface EvidenceEntry {
  readonly personId: string;
  readonly eventId: string;
  /** Unique within the event, such as `assignRole:<role id>`. */
  readonly step: string;
  readonly at: string;
  readonly actor: string;
  /** Whether a token proved who decided, or whether it is somebody's word. Present for decisions. */
  readonly proof?: 'attested' | 'claimed';
  /** The token that proved it. */
  readonly tokenId?: string;
  readonly action: string;
  readonly reason?: string;
  /** The policy in force when an entitlement was granted or removed. */
  readonly policyHash?: string;
  readonly before?: unknown;
  readonly after?: unknown;
  /**
   * Present for a write whose reply was lost: `readBack` where a later reading showed that it had happened, `unknown` where
   * no reading can tell (an invitation).
   */
  readonly lostReply?: 'readBack' | 'unknown';
}

export interface EvidenceRow extends EvidenceEntry {
  readonly seq: number;
  readonly hash: string;
  /** Of the hash, by the deployment's key; base64url. */
  readonly signature: string;
}

/** A link by its place in the chain and its hash, which covers everything before it. */
export type LinkId = Pick<EvidenceRow, 'seq' | 'hash'>;

/** Signs the hash of each link with a key that is not in the database. */
export interface EvidenceSigner {
  /** In base64url. Throws where the private key is missing. */
  sign(hash: string): Promise<string>;
  /** The public half is enough for it. */
  verify(hash: string, signature: string): Promise<boolean>;
}

/** Where the chain is told of: `noted` in the log, `forwarded` in the customer's own log. */
export type MarkName = 'noted' | 'forwarded';

/** The last link that was told of there, and when. */
export interface EvidenceMark extends LinkId {
  readonly at: string;
}

/** A link for somebody who checks it elsewhere. */
export interface SignedLink extends LinkId {
  readonly signature: string;
  /** Exactly the text that was hashed behind the hash before: canonical JSON of an `EvidenceEntry`. */
  readonly text: string;
  readonly entry: EvidenceEntry;
}

export type EvidenceCheck =
  | { readonly ok: true; readonly count: number; readonly head?: LinkId }
  | { readonly ok: false; readonly seq: number; readonly why: string };

/** Longer than a reading lags: what is not seen by then has not happened. */
export const lagMs = 60_000;

/** One write to one account. The account is not known yet where it is to be created. */
export interface WriteKey {
  readonly personId: string;
  readonly accountId?: string;
  readonly step: string;
}

/** What a reading shows once the write has happened. Invitations show nothing. */
export type Wanted =
  | { readonly kind: 'created' | 'enabled' | 'disabled' | 'invited' | 'uninvited' }
  | ({ readonly kind: 'attributes' } & Partial<Pick<PersonAttributes, 'email' | 'name' | 'title'>>)
  | ({ readonly kind: 'given'; readonly entitlement: ResolvedEntitlement } & Pick<GrantRow, 'reason' | 'because'>)
  | { readonly kind: 'taken'; readonly entitlement: ResolvedEntitlement };

export interface OpenWrite extends WriteKey {
  /** How often it was sent without a reply. */
  readonly asked: number;
  /** The first time. */
  readonly askedAt: string;
  readonly wanted: Wanted;
  /** The link that it becomes where a reading shows that it happened. */
  readonly entry: EvidenceEntry;
}
