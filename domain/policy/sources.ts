import type { StatusMap } from './statuses.ts';

/** Who may send events over HTTP, as data: the policy's `sources`. Secrets are elsewhere. */

export interface Source {
  readonly name: string;
  /** Dates and times that it writes without a zone are read in it; absent: the policy's `defaultTimeZone`. */
  readonly timeZone?: string;
  /** Of dates such as 31.12.2026 or 12/31/2026; absent: these are refused. */
  readonly dates?: DateOrder;
  /** How its webhooks are signed; absent for a source of tokens and files alone. */
  readonly verify?: Verifier;
  /** Attributes that it may add to people for whom a higher source speaks. */
  readonly mayAdd?: readonly string[];
  /** Maps the sender's payload to Muster's; absent where it is Muster's already. */
  readonly map?: FieldMap;
  /** Where to fetch a record when its event carries only the id. */
  readonly fetchBack?: FetchBack;
}

export type DateOrder = 'dayFirst' | 'monthFirst';

/** JSON pointers into a record, by Muster's field. Of several, the first that leads to a value counts. */
export type Pointers = Readonly<Record<string, string | readonly string[]>>;

export interface FetchBack {
  /** `{id}` stands for HR's id of the person. The record is the response, or the list of responses where there is more than one URL. */
  readonly url: readonly string[];
  /** JSON with `{id}` in a string: each URL is requested with POST. Absent: with GET. */
  readonly body?: string;
  /** Where the secret, as `ID:SECRET`, is exchanged for the one that headers carry: OAuth 2.0 client credentials. */
  readonly token?: string;
  /** `{secret}` stands for the source's secret for fetching. */
  readonly headers: Readonly<Record<string, string>>;
  readonly fields: Pointers;
  readonly statuses: StatusMap;
  /** Hosts that may be called without TLS and at a private address. */
  readonly privateHosts: readonly string[];
  /** For so long after an event the record may be the one before it: it is not fetched earlier. */
  readonly settleMs?: number;
}

export type Verifier =
  | { readonly kind: 'standardWebhooks' }
  | ({ readonly kind: 'hmac' } & HmacFormat)
  /** The secret itself comes in a header, as Okta's event hooks send it. */
  | { readonly kind: 'sharedSecret'; readonly header: string };

export interface HmacFormat {
  readonly signatureHeader: string;
  /** The text before each signature, such as `sha256=`. */
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

/**
 * JSON pointers (RFC 6901) into the payload; those of `fields` into one item. In a list, `type=work` is the first element whose
 * `type` is `work`.
 */
export interface FieldMap {
  /** A list whose elements are one event each. */
  readonly items?: string;
  readonly id?: string;
  readonly type?: string;
  /**
   * Muster's type by the sender's: a kind of message, `fetch` for one that says only whose record changed, `deleted` for a record
   * that is gone. Other types are acknowledged and ignored; `*` stands for every other one.
   */
  readonly types: Readonly<Record<string, string>>;
  /** When HR recorded it, which orders what arrives. */
  readonly timestamp?: string;
  readonly fields: Pointers;
  /** Absent where no status is among the fields. */
  readonly statuses?: StatusMap;
}
