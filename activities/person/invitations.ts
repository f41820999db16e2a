import type { Because } from '../../domain/evidence.ts';
import type { Invitation } from '../../domain/model.ts';
import { withDatadog } from '../attempt.ts';
import type { Dependencies } from '../dependencies.ts';
import { pendingInvitation } from './correlation.ts';
import { ensure } from './ensure.ts';

/** No reading shows an invitation: each request may have sent an e-mail, and the evidence says how many there were. */
export function createInvitationActivities({ datadog, inventory }: Dependencies) {
  return {
    async sendInvitation(accountId: string, because: Because, round: number): Promise<Invitation> {
      const { personId } = because;
      return withDatadog(datadog, async (api) => {
        const before = await pendingInvitation(inventory, personId);
        let sent: Invitation | undefined;
        await ensure(inventory, because, {
          accountId,
          step: `sendInvitation:${round}`,
          action: 'send invitation',
          wanted: { kind: 'unreadable' },
          async send() {
            sent = await api.sendInvitation(accountId);
            const { id: invitationId, expiresAt } = sent;
            const sentAt = new Date().toISOString();
            await inventory.recordInvitation({ personId, accountId, invitationId, sentAt, expiresAt });
          },
          said: ({ asked }) => ({ before, after: { accountId, ...sent, ...requests(asked) } }),
        });
        return sent as Invitation;
      });
    },

    /** Nothing to cancel is success. */
    async cancelInvitations(accountId: string, because: Because): Promise<void> {
      await withDatadog(datadog, async (api) => {
        const before = await pendingInvitation(inventory, because.personId);
        await ensure(inventory, because, {
          accountId,
          step: 'cancelInvitations',
          action: 'cancel invitations',
          wanted: { kind: 'unreadable' },
          send: () => api.cancelInvitations(accountId),
          mayBeSo: ['NotFound'],
          said: ({ asked }) => ({ before, after: { accountId, invitations: [], ...requests(asked) } }),
        });
      });
    },
  };
}

const requests = (asked: number): { readonly requests?: number } => (asked > 1 ? { requests: asked } : {});
