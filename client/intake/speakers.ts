import { isHire } from '../../domain/mailbox.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { EventDraft } from '../operations/drafts.ts';
import { UsageError } from '../../domain/errors.ts';

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

export interface Speaker {
  readonly source: string;
  readonly isAuthoritative: boolean;
  readonly policy: Pick<Policy, 'identity'>;
}
