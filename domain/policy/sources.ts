/** Who may send events over HTTP, as data: the policy's `sources`. Secrets are elsewhere. */

export interface Source {
  readonly name: string;
  readonly verify: Verifier;
  /** How the sender's payload becomes Muster's; absent where it is Muster's already. */
  readonly map?: FieldMap;
  /** Where the record is asked for of which an event says the id only. */
  readonly fetchBack?: FetchBack;
}

export interface FetchBack {
  /** `{id}` stands for HR's id of the person. */
  readonly url: string;
  /** `{secret}` stands for what the source's file of secrets for it holds. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON pointers into the answer. */
  readonly fields: Readonly<Record<string, string>>;
  readonly active: readonly string[];
  /** Hosts that may be asked without TLS and at a private address. */
  readonly privateHosts: readonly string[];
}

export type Verifier =
  | { readonly kind: 'standardWebhooks' }
  | ({ readonly kind: 'hmac' } & HmacFormat)
  /** The secret itself comes in a header, as Okta's event hooks send it. */
  | { readonly kind: 'sharedSecret'; readonly header: string };

export interface HmacFormat {
  readonly signatureHeader: string;
  /** What stands before each signature, such as `sha256=`. */
  readonly prefix: string;
  readonly algorithm: 'sha256' | 'sha512';
  readonly encoding: 'hex' | 'base64' | 'base64url';
  /** What is signed: `{body}`, `{timestamp}` and `{id}` stand for what was received. */
  readonly template: string;
  readonly timestampHeader?: string;
  readonly toleranceMs: number;
  readonly idHeader?: string;
  /** How the secret becomes the key. */
  readonly secret: 'text' | 'base64';
}

/** Texts are JSON pointers (RFC 6901) into the payload, those of `fields` into one item. */
export interface FieldMap {
  /** A list of which each element is one event. */
  readonly items?: string;
  readonly id?: string;
  readonly type?: string;
  /** The sender's types in Muster's words; what is not named is acknowledged and left out. `*` is every other one. */
  readonly types: Readonly<Record<string, string>>;
  readonly timestamp?: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Values of `status` that mean employed. */
  readonly active: readonly string[];
}
