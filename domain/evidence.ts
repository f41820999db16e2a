/** For whom a write is made, and why: names of rows on record, which say the rest. */
export interface Because {
  readonly personId: string;
  readonly eventId: string;
  /** Where an approval is needed. */
  readonly approvalId?: string;
  /** Roles that the next login takes away again: login mappings are in force, and none of them includes these. */
  readonly undoneByLogin?: readonly string[];
}
