import { askForRecord, FetchRefused, HrUnavailable } from '../../../activities/intake/ask.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import type { FetchBack } from '../../../domain/policy/sources.ts';
import { judgeMessage } from '../judge.ts';
import { readRecord } from '../webhooks/mapping.ts';
import { kindOf } from '../webhooks/reading.ts';
import type { SourceSecrets } from '../webhooks/secrets.ts';
import { RefusedError, UsageError } from '../../../domain/errors.ts';
import type { FetchRecord } from '../../../activities/dependencies.ts';
import { styleOf } from '../dates.ts';
import { refuseUnranked } from '../identity.ts';

interface FetchBackOptions {
  readonly inventory: Inventory;
  readonly policy: () => Pick<Policy, 'sources' | 'defaultTimeZone' | 'identity'>;
  readonly secrets: SourceSecrets;
}

/** The secret for HR's API is beside the source's signing secrets. */
const fetchSecretOf = (source: string): string => `${source}.fetch`;

/** The events that follow from HR's record, for an event that says only an id: as the gateway makes them. */
export function createFetchRecord({ inventory, policy: inForce, secrets }: FetchBackOptions): FetchRecord {
  return async ({ event, receivedAt }, signal) => {
    const { fetchId: id, source, eventId, occurredAt, personId } = event;
    const policy = inForce();
    const from = policy.sources.find(({ name }) => name === source);
    const fetchBack = from?.fetchBack;
    if (id === undefined || from === undefined || fetchBack === undefined) {
      throw new FetchRefused(`the policy names no fetchBack for the source ${source}`);
    }
    awaitSettled(fetchBack, receivedAt);
    const [secret] = await secrets.of(fetchSecretOf(source));
    const record = await askForRecord(fetchBack, { id, secret, signal });
    const alias = await inventory.findAlias({ source, externalId: id });
    if (alias?.personId !== personId) throw new FetchRefused('the id is not that of this person');
    const style = styleOf(from, policy);
    const read = readRecord(fetchBack, { id, occurredAt, record }, style);
    if ('refused' in read) throw refusal(read.refused, { kind: read.kind, record });
    const { message, leftOut } = read;
    try {
      refuseUnranked(policy, source);
      const arrival = { eventId, source, at: new Date(occurredAt), defaultTimeZone: style.timeZone };
      const about = { ...arrival, leftOut, personId, isFetched: true };
      return await judgeMessage({ inventory, policy, now: () => new Date() }, message, about);
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof RefusedError)) throw error;
      throw refusal(error.message, { kind: kindOf(message), record });
    }
  };
}

/** Throws an `HrUnavailable` while HR may still show the record from before the event. */
function awaitSettled({ settleMs = 0 }: FetchBack, receivedAt: string): void {
  const againInMs = Math.min(settleMs, Date.parse(receivedAt) + settleMs - Date.now());
  if (againInMs > 0)
    throw new HrUnavailable('HR may still show the old record: it is fetched a little later', againInMs);
}

const refusal = (why: string, about: FetchRefused['about']): FetchRefused =>
  new FetchRefused(`HR's record cannot be taken: ${why}`, about);
