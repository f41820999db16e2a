import type { Access, Account, ResolvedEntitlement } from '../../domain/model.ts';
import { fitName } from '../../domain/access/names.ts';
import { entitlementKey, heldEntitlements } from '../../domain/access/plan.ts';
import type { Ensured, WriteHooks } from '../../datadog/types.ts';
import { lagMs } from '../../inventory/queries/openWrites.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Because } from '../../domain/evidence.ts';
import { type OpenWrite, type Wanted } from '../../inventory/port/openWrites.ts';
import type { EvidenceEntry } from '../../inventory/port/rows.ts';
import { isSameText } from '../../domain/text.ts';

type Writes = Pick<
  Inventory,
  'beginWrite' | 'refuseWrite' | 'endWrite' | 'giveUpWrite' | 'listOpenWrites' | 'openGrant' | 'closeGrant'
>;

export interface Write {
  readonly accountId?: string;
  /** The same for the same change of the same person, whatever event asks for it. */
  readonly step: string;
  readonly action: string;
  readonly wanted: Wanted;
  /** `asked`: how often it was asked for, as far as it is known. */
  readonly said: (ensured: { readonly before?: Account; readonly after?: Account; readonly asked: number }) => Said;
}

type Said = Pick<EvidenceEntry, 'before' | 'after'>;

/** One write to Datadog and its one link of evidence, whatever is lost between them. */
export async function written<T extends Ensured<Account>>(
  inventory: Writes,
  because: Because,
  { accountId, step, action, wanted, said }: Write,
  write: (hooks: Required<WriteHooks>) => Promise<T>,
): Promise<T> {
  const { personId, eventId, reason, actor } = because;
  const key = { personId, ...(accountId === undefined ? {} : { accountId }), step };
  let asked = 0;
  const entryOf = (ensured: Ensured<Account> | { readonly before?: Account }): EvidenceEntry => {
    const at = new Date().toISOString();
    return { personId, eventId, reason, actor, step, at, action, ...said({ ...ensured, asked }) };
  };
  const ensured = await write({
    before: async (before) => {
      const entry = entryOf(before === undefined ? {} : { before });
      asked = await inventory.beginWrite({ ...key, askedAt: entry.at, wanted, entry });
    },
    refused: () => inventory.refuseWrite(key),
  });
  if (wanted.kind === 'given') await inventory.openGrant(grantOf(key, wanted, new Date().toISOString()));
  if (wanted.kind === 'taken') await inventory.closeGrant(personId, wanted.entitlement, new Date().toISOString());
  await inventory.endWrite(key, { isOurs: ensured.changed, entry: entryOf(ensured) });
  return ensured;
}

/**
 * What a process has left open that ended in the middle of a write: its link is appended once a reading shows that it has
 * happened. To be called while no write is under way for this person.
 */
export async function settleOpenWrites(
  inventory: Writes,
  personId: string,
  account: Account | undefined,
  access?: Access,
): Promise<void> {
  const now = Date.now();
  for (const open of await inventory.listOpenWrites(personId)) {
    const isSo = hasHappened(open, account, access);
    if (isSo === 'unreadable') await inventory.giveUpWrite(open, unanswered(open));
    else if (isSo === 'yes') await settle(inventory, open, account);
    else if (isSo === 'no' && now - Date.parse(open.askedAt) > lagMs) await inventory.giveUpWrite(open);
  }
}

/** Each request may have been carried out. */
const unanswered = ({ entry, asked }: OpenWrite): EvidenceEntry => ({
  ...entry,
  after: { ...(entry.after as object), ...(asked > 1 ? { requests: asked } : {}) },
});

async function settle(inventory: Writes, open: OpenWrite, account: Account | undefined): Promise<void> {
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
  account: Account | undefined,
  access?: Access,
): Happened {
  if (wanted.kind === 'created') return yesOrNo(account !== undefined);
  if (account === undefined || account.id !== accountId) return 'notRead';
  switch (wanted.kind) {
    case 'unreadable':
      return 'unreadable';
    case 'enabled':
      return yesOrNo(account.status !== 'disabled');
    case 'disabled':
      return yesOrNo(account.status === 'disabled');
    case 'attributes': {
      const { email, name, title } = wanted;
      return yesOrNo(
        (email === undefined || isSameText(email, account.email)) &&
          (fitName(name) === undefined || fitName(name) === account.name) &&
          (title === undefined || title === account.title),
      );
    }
    case 'given':
    case 'taken': {
      const { entitlement } = wanted;
      const isRead = entitlement.kind === 'role' || (access !== undefined && access.teamsNotVisible === undefined);
      if (!isRead) return 'notRead';
      return yesOrNo(isHeld(entitlement, account, access) === (wanted.kind === 'given'));
    }
  }
}

const isHeld = (entitlement: ResolvedEntitlement, account: Account, access: Access | undefined): boolean =>
  entitlement.kind === 'role'
    ? account.roleIds.includes(entitlement.id)
    : access !== undefined &&
      heldEntitlements(access).some((one) => entitlementKey(one) === entitlementKey(entitlement));

const grantOf = (
  { personId, accountId = '' }: Pick<OpenWrite, 'personId' | 'accountId'>,
  { entitlement, reason, because }: Extract<Wanted, { kind: 'given' }>,
  since: string,
) => ({
  personId,
  accountId,
  ...entitlement,
  since,
  reason,
  ...(because === undefined ? {} : { because }),
});

export const summarize = (account: Account | undefined) =>
  account && { id: account.id, status: account.status, roleIds: account.roleIds };
