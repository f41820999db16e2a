export interface ApprovalAges {
  /** As many as spans were asked for, and those that are older than all of them. */
  readonly counts: readonly number[];
  /** When the one that waits longest was requested. */
  readonly oldest: string | undefined;
}
