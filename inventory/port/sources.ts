/** The person a source means, by its own id or, where it has none, by an e-mail. */
export interface SourceIdentity {
  readonly source: string;
  /** Absent: the source has no ids, and the person is known by the first e-mail it sent. */
  readonly externalId?: string;
  readonly email?: string;
}

export interface AliasRow {
  readonly source: string;
  readonly externalId: string;
  readonly personId: string;
  readonly boundAt: string;
}

/** A roster that named the whole workforce of its source, and the people it did not name. */
export interface CompleteRoster {
  readonly source: string;
  /** The name of its file. */
  readonly roster: string;
  readonly absent: readonly string[];
  readonly at: string;
}

/** A message of a sender: its id alone does not say which, since senders use an id again. */
export interface Message {
  readonly source: string;
  readonly messageId: string;
  /** SHA-256 of the body, hex. */
  readonly digest: string;
}
