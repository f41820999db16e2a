import type { HrEvent } from '../../domain/model.ts';
import type { PendingInvitation } from '../../inventory/port/people.ts';

/** How a sync reaches the people's processes. Made in `workers/` from a Temporal client. */
export interface PersonSignals {
  /** Tells the person's run; `false` where none is open. */
  activated(personId: string, accountId: string): Promise<boolean>;
  /** Has the person's run, or a new one, look at an event that is on record. */
  look(event: Pick<HrEvent, 'eventId' | 'personId' | 'kind'>): Promise<void>;
  /** Sends an event again where the person has no open run. */
  submit(event: HrEvent): Promise<void>;
  hasOpenRun(personId: string): Promise<boolean>;
}

/** Tells the process about an acceptance; where it has ended, a new one is requested. */
export const activationSignal =
  (signals: PersonSignals) =>
  async ({ personId, accountId, sentAt }: PendingInvitation): Promise<void> => {
    if (await signals.activated(personId, accountId)) return;
    const at = new Date().toISOString();
    await signals.submit({
      eventId: `activated:${accountId}:${sentAt ?? ''}`,
      kind: 'reconcile',
      personId,
      occurredAt: at,
      effectiveAt: at,
      source: 'sync',
      reason: 'the account became active after its onboarding had ended',
    });
  };
