import type { Json } from './json.ts';

/** A user or a group as a source pushed it by SCIM. */
export interface ScimRow {
  readonly source: string;
  readonly resourceType: 'User' | 'Group';
  readonly id: string;
  /** The user name or the group's name, case-folded. */
  readonly name: string;
  readonly externalId?: string;
  /** Of a user, once an e-mail is known. */
  readonly personId?: string;
  /** The id by which the source's alias of this person is found. */
  readonly boundAs?: string;
  /** Counts the changes. 0: the name is taken, and what follows from it is being handed over. */
  readonly version: number;
  /** The resource without id and meta. */
  readonly resource: Json<Readonly<Record<string, unknown>>>;
  readonly createdAt: string;
  readonly lastModifiedAt: string;
}

export interface ScimGroup {
  readonly id: string;
  readonly displayName: string;
}

type Place = Pick<ScimRow, 'source' | 'resourceType'>;

/** The part of the inventory that keeps what identity providers push. Each source sees its own resources alone. */
export interface ScimInventory {
  findScim(by: Pick<ScimRow, 'source' | 'id'>): Promise<ScimRow | undefined>;
  /** Oldest first. */
  listScim(filter: Place & Partial<Pick<ScimRow, 'name' | 'externalId' | 'personId'>>): Promise<readonly ScimRow[]>;
  /**
   * Takes the name of a user before anything follows from it. `taken` where another has it; the row of an earlier attempt
   * that came no further is taken up again, with its id.
   */
  reserveScim(row: ScimRow): Promise<ScimRow | 'taken'>;
  /** Writes the row, of a group with its members, where its version still is `from` (undefined: it is new). */
  writeScim(row: ScimRow, given: { readonly from?: number; readonly members?: readonly string[] }): Promise<boolean>;
  /** False where its version is another by now. Memberships go with it. */
  removeScim(row: ScimRow): Promise<boolean>;
  /** The groups that have this member, by name. */
  scimGroupsOf(source: string, memberId: string): Promise<readonly ScimGroup[]>;
}
