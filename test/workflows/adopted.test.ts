import { expect, test } from '@jest/globals';
import { accountOf, hrEvent, inPhase, outcomeOf } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { onSkippedTime, type SkippedTime } from '../support/skippedTime.ts';

const readOnly = 'Datadog Read Only Role';
const standard = 'Datadog Standard Role';
const admin = 'Datadog Admin Role';

async function roleNames({ simulator }: SkippedTime) {
  const { data = [] } = await officialClient(simulator).roles.listRoles({ pageSize: 100 });
  return new Map(data.map(({ id, attributes }) => [attributes?.name ?? '', id ?? '']));
}

/** A person with Engineering's access from Muster, and an Admin role granted manually. */
async function engineerWithAdmin(stage: SkippedTime): Promise<string> {
  const joiner = hrEvent('joiner', 'e-1', { at: await stage.now(), person: { department: 'Engineering' } });
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, 'e-1', 'waitingForAcceptance');
  const accountId = accountOf(stage, 'e-1')?.id ?? '';
  stage.simulator.accept(accountId);
  await stage.client.workflow.getHandle('person/e-1').signal('accountActivated', { accountId });
  await outcomeOf(stage, joiner);
  const roleId = (await roleNames(stage)).get(admin) ?? '';
  const body = { data: { id: accountId, type: 'users' as const } };
  await officialClient(stage.simulator).roles.addUserToRole({ roleId, body });
  return accountId;
}

async function rolesOf(stage: SkippedTime, accountId: string): Promise<string[]> {
  const held = await officialClient(stage.simulator).rolesOf(accountId);
  return [...(await roleNames(stage))]
    .filter(([, id]) => held.includes(id))
    .map(([name]) => name)
    .toSorted();
}

test('an Admin role granted manually stays after a move; once adopted, the next move removes it', async () => {
  await onSkippedTime(async (stage) => {
    const accountId = await engineerWithAdmin(stage);
    const grant = {
      personId: 'e-1',
      accountId,
      kind: 'role',
      id: (await roleNames(stage)).get(admin) ?? '',
      name: admin,
    } as const;
    await stage.inventory.openGrant({ ...grant, since: '2026-01-01T00:00:00.000Z', reason: 'preexisting' });
    const toSales = hrEvent('mover', 'e-1', { at: await stage.now(), person: { department: 'Sales' } });
    await stage.muster.submitEvent(toSales);
    const moved = await outcomeOf(stage, toSales);
    expect(moved.parts).toContainEqual(
      expect.objectContaining({ part: `role ${admin}`, detail: expect.stringContaining('excess') }),
    );
    expect(await rolesOf(stage, accountId)).toEqual([admin, readOnly]);

    await stage.inventory.openGrant({ ...grant, since: new Date().toISOString(), reason: 'adopted' });
    const toSupport = hrEvent('mover', 'e-1', { at: await stage.now(), person: { department: 'Support' } });
    await stage.muster.submitEvent(toSupport);
    expect((await outcomeOf(stage, toSupport)).kind).toBe('completed');
    expect(await rolesOf(stage, accountId)).toEqual([readOnly]);
  });
});

test('reconciliation removes what a deleted rule granted, and keeps what was granted manually', async () => {
  await onSkippedTime(async (stage) => {
    const accountId = await engineerWithAdmin(stage);
    expect(await rolesOf(stage, accountId)).toEqual([admin, readOnly, standard]);
    const { policy } = stage;
    Object.assign(policy, { rules: policy.rules.filter(({ name }) => name !== 'engineering') });
    const { eventId } = await stage.muster.retry('e-1');
    const at = { eventId } as Parameters<typeof outcomeOf>[1];
    expect((await outcomeOf(stage, at)).kind).toBe('completed');
    expect(await rolesOf(stage, accountId)).toEqual([admin, readOnly]);
    expect(accountOf(stage, 'e-1')?.teams).toEqual([]);
  });
});
