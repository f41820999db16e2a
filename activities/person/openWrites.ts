import type { Access, Account } from '../../domain/model.ts';
import type { ReadAccount } from '../../datadog/types.ts';
import { differingAttributes } from '../../domain/access/attributes.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { lagMs, type OpenWrite, type Wanted, type EvidenceEntry } from '../../inventory/port/evidence.ts';

export type OpenWrites = Pick<
  Inventory,
  'beginWrite' | 'refuseWrite' | 'endWrite' | 'giveUpWrite' | 'listOpenWrites' | 'openGrant' | 'closeGrant'
>;

/** A reading of an account, with teams where they were requested. */
export interface Reading {
  readonly account?: ReadAccount;
  readonly access?: Pick<Access, 'teams' | 'teamsNotVisible'>;
}

/**
 * What a process has left open that ended in the middle of a write: its link is appended once a reading shows that it has
 * happened. To be called while no write is under way for this person.
 */
export async function settleOpenWrites(inventory: OpenWrites, personId: string, reading: Reading): Promise<void> {
  const now = Date.now();
  for (const open of await inventory.listOpenWrites(personId)) {
    const isSo = hasHappened(open, reading);
    if (isSo === 'unreadable') await giveUpUnanswered(inventory, open);
    else if (isSo === 'yes') await settle(inventory, open, reading.account);
    else if (isSo === 'no' && now - Date.parse(open.askedAt) > lagMs) await inventory.giveUpWrite(open);
  }
}

/** Whether it has happened nobody will know: its link says so. */
export const giveUpUnanswered = (inventory: Pick<OpenWrites, 'giveUpWrite'>, open: OpenWrite): Promise<void> =>
  inventory.giveUpWrite(open, unanswered(open));

/** Each request may have been carried out. */
const unanswered = ({ entry, asked }: OpenWrite): EvidenceEntry => ({
  ...entry,
  after: { ...(entry.after as object), ...(asked > 1 ? { requests: asked } : {}) },
});

async function settle(inventory: OpenWrites, open: OpenWrite, account: Account | undefined): Promise<void> {
  const { wanted, entry } = open;
  if (wanted.kind === 'given') await inventory.openGrant(grantOf(open, wanted, open.askedAt));
  if (wanted.kind === 'taken') await inventory.closeGrant(open.personId, wanted.entitlement, open.askedAt);
  const after = wanted.kind === 'given' || wanted.kind === 'taken' ? entry.after : summarize(account);
  await inventory.endWrite(open, { isOurs: false, entry: { ...entry, after } });
}

export type Happened = 'yes' | 'no' | 'unreadable' | 'notRead';

const yesOrNo = (isSo: boolean): Happened => (isSo ? 'yes' : 'no');

/** Whether the reading shows what was wanted. */
export function hasHappened(
  { accountId, wanted }: Pick<OpenWrite, 'accountId' | 'wanted'>,
  { account, access }: Reading,
): Happened {
  if (wanted.kind === 'created') return yesOrNo(account !== undefined);
  if (account === undefined || account.id !== accountId) return 'notRead';
  switch (wanted.kind) {
    case 'invited':
    case 'uninvited':
      return 'unreadable';
    case 'enabled':
      return yesOrNo(account.status !== 'disabled');
    case 'disabled':
      return yesOrNo(account.status === 'disabled');
    case 'attributes':
      return yesOrNo(Object.keys(differingAttributes(account, wanted)).length === 0);
    case 'given':
    case 'taken': {
      const { entitlement } = wanted;
      const isRole = entitlement.kind === 'role';
      const isRead = isRole
        ? account.areRolesUnread !== true
        : access !== undefined && access.teamsNotVisible === undefined;
      if (!isRead) return 'notRead';
      const held = entitlement.kind === 'role' ? account.roleIds : access?.teams.map(({ id }) => id);
      return yesOrNo(held?.includes(entitlement.id) === (wanted.kind === 'given'));
    }
  }
}

export const grantOf = (
  { personId, accountId = '' }: Pick<OpenWrite, 'personId' | 'accountId'>,
  { entitlement, reason, because }: Extract<Wanted, { kind: 'given' }>,
  since: string,
) => ({
  personId,
  accountId,
  ...entitlement,
  since,
  reason,
  because,
});

export const summarize = (account: Account | undefined) =>
  account && { id: account.id, status: account.status, roleIds: account.roleIds };
