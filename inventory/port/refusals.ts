import type { EventKind } from '../../domain/model.ts';

export type RefusalWay = 'webhook' | 'fetchBack' | 'roster' | 'scim' | 'adopt';

/** One thing that a source said and that cannot be taken. */
export interface RefusedItem {
  readonly source: string;
  readonly way: RefusalWay;
  /** Where it stood, such as an eventId or `people.csv:12`: the same item from the same place counts once. */
  readonly ref: string;
  /** The source's id of the person, where it can be read. */
  readonly externalId?: string;
  readonly personId?: string;
  /** What it would have been, where that can be read. */
  readonly kind?: EventKind;
  /** In words, with names of fields and without their values. */
  readonly reason: string;
  /** What was said, as JSON. It is stored sealed, for thirty days; the same again is the same refusal. */
  readonly payload: unknown;
}

/** A refusal on record. */
export interface RefusalRow extends Omit<RefusedItem, 'payload'> {
  /** Of the source, the way and the payload. */
  readonly refusalId: string;
  /** `corrected`: its source has said it anew since, and it was taken. */
  readonly state: 'open' | 'retried' | 'dropped' | 'corrected';
  /** How often it came. */
  readonly times: number;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly decidedAt?: string;
  readonly decidedBy?: string;
  /** Why it was dropped. */
  readonly why?: string;
  /** Since when people have been told of it. */
  readonly toldAt?: string;
}

/** What an operator, or its source, did about it. */
export interface RefusalDecision {
  readonly state: Exclude<RefusalRow['state'], 'open'>;
  readonly at: string;
  readonly by: string;
  readonly why?: string;
}

/** Refusals that nobody has decided, of one source and way. */
export interface OpenRefusals {
  readonly source: string;
  readonly way: RefusalWay;
  /** Leavers, and items that may be one. */
  readonly leaving: number;
  readonly others: number;
  readonly since: string;
}

/** Seals texts with a key that is not in the database. */
export interface PayloadSealer {
  /** In base64url. It opens only for what it is about. */
  seal(text: string, about: string): Promise<string>;
  /** Throws where another key sealed it, or where it is about something else. */
  unseal(sealed: string, about: string): Promise<string>;
  /** The same text has the same one, which nobody without the key can find a text by. In hex. */
  fingerprint(text: string): Promise<string>;
}

/** Which refusals are looked up. */
export type RefusalFilter = Partial<Pick<RefusalRow, 'state' | 'source' | 'way' | 'ref'>>;
