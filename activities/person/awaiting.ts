import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { correlationConflict, waitingFailures } from '../../domain/failures.ts';
import { withDatadog } from '../attempt.ts';
import type { Datadog } from '../../datadog/types.ts';
import { askedAgain, correlate, pendingInvitation, type AskedAccount } from './correlation.ts';
import { refuseServiceAccount, refuseStranger } from './ownership.ts';
import type { Dependencies } from '../dependencies.ts';
import { attemptedAt, requiredWord, wordFor } from './word.ts';

const asSync = { priority: 'sync' } as const;

/** Activities that wait by failing: each attempt looks once. What Datadog refuses to show is looked at again, too. */
export function createAwaitingActivities({ datadog, inventory, policy }: Dependencies) {
  const look = <T>(use: (api: Datadog) => Promise<T>, options: Parameters<typeof withDatadog>[2] = {}): Promise<T> =>
    withDatadog(
      datadog,
      (api) =>
        use(api).catch((error: unknown) => {
          throw askedAgain(error);
        }),
      options,
    );

  return {
    /** Fails until it is clear whose account it is (and, where one is needed, until there is one); is retried. */
    async awaitCorrelation({
      personId,
      eventId,
      isLeaving = false,
      isAccountNeeded = false,
    }: AskedAccount & { readonly isAccountNeeded?: boolean }): Promise<void> {
      const email = (await wordFor({ inventory, policy }, { personId, eventId }, attemptedAt()))?.email;
      try {
        await look(async (api) => {
          const { account } = await correlate({ api, inventory, policy }, { personId, email, isLeaving });
          if (account !== undefined && isLeaving) refuseServiceAccount(account);
          else if (account !== undefined) await refuseStranger(inventory, personId, account);
          else if (isAccountNeeded) throw ApplicationFailure.nonRetryable('no account is theirs', correlationConflict);
        });
      } catch (error) {
        if (!(error instanceof ApplicationFailure) || error.type !== correlationConflict) throw error;
        throw stillHeld(error.message);
      }
    },

    /**
     * Has the sync look out for the account that SSO makes at the person's first login (or for the end of a person's
     * invitation, which would block that), and is its fallback: fails until there is something to look at, an account or a
     * conflict, and is retried. The first attempt asks nothing, since it was looked up a moment ago.
     */
    async awaitFirstLogin(personId: string, eventId: string, pendingId?: string): Promise<void> {
      const { email } = await requiredWord({ inventory, policy }, { personId, eventId });
      await inventory.awaitLogin(personId, email, new Date().toISOString());
      const isTheirs = pendingId !== undefined && (await inventory.findPerson(personId))?.accountId === pendingId;
      if (isTheirs && (await pendingInvitation(inventory, personId))?.accountId !== pendingId) {
        await inventory.recordInvitation({ personId, accountId: pendingId });
      }
      if (activityInfo().attempt === 1) throw stillPending('nobody has logged in yet');
      try {
        const { account } = await look((api) => correlate({ api, inventory, policy }, { personId, email }), asSync);
        if (account === undefined || account.status === 'pending') throw stillPending('nobody has logged in yet');
      } catch (error) {
        // The process looks itself, and shows it.
        if (!(error instanceof ApplicationFailure) || error.type !== correlationConflict) throw error;
      }
    },

    /**
     * The fallback for a person whose acceptance no sync reports: fails until the account is Active, and is retried.
     * The first attempt asks nothing, since the account was Pending a moment ago.
     */
    async awaitAcceptance(accountId: string): Promise<void> {
      const account =
        activityInfo().attempt === 1
          ? undefined
          : await look((api) => api.getAccount(accountId, { withoutRoles: true }), asSync);
      if (account?.status !== 'active') {
        throw stillPending('the invitation has not been accepted yet');
      }
    },
  };
}

const waiting = (type: keyof typeof waitingFailures, message: string): ApplicationFailure =>
  ApplicationFailure.create({
    type: waitingFailures[type],
    message,
    category: ApplicationFailureCategory.BENIGN,
  });

const stillPending = (message: string): ApplicationFailure => waiting('StillPending', message);

/** Somebody has to put something right first. */
export const stillHeld = (message: string): ApplicationFailure => waiting('StillHeld', message);
