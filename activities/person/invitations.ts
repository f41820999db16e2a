import type { Because } from '../../domain/evidence.ts';
import type { Invitation } from '../../domain/model.ts';
import { invitationLifetimeMs } from '../../datadog/accounts.ts';
import { isFailure } from '../../datadog/failures.ts';
import { withDatadog } from '../attempt.ts';
import type { Dependencies } from '../dependencies.ts';
import { pendingInvitation } from './correlation.ts';
import { minuteMs } from '../../domain/durations.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { PendingInvitation } from '../../inventory/port/people.ts';
import type { OpenWrite } from '../../inventory/port/evidence.ts';
import { ensure } from './ensure.ts';
import { isJustCreated, notShown } from './lag.ts';
import { giveUpUnanswered } from './openWrites.ts';
import { tell } from './tell.ts';
import { attemptedAt } from './word.ts';

/** An invitation that is out, or none any more since the person has accepted. */
interface Invited extends Invitation {
  readonly isAccepted?: true;
}

/**
 * No reading shows an invitation, so one whose reply was lost counts as sent: the next one goes out when it would have had to be
 * sent again. Each request may have sent an e-mail, and the evidence says how many there were.
 */
export function createInvitationActivities({ datadog, notify, ...writing }: Dependencies) {
  const { inventory, policy } = writing;

  /** The link of the open write says that nobody knows. */
  async function takeAsSent(open: OpenWrite, sentAt: string): Promise<Invitation> {
    const { personId, accountId = '' } = open;
    const expiresAt = endOf(sentAt);
    await inventory.recordInvitation({ personId, accountId, invitationId: 'unknown', sentAt, expiresAt });
    await giveUpUnanswered(inventory, open);
    return { id: 'unknown', expiresAt };
  }

  const findOpen = async (personId: string, step: string): Promise<OpenWrite | undefined> =>
    (await inventory.listOpenWrites(personId)).find((open) => open.step === step);

  return {
    /** One that is out still is not sent again: a process that goes on in another run comes here once more, and so may anybody. */
    async sendInvitation(accountId: string, because: Because, round: number): Promise<Invited> {
      const { personId } = because;
      return withDatadog(datadog, async (api) => {
        const step = `sendInvitation:${round}`;
        const open = await findOpen(personId, step);
        const { resendBeforeMs } = policy().times;
        if (open !== undefined && isOutUntil(endOf(open.askedAt), resendBeforeMs))
          return takeAsSent(open, open.askedAt);
        const before = await pendingInvitation(inventory, personId);
        const isTheirs = before?.accountId === accountId;
        if (isTheirs && isOut(before, round === 1 ? minuteMs : resendBeforeMs)) {
          if (round === 1 || !(await isChangedSince(inventory, before))) return asInvitation(before);
        }
        if (isTheirs && round > 1 && (await api.getAccount(accountId))?.status === 'active') {
          return { ...asInvitation(before), isAccepted: true };
        }
        let sent: Invitation | undefined;
        try {
          await ensure(writing, because, {
            accountId,
            step,
            action: 'send invitation',
            wanted: { kind: 'invited' },
            async send() {
              sent = await api.sendInvitation(accountId);
              const { id: invitationId, expiresAt } = sent;
              await inventory.recordInvitation({ personId, accountId, invitationId, sentAt: attemptedAt(), expiresAt });
            },
            said: ({ asked }) => ({ before, after: { accountId, ...sent, ...requests(asked) } }),
          });
        } catch (error) {
          const lost = isFailure(error, 'DatadogUnavailable') ? await findOpen(personId, step) : undefined;
          if (lost !== undefined) return takeAsSent(lost, attemptedAt());
          const isGone = isFailure(error, 'NotFound');
          throw isGone && (await isJustCreated(inventory, { personId, accountId })) ? notShown(accountId) : error;
        }
        const invitation = sent as unknown as Invitation;
        const details = { round, until: invitation.expiresAt };
        if (round > 1) await tell({ inventory, policy, notify }, { kind: 'invitationResent', personId, details });
        return invitation;
      });
    },

    /** Nothing to cancel is success. */
    async cancelInvitations(accountId: string, because: Because): Promise<void> {
      await withDatadog(datadog, async (api) => {
        const before = await pendingInvitation(inventory, because.personId);
        await ensure(writing, because, {
          accountId,
          step: 'cancelInvitations',
          action: 'cancel invitations',
          wanted: { kind: 'uninvited' },
          send: () => api.cancelInvitations(accountId),
          mayBeSo: ['NotFound'],
          said: ({ asked }) => ({ before, after: { accountId, invitations: [], ...requests(asked) } }),
        });
        // The account is watched all the same.
        if (before !== null) await inventory.recordInvitation({ personId: because.personId, accountId });
      });
    },
  };
}

/** The link lives for longer than this still. */
const isOut = ({ invitationId, expiresAt = '' }: PendingInvitation, ms: number): boolean =>
  invitationId !== undefined && isOutUntil(expiresAt, ms);

const isOutUntil = (expiresAt: string, ms: number): boolean => Date.parse(expiresAt) - Date.parse(attemptedAt()) > ms;

/** When a link ends of which Datadog has not said it. */
const endOf = (sentAt: string): string => new Date(Date.parse(sentAt) + invitationLifetimeMs).toISOString();

/** A new e-mail takes a new invitation. */
const isChangedSince = async (
  inventory: Pick<Inventory, 'countEvidence'>,
  { personId, sentAt = '' }: PendingInvitation,
): Promise<boolean> => (await inventory.countEvidence({ personId, stepPrefix: 'updateAccount', since: sentAt })) > 0;

const asInvitation = ({ invitationId = '', expiresAt = '' }: PendingInvitation): Invitation => ({
  id: invitationId,
  expiresAt,
});

const requests = (asked: number): { readonly requests?: number } => (asked > 1 ? { requests: asked } : {});
