import { officialClient } from '../../support/officialClient.ts';
import type { KillStage } from '../../support/killStage.ts';

export const readOnly = 'Datadog Read Only Role';
export const standard = 'Datadog Standard Role';
export const admin = 'Datadog Admin Role';
export const lead = 'security-lead@example.com';
export const itLead = 'it-lead@example.com';

type Stage = Pick<KillStage, 'simulator'>;

/** Makes a role with Datadog's own client; returns its id. */
export async function makeRole({ simulator }: Stage, name: string): Promise<string> {
  const body = { data: { type: 'roles' as const, attributes: { name } } };
  const { data } = await officialClient(simulator).roles.createRole({ body });
  return data?.id ?? '';
}

export async function roleIdOf({ simulator }: Stage, name: string): Promise<string> {
  const { data = [] } = await officialClient(simulator).roles.listRoles({ pageSize: 100 });
  return data.find(({ attributes }) => attributes?.name === name)?.id ?? '';
}

export async function grantManually({ simulator }: Stage, accountId: string, roleId: string): Promise<void> {
  const body = { data: { id: accountId, type: 'users' as const } };
  await officialClient(simulator).roles.addUserToRole({ roleId, body });
}
