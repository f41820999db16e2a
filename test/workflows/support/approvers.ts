import type { TokenRole } from '../../../inventory/port/tokens.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { officialClient } from '../../support/officialClient.ts';
import type { TestMuster } from '../../support/muster.ts';
import { giveToken } from '../../support/operators.ts';

export const lead = 'security-lead@example.com';

export const onlyProven = (example: Policy): Policy => ({
  ...example,
  approvals: { ...example.approvals, acceptClaimed: false },
});

/** Roles of the one account with this e-mail, by name, as Datadog's own client reads them. */
export async function rolesOf(
  stage: Pick<TestMuster, 'simulator'>,
  email = 'e-1@example.com',
): Promise<readonly string[]> {
  const { users, roles, listAllUsers } = officialClient(stage.simulator);
  const [user, second] = (await listAllUsers()).filter(({ attributes }) => attributes?.email === email);
  if (user?.id === undefined || second !== undefined) throw new Error(`${email} has not one account`);
  const { data } = await users.getUser({ userId: user.id });
  const held = new Set(data?.relationships?.roles?.data?.map(({ id }) => id));
  const all = (await roles.listRoles({ pageSize: 100 })).data ?? [];
  return all
    .filter(({ id }) => held.has(id))
    .map(({ attributes }) => attributes?.name ?? '')
    .toSorted();
}

export async function tokenOf(stage: TestMuster, personId: string, role: TokenRole = 'approver') {
  const { token: _shownOnce, ...row } = await giveToken(stage, { role, personId });
  return row;
}

export const approve = (approvalId: string, actor = lead) => ({ approvalId, verdict: 'approve', actor }) as const;
