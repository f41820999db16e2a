import type { Because } from '../../domain/evidence.ts';
import type { Invitation } from '../../domain/model.ts';
import { invitationLifetimeMs } from '../../datadog/accounts.ts';
import { isFailure } from '../../datadog/failures.ts';
import type { Datadog } from '../../datadog/types.ts';
import { withDatadog } from '../attempt.ts';
import type { Dependencies } from '../dependencies.ts';
import { pendingInvitation } from './correlation.ts';
import { minuteMs } from '../../domain/durations.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { PendingInvitation } from '../../inventory/port/people.ts';
import type { OpenWrite } from '../../inventory/port/evidence.ts';
import { ensure, type Writing } from './ensure.ts';
import { isJustCreated, notShown } from './lag.ts';
import { giveUpUnanswered } from './openWrites.ts';
import { tell } from './tell.ts';
import { attemptedAt } from './word.ts';

/** An invitation that is out, or none any more since the person has accepted. */
interface Invited extends Invitation {
  readonly isAccepted?: true;
}

/** One round of inviting one account, because of one event. */
interface Inviting {
  readonly api: Datadog;
  readonly writing: Writing;
  readonly accountId: string;
  readonly because: Because;
  readonly round: number;
}

/**
 * No reading shows an invitation, so one whose reply was lost counts as sent: the next one goes out when it would have had to be
 * sent again. Each request may have sent an e-mail, and the evidence says how many there were.
 */
export function createInvitationActivities({ datadog, notify, ...writing }: Dependencies) {
  const { inventory, policy } = writing;
  return {
    /** One that is out still is not sent again: a process that goes on in another run comes here once more, and so may anybody. */
    async sendInvitation(accountId: string, because: Because, round: number): Promise<Invited> {
      const { personId } = because;
      const { isNew = false, ...invitation } = await withDatadog(datadog, (api) =>
        invite({ api, writing, accountId, because, round }),
      );
      const details = { round, until: invitation.expiresAt };
      if (isNew && round > 1)
        await tell({ inventory, policy, notify }, { kind: 'invitationResent', personId, details });
      return invitation;
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

async function invite(inviting: Inviting): Promise<Invited & { readonly isNew?: boolean }> {
  const { api, writing, accountId, because, round } = inviting;
  const { inventory, policy } = writing;
  const { personId } = because;
  const { resendBeforeMs } = policy().times;
  const open = await findOpen(inviting);
  if (open !== undefined && isOutUntil(endOf(open.askedAt), resendBeforeMs)) {
    return takeAsSent(inventory, open, open.askedAt);
  }
  const before = await pendingInvitation(inventory, personId);
  const isTheirs = before?.accountId === accountId;
  if (isTheirs && isOut(before, round === 1 ? minuteMs : resendBeforeMs)) {
    if (round === 1 || !(await isChangedSince(inventory, before))) return asInvitation(before);
  }
  if (isTheirs && round > 1 && (await api.getAccount(accountId, { withoutRoles: true }))?.status === 'active') {
    return { ...asInvitation(before), isAccepted: true };
  }
  try {
    return { ...(await send(inviting, before)), isNew: true };
  } catch (error) {
    const lost = isFailure(error, 'DatadogUnavailable') ? await findOpen(inviting) : undefined;
    if (lost !== undefined) return takeAsSent(inventory, lost, attemptedAt());
    const isGone = isFailure(error, 'NotFound');
    throw isGone && (await isJustCreated(inventory, { personId, accountId })) ? notShown(accountId) : error;
  }
}

async function send(
  { api, writing, accountId, because, round }: Inviting,
  before: PendingInvitation | null,
): Promise<Invitation> {
  let sent: Invitation | undefined;
  await ensure(writing, because, {
    accountId,
    step: stepOf(round),
    action: 'send invitation',
    wanted: { kind: 'invited' },
    async send() {
      sent = await api.sendInvitation(accountId);
      const { id: invitationId, expiresAt } = sent;
      const { personId } = because;
      await writing.inventory.recordInvitation({ personId, accountId, invitationId, sentAt: attemptedAt(), expiresAt });
    },
    said: ({ asked }) => ({ before, after: { accountId, ...sent, ...requests(asked) } }),
  });
  return sent as unknown as Invitation;
}

const stepOf = (round: number): string => `sendInvitation:${round}`;

const findOpen = async ({ writing, accountId, because, round }: Inviting): Promise<OpenWrite | undefined> =>
  (await writing.inventory.listOpenWrites(because.personId)).find(
    (open) => open.step === stepOf(round) && open.accountId === accountId,
  );

/** The link of the open write says that nobody knows. */
async function takeAsSent(inventory: Inventory, open: OpenWrite, sentAt: string): Promise<Invitation> {
  const { personId, accountId = '' } = open;
  const expiresAt = endOf(sentAt);
  await inventory.recordInvitation({ personId, accountId, invitationId: 'unknown', sentAt, expiresAt });
  await giveUpUnanswered(inventory, open);
  return { id: 'unknown', expiresAt };
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
