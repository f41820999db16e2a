import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { activityInfo } from '@temporalio/activity';
import type { Admittance } from '../../domain/access/changeBudget.ts';
import { protectedAccount, waitingFailures } from '../../domain/failures.ts';
import type { Access, Account } from '../../domain/model.ts';
import { findAccessBefore } from './accessBefore.ts';
import { withDatadog } from '../attempt.ts';
import type { AccessBefore } from '../../inventory/port/leavers.ts';
import type { Datadog } from '../../datadog/types.ts';
import { isAdministrator, protectionOf } from './protection.ts';
import type { Dependencies } from '../dependencies.ts';

const administrators = 'administrators';
/** Longer than one attempt may take: whoever died with the lease lets it go by that. */
const leaseMs = 20_000;

/** What keeps too much, or the wrong account, from being disabled. */
export function createLeavingActivities({ datadog, inventory, policy }: Dependencies) {
  return {
    /** Counts a leaver against the change budget. */
    async admitDisable(personId: string, eventId: string): Promise<Admittance> {
      return inventory.admitDisable({ eventId, personId, at: now() }, policy().changeBudget);
    },

    /** Fails until a person has let the leaver go, or rejected it; is retried. */
    async awaitRelease(personId: string, eventId: string): Promise<Admittance> {
      const admittance = await inventory.admitDisable({ eventId, personId, at: now() }, policy().changeBudget);
      if (admittance.state !== 'held') return admittance;
      throw stillWaiting('nobody has released the leaver yet');
    },

    /** Fails until nothing protects the account any more; is retried. */
    async awaitUnprotected(accountId: string): Promise<void> {
      await withDatadog(datadog, async (api) => {
        const account = await api.getAccount(accountId);
        const protection = account && (await protectionOf(api, account, policy()));
        if (protection !== undefined) throw stillWaiting(`the account is protected: ${protection}`);
      });
    },

    /** `at` is the process's time, as that of a return is. */
    async recordAccessBefore(
      leave: Pick<AccessBefore, 'personId' | 'eventId' | 'at'>,
      { account, roles, teams }: Access,
    ): Promise<void> {
      await inventory.recordAccessBefore({ ...leave, accountId: account.id, access: { roles, teams } });
    },

    /** What `person restore` gives back, where Muster disabled the account. */
    async readAccessBefore(personId: string): Promise<{ readonly before?: AccessBefore }> {
      const before = await findAccessBefore(inventory, personId);
      return before === undefined ? {} : { before };
    },
  };
}

/**
 * Disables unless the account is protected: then throws `ProtectedAccount`. Administrators are looked at and disabled
 * under one lease, so that two who leave at once do not both find the other still there.
 */
export async function unlessProtected<T>(
  { inventory, policy }: Pick<Dependencies, 'inventory' | 'policy'>,
  { api, account }: { readonly api: Datadog; readonly account: Account },
  disable: () => Promise<T>,
): Promise<T> {
  const refuseProtected = async (): Promise<void> => {
    const protection = await protectionOf(api, account, policy());
    if (protection === undefined) return;
    throw ApplicationFailure.create({
      type: protectedAccount,
      message: `account ${account.id} is protected: ${protection}`,
      nonRetryable: true,
      details: [protection],
    });
  };
  if (!(await isAdministrator(api, account))) {
    await refuseProtected();
    return disable();
  }
  const { base64TaskToken } = activityInfo();
  const until = new Date(Date.now() + leaseMs).toISOString();
  if (!(await inventory.takeLease(administrators, base64TaskToken, now(), until))) {
    throw ApplicationFailure.create({
      type: waitingFailures.StillHeld,
      message: 'another administrator is being disabled',
      category: ApplicationFailureCategory.BENIGN,
      nextRetryDelay: '1 second',
    });
  }
  try {
    await refuseProtected();
    return await disable();
  } finally {
    await inventory.giveLeaseBack(administrators, base64TaskToken);
  }
}

const stillWaiting = (message: string): ApplicationFailure =>
  ApplicationFailure.create({
    type: waitingFailures.StillHeld,
    message,
    category: ApplicationFailureCategory.BENIGN,
  });

const now = (): string => new Date().toISOString();
