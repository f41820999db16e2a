import { ApplicationFailure } from '@temporalio/common';
import type { Account } from '../../domain/model.ts';
import type { Because } from '../../domain/evidence.ts';
import { isFailure, type DatadogFailure, type DatadogFailureType } from '../../datadog/failures.ts';
import { observing } from '../../datadog/wrappers/readOnly.ts';
import type { Wanted, EvidenceEntry } from '../../inventory/port/evidence.ts';
import type { RecordTransaction } from '../../inventory/port/inventory.ts';
import { differingAttributes } from '../../domain/access/attributes.ts';
import type { AskedWrite } from '../../domain/access/owed.ts';
import type { Dependencies } from '../dependencies.ts';
import { explain } from './because.ts';
import { judgeOwed, type OwedMeans } from './owed.ts';
import { failAsNotOwed, recordRefused } from './refusals.ts';
import { attemptedAt } from './word.ts';
import { grantOf, hasHappened, type Reading } from './openWrites.ts';

/** What every write stands on. */
export type Writing = OwedMeans & Pick<Dependencies, 'inventory'>;

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
  /** What Datadog says against it, asked only where something will be written: what it throws prevents the write. */
  readonly allowed?: () => Promise<Pick<AskedWrite, 'isPrivileged'> | void>;
  /** The one request. Returns the account as the reply shows it; nothing where it has to be read back. */
  readonly send: () => Promise<Account | void>;
  /** Refusals after which it may be so all the same: somebody else was quicker, or the reading lagged. */
  readonly mayBeSo?: readonly [DatadogFailureType, ...DatadogFailureType[]];
  readonly readBack?: () => Promise<Reading>;
  /** What is thrown where it does not read back. */
  readonly notSo?: (refusal?: DatadogFailure) => DatadogFailure | Promise<DatadogFailure>;
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
export async function ensure(writing: Writing, because: Because, write: Write): Promise<Ensured> {
  const { inventory } = writing;
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
    const seen = (await write.allowed?.()) ?? {};
    const entry = linkOf({ before });
    await ifOwed(writing, because, { ...write, ...seen }, async (trx) => {
      asked = await trx.beginWrite({ ...key, askedAt: entry.at, wanted, entry });
    });
  }

  /** What is there already becomes Muster's by being granted: that takes a reason too. */
  async function adopt(): Promise<void> {
    const opened = await inventory.listOpenWrites(personId);
    const isNoted = opened.some((open) => open.step === step && open.accountId === accountId);
    if (wanted.kind === 'given' && !isNoted) await refuseUnowed(writing, because, write);
  }

  async function conclude(ensured: Ensured): Promise<Ensured> {
    const at = new Date().toISOString();
    if (wanted.kind === 'given') await inventory.openGrant(grantOf(key, wanted, at));
    if (wanted.kind === 'taken') await inventory.closeGrant(key.personId, wanted.entitlement, at);
    await inventory.endWrite(key, { isOurs: ensured.changed, entry: linkOf(ensured) });
    return ensured;
  }

  const isSo = (reading: Reading): boolean => hasHappened({ accountId, wanted }, reading) === 'yes';

  if (found !== undefined && isSo(found)) {
    await adopt();
    return conclude({ changed: false, before, after: before });
  }
  await note();
  const sent = await request(write, () => inventory.refuseWrite(key));
  const changed = sent.refusal === undefined;
  if (sent.account !== undefined || write.readBack === undefined) {
    return conclude({ changed, before, after: sent.account ?? before });
  }
  const seen = await write.readBack();
  const failure = isSo(seen) ? undefined : await write.notSo?.(sent.refusal);
  if (failure !== undefined) throw failure;
  return conclude({ changed, before, after: seen.account });
}

/** Where the record does not owe it, that is evident, and throws. */
export const refuseUnowed = (writing: Writing, because: Because, write: Write): Promise<void> =>
  ifOwed(writing, because, write, async () => undefined);

/** Does it in the transaction in which the record says that the write is owed; else nothing is written, and that is evident. */
async function ifOwed(
  writing: Writing,
  because: Because,
  write: Write & Pick<AskedWrite, 'isPrivileged'>,
  begin: (trx: RecordTransaction) => Promise<void>,
): Promise<void> {
  const { action, step } = write;
  const at = attemptedAt();
  const refused = await writing.inventory.inTransaction(async (trx) => {
    const refusal = await judgeOwed(trx, writing, because, { ...askedBy(write), step });
    if (refusal === undefined) await begin(trx);
    else await recordRefused(trx, { because, step, action, at, ...refusal });
    return refusal && { because, step, action, at, ...refusal };
  });
  if (refused !== undefined) await failAsNotOwed(writing.inventory, refused);
}

const askedKinds = {
  created: 'create',
  invited: 'invite',
  uninvited: 'uninvite',
  enabled: 'enable',
  disabled: 'disable',
  attributes: 'update',
  given: 'grant',
  taken: 'revoke',
} as const satisfies Record<Wanted['kind'], AskedWrite['kind']>;

function askedBy({ accountId, wanted, found, isPrivileged }: Write & Pick<AskedWrite, 'isPrivileged'>): AskedWrite {
  const account = found?.account;
  const isRenamed = wanted.kind === 'attributes' && account !== undefined;
  return {
    kind: askedKinds[wanted.kind],
    accountId,
    isDisabled: account?.status === 'disabled',
    isPrivileged,
    entitlement: 'entitlement' in wanted ? wanted.entitlement : undefined,
    email: isRenamed ? differingAttributes(account, wanted).email : undefined,
  };
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
  isFailure(error, 'InvalidRequest', 'NotAuthorized', 'ObjectRefused', 'NotFound', 'Conflict', 'RateLimited') ||
  (isFailure(error) && error.isUnsent === true) ||
  (error instanceof ApplicationFailure && error.type === observing);
