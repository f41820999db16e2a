import type { Json } from './json.ts';

/** A user or a group as a source pushed it by SCIM. */
export interface ScimRow {
  readonly source: string;
  readonly resourceType: 'User' | 'Group';
  readonly id: string;
  /** The user name or the group's name, case-folded. */
  readonly name: string;
  /** Of a group, as it is written. */
  readonly displayName?: string;
  readonly externalId?: string;
  /** Of a user: the manager as the source names them. */
  readonly manager?: string;
  /** Present for a user from the first e-mail on. */
  readonly personId?: string;
  /** Counts the changes. 0: it was deleted, and its leaver is owed. */
  readonly version: number;
  /** The resource without id and meta. */
  readonly resource: Json<Readonly<Record<string, unknown>>>;
  /** What the events so far have said of the person. */
  readonly said?: Json<Readonly<Record<string, unknown>>>;
  /** Whether events have to follow: 0 none, 1 some, 2 a leaver, 3 none, but their manager has yet to come. */
  readonly owed: 0 | 1 | 2 | 3;
  readonly createdAt: string;
  readonly lastModifiedAt: string;
}

export interface ScimGroup {
  readonly id: string;
  readonly displayName: string;
}

export type ScimKey = Pick<ScimRow, 'source' | 'id'>;

/** A resource from which events have to follow. */
export type OwedScim = Pick<ScimRow, 'source' | 'id' | 'owed'>;

/** What the database looks up by itself. */
export type ScimFilter = Partial<Pick<ScimRow, 'id' | 'name' | 'externalId' | 'personId'>> & {
  /** Groups with this member. */
  readonly memberId?: string;
};
