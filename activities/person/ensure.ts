import { ApplicationFailure } from '@temporalio/common';
import type { Account } from '../../domain/model.ts';
import type { Because } from '../../domain/evidence.ts';
import { isFailure, type DatadogFailure, type DatadogFailureType } from '../../datadog/failures.ts';
import { observing } from '../../datadog/wrappers/readOnly.ts';
import type { Wanted, EvidenceEntry } from '../../inventory/port/evidence.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { explain } from './because.ts';
import { grantOf, hasHappened, type OpenWrites, type Reading } from './openWrites.ts';

export type Recorded = OpenWrites & Pick<Inventory, 'findEvent' | 'findApproval'>;

/** One change of one account in Datadog. */
export interface Write {
  /** Unknown for an account that is to be created. */
  readonly accountId?: string;
  /** The same for the same change of the same person, whatever event asks for it. */
  readonly step: string;
  readonly action: string;
  readonly wanted: Wanted;
  /** The policy that wants it. */
  readonly policyHash?: string;
  /** What was read just before; absent for what no reading shows. */
  readonly found?: Reading;
  /** Whether it may be written, asked only where something will be: what it throws prevents the write. */
  readonly owed?: () => Promise<void>;
  /** The one request. Returns the account as the reply shows it; nothing where it has to be read back. */
  readonly send: () => Promise<Account | void>;
  /** Refusals after which it may be so all the same: somebody else was quicker, or the reading lagged. */
  readonly mayBeSo?: readonly [DatadogFailureType, ...DatadogFailureType[]];
  readonly readBack?: () => Promise<Reading>;
  /** What is thrown where it does not read back. */
  readonly notSo?: (refusal?: DatadogFailure) => DatadogFailure;
  /** `asked`: how often it was requested, as far as it is known. */
  readonly said: (ensured: {
    readonly before?: Account;
    readonly after?: Account;
    readonly asked: number;
  }) => Pick<EvidenceEntry, 'before' | 'after'>;
}

interface Ensured {
  /** Whether this call wrote. */
  readonly changed: boolean;
  /** As read before. */
  readonly before?: Account;
  readonly after?: Account;
}

/**
 * Every write to Datadog goes this way, and leaves one link of evidence, whatever is lost on it: read → is it owed? → note
 * → write → read back. A state that is reached already is success without a write.
 */
export async function ensure(inventory: Recorded, because: Because, write: Write): Promise<Ensured> {
  const { accountId, step, wanted, found } = write;
  const { personId, eventId } = because;
  const key = { personId, accountId, step };
  const why = await explain(inventory, because);
  const before = found?.account;
  let asked = 0;

  const linkOf = (states: Omit<Ensured, 'changed'>): EvidenceEntry => {
    const at = new Date().toISOString();
    const { action, policyHash } = write;
    return { personId, eventId, ...why, step, at, action, policyHash, ...write.said({ ...states, asked }) };
  };

  /** Once this has come back, the write may be requested; nothing is requested before. */
  async function note(): Promise<void> {
    await write.owed?.();
    const entry = linkOf({ before });
    asked = await inventory.beginWrite({ ...key, askedAt: entry.at, wanted, entry });
  }

  async function conclude(ensured: Ensured): Promise<Ensured> {
    const at = new Date().toISOString();
    if (wanted.kind === 'given') await inventory.openGrant(grantOf(key, wanted, at));
    if (wanted.kind === 'taken') await inventory.closeGrant(key.personId, wanted.entitlement, at);
    await inventory.endWrite(key, { isOurs: ensured.changed, entry: linkOf(ensured) });
    return ensured;
  }

  const isSo = (reading: Reading): boolean => hasHappened({ accountId, wanted }, reading) === 'yes';

  if (found !== undefined && isSo(found)) return conclude({ changed: false, before, after: before });
  await note();
  const sent = await request(write, () => inventory.refuseWrite(key));
  const changed = sent.refusal === undefined;
  if (sent.account !== undefined || write.readBack === undefined) {
    return conclude({ changed, before, after: sent.account ?? before });
  }
  const seen = await write.readBack();
  const failure = isSo(seen) ? undefined : write.notSo?.(sent.refusal);
  if (failure !== undefined) throw failure;
  return conclude({ changed, before, after: seen.account });
}

interface Sent {
  readonly account?: Account;
  readonly refusal?: DatadogFailure;
}

async function request({ send, mayBeSo }: Write, refused: () => Promise<void>): Promise<Sent> {
  try {
    return { account: (await send()) ?? undefined };
  } catch (error) {
    if (wasRefused(error)) await refused();
    if (mayBeSo !== undefined && isFailure(error, ...mayBeSo)) return { refusal: error };
    throw error;
  }
}

/** Anything else may have been carried out all the same. */
const wasRefused = (error: unknown): boolean =>
  isFailure(error, 'InvalidRequest', 'NotAuthorized', 'NotFound', 'Conflict', 'RateLimited') ||
  (error instanceof ApplicationFailure && error.type === observing);
