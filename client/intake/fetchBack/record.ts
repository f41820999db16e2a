import { askForRecord, FetchRefused } from '../../../activities/intake/ask.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { checkedEvent, refuseFuture } from '../../operations/drafts.ts';
import { draftsOf } from '../webhooks/drafts.ts';
import { updatedOf } from '../webhooks/mapping.ts';
import type { SourceSecrets } from '../webhooks/secrets.ts';
import { RefusedError, TooMuchError, UsageError } from '../../../domain/errors.ts';
import { requireSmall } from '../../../domain/intakeBounds.ts';
import { canonicalJson } from '../../../inventory/port/json.ts';
import type { FetchRecord } from '../../../activities/dependencies.ts';
import { refuseUnranked } from '../identity.ts';

interface FetchBackOptions {
  readonly inventory: Inventory;
  readonly policy: Pick<Policy, 'sources' | 'defaultTimeZone' | 'identity'>;
  readonly secrets: SourceSecrets;
}

/** The secret for HR's API is beside the source's signing secrets. */
const fetchSecretOf = (source: string): string => `${source}.fetch`;

/** The events that follow from HR's record, for an event that says only an id: as the gateway makes them. */
export function createFetchRecord({ inventory, policy, secrets }: FetchBackOptions): FetchRecord {
  return async (event, signal) => {
    const { fetchId: id, source, eventId, occurredAt, personId } = event;
    const fetchBack = policy.sources.find(({ name }) => name === source)?.fetchBack;
    if (id === undefined || fetchBack === undefined) {
      throw new FetchRefused(`the policy names no fetchBack for the source ${source}`);
    }
    const [secret] = await secrets.of(fetchSecretOf(source));
    const record = await askForRecord(fetchBack, { id, secret, signal });
    const alias = await inventory.findAlias({ source, externalId: id });
    if (alias?.personId !== personId) throw new FetchRefused('the id is not that of this person');
    try {
      const message = updatedOf(fetchBack, { id, occurredAt, record });
      const { defaultTimeZone } = policy;
      refuseUnranked(policy, source);
      const drafts = draftsOf(message, { eventId, source, at: new Date(occurredAt), defaultTimeZone });
      const events = drafts.map((draft) => checkedEvent({ ...draft, personId }));
      for (const one of events) {
        refuseFuture(one, new Date());
        requireSmall(one, canonicalJson(one));
      }
      return events;
    } catch (error) {
      const isJudged = [UsageError, RefusedError, TooMuchError].some((kind) => error instanceof kind);
      if (!isJudged || !(error instanceof Error)) throw error;
      throw new FetchRefused(`HR's record cannot be taken: ${error.message}`);
    }
  };
}
