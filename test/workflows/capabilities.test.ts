import { expect, test } from '@jest/globals';
import { employ } from '../support/employees.ts';
import { accountOf, eventually, hrEvent, inPhase, outcomeOf } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { onSkippedTime } from '../support/skippedTime.ts';

const threeScopes = ['user_access_read', 'user_access_invite', 'user_access_manage'];

test('a key with only the three scopes runs all three processes, and names the steps it skips', async () => {
  await onSkippedTime(async (stage) => {
    const { simulator, muster } = stage;
    simulator.keys.setScopes(threeScopes);
    const joiner = hrEvent('joiner', 'e-1', { at: await stage.now(), person: { department: 'Engineering' } });
    await muster.submitEvent(joiner);
    await inPhase(stage, 'e-1', 'waitingForAcceptance');
    const accountId = accountOf(stage, 'e-1')?.id ?? '';
    simulator.accept(accountId);
    await stage.client.workflow.getHandle('person/e-1').signal('accountActivated', { accountId });
    const joined = await outcomeOf(stage, joiner);
    expect(joined).toMatchObject({ kind: 'completed', detail: expect.stringContaining('teams_read') });
    // With a key that sees everything: the official client reads teams too.
    const rolesNow = async () => {
      const official = officialClient(simulator);
      const { data = [] } = await official.roles.listRoles({ pageSize: 100 });
      const held = await official.rolesOf(accountId);
      const names = data.filter(({ id }) => held.includes(id ?? '')).map(({ attributes }) => attributes?.name ?? '');
      return new Set(names);
    };
    expect(await rolesNow()).toEqual(new Set(['Datadog Read Only Role', 'Datadog Standard Role']));
    expect(await stage.inventory.listOwedParts()).toMatchObject([{ personId: 'e-1', permission: 'teams_read' }]);

    const mover = hrEvent('mover', 'e-1', { at: await stage.now(), person: { department: 'Sales' } });
    await muster.submitEvent(mover);
    expect((await outcomeOf(stage, mover)).kind).toBe('completed');
    expect(await rolesNow()).toEqual(new Set(['Datadog Read Only Role']));

    const leaver = hrEvent('leaver', 'e-1', { at: await stage.now(), immediate: true });
    await muster.submitEvent(leaver);
    const left = await outcomeOf(stage, leaver);
    expect(left.kind).toBe('completed');
    expect(left.parts).toContainEqual(
      expect.objectContaining({ part: 'remove teams', result: 'notDone', permission: 'teams_read' }),
    );
    expect(await rolesNow()).toEqual(new Set());
    const { data } = await officialClient(simulator).users.getUser({ userId: accountId });
    expect(data?.attributes?.disabled).toBe(true);
  });
});

test('steps that the key may not do are named, skipped, and done once the permission is there', async () => {
  await onSkippedTime(async (stage) => {
    const { simulator, muster, client } = stage;
    simulator.keys.setScopes(threeScopes);
    const ids = [];
    for (const personId of ['e-1', 'e-2', 'e-3']) ids.push(await employ(stage, personId));
    const askedForTeams = () => simulator.requests.count('GET', /\/team|\/memberships/);
    const move = async (personId: string) => {
      const mover = hrEvent('mover', personId, { at: await stage.now(), person: { department: 'Engineering' } });
      await muster.submitEvent(mover);
      return outcomeOf(stage, mover);
    };
    await move('e-1');
    const asked = askedForTeams();
    expect(asked).toBeGreaterThan(0);
    const moved = await move('e-2');
    expect(moved).toMatchObject({ kind: 'completed', detail: expect.stringContaining('teams_read') });
    expect(moved.parts).toContainEqual(expect.objectContaining({ result: 'notDone', permission: 'teams_read' }));
    expect(accountOf(stage, 'e-2')?.roles).toContain('Datadog Standard Role');
    expect(askedForTeams()).toBe(asked);

    // A retry is believed when it says that the key is mended, and the rest follows with the next sync.
    simulator.keys.setScopes(null);
    expect((await move('e-3')).parts).toContainEqual(expect.objectContaining({ permission: 'teams_read' }));
    await muster.retry('e-2');
    const isMember = (personId: string) => accountOf(stage, personId)?.teams.includes('engineering');
    await eventually('the team of who was asked for', () => isMember('e-2'));
    expect(isMember('e-1')).toBe(false);
    await client.workflow.start('accessSync', { workflowId: 'sync', taskQueue: 'muster', args: [{ depth: 'full' }] });
    await eventually('everybody else’s team', () => isMember('e-1') && isMember('e-3'));
    const owed = async () => (await stage.inventory.listOwedParts()).length;
    await eventually('nothing to be owed', async () => (await owed()) === 0);
  });
});
