import { askForRecord, FetchRefused } from '../../activities/fetchBack/ask.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { isHire } from '../../domain/mailbox.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { completeEvent, type EventDraft } from '../drafts.ts';
import { checkedEvent } from '../muster.ts';
import { draftsOf } from './facts.ts';
import { updatedOf } from './mapping.ts';
import type { SourceSecrets } from './secrets.ts';
import { UsageError } from '../../domain/errors.ts';
import type { FetchRecord } from '../../activities/dependencies.ts';

export interface FetchBackOptions {
  readonly inventory: Inventory;
  readonly policy: Pick<Policy, 'sources' | 'defaultTimeZone' | 'identity'>;
  readonly secrets: SourceSecrets;
}

/** The secret for HR's API stands beside the source's signing secrets. */
export const fetchSecretOf = (source: string): string => `${source}.fetch`;

/** An event that says an id only, as the events that HR's record amounts to: `HrEvent`s as the gateway makes them. */
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
      const drafts = draftsOf(message, { eventId, source, at: new Date(occurredAt), defaultTimeZone }).map((draft) =>
        asSaidBy({ ...draft, personId }, { source, isAuthoritative: alias.isAuthoritative, policy }),
      );
      return await Promise.all(drafts.map(async (draft) => checkedEvent(await completeEvent(inventory, draft))));
    } catch (error) {
      throw error instanceof UsageError ? new FetchRefused(`HR's record cannot be taken: ${error.message}`) : error;
    }
  };
}

interface Speaker {
  readonly source: string;
  readonly isAuthoritative: boolean;
  readonly policy: Pick<Policy, 'identity'>;
}

/**
 * The source that named a person first speaks for them; another adds attributes, and ends employment where the policy says
 * so. Throws a `UsageError` where it may not.
 */
export function asSaidBy(draft: EventDraft, { source, isAuthoritative, policy }: Speaker): EventDraft {
  if (isAuthoritative || draft.fetchId !== undefined) return draft;
  if (draft.kind === 'leaver' && !policy.identity.mayEndEmployment.includes(source)) {
    throw new UsageError(
      `another source speaks for this person: ${source} may end their employment once identity.mayEndEmployment names it`,
    );
  }
  return isHire(draft) ? { ...draft, kind: 'mover' } : draft;
}
