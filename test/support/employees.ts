import type { Employment, PersonAttributes } from '../../domain/model.ts';
import { officialClient } from './officialClient.ts';
import { hrFirst } from './ranks.ts';
import type { TestMuster } from './muster.ts';

/** Somebody who joined long ago: an active account with a role, bound to the person on record. Answers the account's id. */
export async function employ(
  { inventory, simulator }: Pick<TestMuster, 'inventory' | 'simulator'>,
  personId: string,
  {
    role = 'Datadog Read Only Role',
    person,
    employment = 'employed',
  }: { role?: string; person?: Partial<PersonAttributes>; employment?: Employment } = {},
): Promise<string> {
  const official = officialClient(simulator);
  const attributes = { email: `${personId}@example.com`, name: 'Sam Example', ...person };
  const accountId = await activeAccount(simulator, attributes.email);
  const roles = (await official.roles.listRoles({ pageSize: 100 })).data ?? [];
  const roleId = roles.find((one) => one.attributes?.name === role)?.id ?? '';
  await official.roles.addUserToRole({ roleId, body: { data: { id: accountId, type: 'users' } } });
  const at = new Date().toISOString();
  await inventory.bindAccount(personId, accountId, at);
  await inventory.openGrant({
    personId,
    accountId,
    kind: 'role',
    id: roleId,
    name: role,
    since: at,
    reason: 'birthright',
  });
  const eventId = `${personId}:hired`;
  const since = '2020-01-01T00:00:00.000Z';
  const hired = { eventId, kind: 'joiner', personId, occurredAt: since, effectiveAt: since, source: 'cli' } as const;
  await inventory.receiveEvent({ ...hired, person: attributes }, since);
  const outcome = { kind: 'completed', parts: [] } as const;
  const carriedOut = { eventId, employment };
  await inventory.finishProcess(
    { personId, process: 'onboarding', carriedOut, events: [{ eventId, outcome }], at },
    hrFirst,
  );
  return accountId;
}

/** An account of which nobody has told Muster. */
export async function activeAccount(simulator: TestMuster['simulator'], email: string): Promise<string> {
  const official = officialClient(simulator);
  const { data } = await official.users.createUser({ body: { data: { type: 'users', attributes: { email } } } });
  const id = data?.id ?? '';
  await official.users.sendInvitations({
    body: { data: [{ type: 'user_invitations', relationships: { user: { data: { id, type: 'users' } } } }] },
  });
  simulator.accept(id);
  return id;
}

/** As Datadog has it, read by its own client. */
export async function readAccount({ simulator }: Pick<TestMuster, 'simulator'>, accountId: string) {
  const official = officialClient(simulator);
  const { data } = await official.users.getUser({ userId: accountId });
  const roles = (await official.roles.listRoles({ pageSize: 100 })).data ?? [];
  const held = (data?.relationships?.roles?.data ?? []).map(
    ({ id }) => roles.find((one) => one.id === id)?.attributes?.name ?? id ?? '',
  );
  return {
    email: data?.attributes?.email,
    status: data?.attributes?.status,
    roles: held.toSorted((a, b) => (a < b ? -1 : 1)),
  };
}
