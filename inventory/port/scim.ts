import type { Json } from './json.ts';

/** A user or a group as a source pushed it by SCIM. */
export interface ScimRow {
  readonly source: string;
  readonly resourceType: 'User' | 'Group';
  readonly id: string;
  /** The user name or the group's name, case-folded. */
  readonly name: string;
  readonly externalId?: string;
  /** Present for a user once an e-mail is known. */
  readonly personId?: string;
  /** The id by which the source's alias of this person is found. */
  readonly boundAs?: string;
  /** Counts the changes. 0: the name is taken, and what follows from it is still being carried out. */
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
