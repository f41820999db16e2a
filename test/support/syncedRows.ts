import type { Inventory } from '../../inventory/port/inventory.ts';

const everything = { limit: 1_000, offset: 0 };

/** Everything the inventory says of what a sync has read, without when it was last looked at. */
export async function syncedRows(inventory: Inventory) {
  const seenLater = <T extends { lastSeenAt: string }>({ lastSeenAt: _lastSeenAt, ...row }: T) => row;
  return {
    accounts: (await inventory.listAccounts(everything)).map(seenLater),
    nhis: (await inventory.listNhis(everything)).map(seenLater),
    roles: await inventory.listRoles(),
    teams: await inventory.listTeams(),
    members: await inventory.listTeamMembers({ all: true }),
  };
}
