import { isFailure } from '../../datadog/failures.ts';
import type { DatadogClient } from '../../datadog/types.ts';
import type { Account } from '../../domain/model.ts';

/** One Datadog organization as it is now, as far as the key can see. */
export interface Organization {
  readonly accounts: readonly Account[];
  readonly roles: readonly { readonly id: string; readonly name: string; readonly permissions: readonly string[] }[];
  /** Absent where the key may not see teams. */
  readonly teams?: readonly Team[];
  /** Team ids by account; empty without `withMembers`. */
  readonly memberships: ReadonlyMap<string, readonly string[]>;
  /** Permissions that are missing to see more. */
  readonly notVisible: readonly string[];
}

type Team = { readonly id: string; readonly handle: string; readonly name: string; readonly isManaged: boolean };

/** Reads lists only, never one call per account, with a deadline for each list. */
export async function readOrganization(
  client: DatadogClient,
  { withMembers }: { readonly withMembers: boolean },
): Promise<Organization> {
  const accounts = await readAccounts(client);
  const [listed, permissions] = await Promise.all([client.attempt().listRoles(), client.attempt().listPermissions()]);
  const roles = listed.map(({ id, name, permissionIds }) => ({
    id,
    name,
    permissions: permissionIds.map((one) => permissions.get(one) ?? one).toSorted(),
  }));
  try {
    const teams = await client.attempt().listTeams();
    const memberships = withMembers ? await readMemberships(client, teams) : new Map<string, string[]>();
    return { accounts, roles, teams, memberships, notVisible: [] };
  } catch (error) {
    if (!isFailure(error, 'NotAuthorized')) throw error;
    return { accounts, roles, memberships: new Map(), notVisible: ['teams_read'] };
  }
}

async function readAccounts(client: DatadogClient): Promise<readonly Account[]> {
  const found = new Map<string, Account>();
  for (let number = 0, known: number | undefined; ; number += 1) {
    const page = await client.attempt().listAccountsPage({ number, size: known });
    for (const account of page.accounts) found.set(account.id, account);
    known = page.size;
    if (page.accounts.length === 0 || (number + 1) * page.size >= page.total) return [...found.values()];
  }
}

async function readMemberships(client: DatadogClient, teams: readonly Team[]): Promise<Map<string, string[]>> {
  const memberships = new Map<string, string[]>();
  for (const { id } of teams) {
    for (const { accountId } of (await client.attempt().listTeamMembers(id))?.members ?? []) {
      memberships.set(accountId, [...(memberships.get(accountId) ?? []), id]);
    }
  }
  return memberships;
}
