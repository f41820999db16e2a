/** Whom a source means, by its own id or, where it has none, by an e-mail. */
export interface SourceIdentity {
  readonly source: string;
  /** Absent: the source has no ids, and the person is known by the first e-mail it gave. */
  readonly externalId?: string;
  readonly email?: string;
}

export interface AliasRow {
  readonly source: string;
  readonly externalId: string;
  readonly personId: string;
  /** The source that named the person first speaks for them; another adds attributes. */
  readonly isAuthoritative: boolean;
  readonly boundAt: string;
}

/** A roster that named the whole workforce of its source, and whom it left out. */
export interface CompleteRoster {
  readonly source: string;
  /** The name of its file. */
  readonly roster: string;
  readonly absent: readonly string[];
  readonly at: string;
}

/** The part of the inventory that knows the same person by the ids of several sources. */
export interface AliasInventory {
  /** The alias that this identity has; nothing is written. */
  findAlias(identity: SourceIdentity): Promise<AliasRow | undefined>;
  /**
   * The alias that this identity has, else a new one: of a person of this id whom no source has named, else of the one
   * who has this e-mail and whom this source does not know yet, else of a new person (by the external id where it can be a personId and is free, else by `newId`).
   */
  bindAlias(identity: SourceIdentity, given: { readonly newId: string; readonly at: string }): Promise<AliasRow>;
  listAliases(filter: { source?: string; limit: number; offset: number }): Promise<readonly AliasRow[]>;
  /** Since when complete rosters of this source have not named these people; for others it is forgotten. */
  noteAbsences(roster: CompleteRoster): Promise<ReadonlyMap<string, string>>;
  listAbsences(source: string): Promise<ReadonlyMap<string, string>>;
}
