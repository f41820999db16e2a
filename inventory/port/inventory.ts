import type { Bound } from '../database/bind.ts';
import type { DialectName } from '../database/dialect.ts';
import type * as queries from '../queries/index.ts';
import type * as queriesInTransaction from '../queries/inTransaction.ts';

/**
 * The inventory: Muster's record. All lists that a person sees come from here. Every function may be called again with the
 * same arguments without a second effect. Times are ISO 8601 strings in UTC.
 */
export interface Inventory extends Bound<typeof queries>, AsyncDisposable {
  /** A decision and the link of evidence that says so in one transaction: both or neither. `work` uses `trx` alone, evidence last. */
  readonly inTransaction: <Result>(work: (trx: RecordTransaction) => Promise<Result>) => Promise<Result>;
  readonly dialect: DialectName;
  readonly close: () => Promise<void>;
}

/** What may be changed together with its link of evidence, with what has to be read for it. */
export type RecordTransaction = Bound<typeof queriesInTransaction>;
