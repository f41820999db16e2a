import type { Because } from '../../domain/evidence.ts';
import type { Invitation } from '../../domain/model.ts';
import { withDatadog } from '../attempt.ts';
import type { Dependencies } from '../dependencies.ts';
import { pendingInvitation } from './correlation.ts';
import { minuteMs } from '../../domain/durations.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { PendingInvitation } from '../../inventory/port/people.ts';
import { ensure } from './ensure.ts';
import { tell } from './tell.ts';
import { attemptedAt } from './word.ts';

/** No reading shows an invitation: each request may have sent an e-mail, and the evidence says how many there were. */
export function createInvitationActivities({ datadog, notify, ...writing }: Dependencies) {
  const { inventory, policy } = writing;
  return {
    /** One that is out still is not sent again: a process that goes on in another run comes here once more, and so may anybody. */
    async sendInvitation(accountId: string, because: Because, round: number): Promise<Invitation> {
      const { personId } = because;
      return withDatadog(datadog, async (api) => {
        const before = await pendingInvitation(inventory, personId);
        const step = `sendInvitation:${round}`;
        const isOpen = (await inventory.listOpenWrites(personId)).some((open) => open.step === step);
        const isTheirs = !isOpen && before?.accountId === accountId;
        if (isTheirs && isOut(before, round === 1 ? minuteMs : policy().times.resendBeforeMs)) {
          if (round === 1 || !(await isChangedSince(inventory, before))) return asInvitation(before);
        }
        let sent: Invitation | undefined;
        await ensure(writing, because, {
          accountId,
          step,
          action: 'send invitation',
          wanted: { kind: 'invited' },
          async send() {
            sent = await api.sendInvitation(accountId);
            const { id: invitationId, expiresAt } = sent;
            const sentAt = new Date().toISOString();
            await inventory.recordInvitation({ personId, accountId, invitationId, sentAt, expiresAt });
          },
          said: ({ asked }) => ({ before, after: { accountId, ...sent, ...requests(asked) } }),
        });
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
  invitationId !== undefined && Date.parse(expiresAt) - Date.parse(attemptedAt()) > ms;

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
