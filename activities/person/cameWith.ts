import { cameWithAccount } from '../../domain/access/warnings.ts';
import type { Datadog } from '../../datadog/types.ts';
import type { Because } from '../../domain/evidence.ts';
import type { Account } from '../../domain/model.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { isJustCreated } from './lag.ts';
import { attemptedAt } from './word.ts';

/** Nothing was there before an account that Muster created a moment ago: its roles are for the policy to keep or to remove. */
export async function takeWhatCame(
  { api, inventory, personId }: { readonly api: Datadog; readonly inventory: Inventory; readonly personId: string },
  account: Account,
): Promise<void> {
  const accountId = account.id;
  if (account.roleIds.length === 0 || !(await isJustCreated(inventory, { personId, accountId }))) return;
  const access = await api.getAccess(accountId, { withoutTeams: true });
  for (const { kind, id, name } of access?.roles ?? []) {
    if (!account.roleIds.includes(id)) continue;
    const grant = { personId, accountId, kind, id, name, reason: 'adopted', because: cameWithAccount } as const;
    await inventory.openGrant({ ...grant, since: attemptedAt() });
  }
}

/**
 * Whether the account was created because of this event. What came with it is lost by nobody until its process ends; after that it is
 * access like any other, and taken within the change budget.
 */
export const hasCreatedAccount = (
  inventory: Pick<Inventory, 'hasEvidence'>,
  { personId, eventId }: Pick<Because, 'personId' | 'eventId'>,
): Promise<boolean> => inventory.hasEvidence({ personId, eventId, step: 'createAccount' });
