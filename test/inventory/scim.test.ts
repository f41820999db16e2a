import { describe, expect, test } from '@jest/globals';
import { canonicalJson } from '../../inventory/port/json.ts';
import type { ScimRow } from '../../inventory/port/scim.ts';
import { openDatabases } from './backends.ts';
import { at } from './samples.ts';

const user = (id: string, change: Partial<ScimRow> = {}): ScimRow => ({
  source: 'okta',
  resourceType: 'User',
  id,
  name: `${id}@example.com`,
  version: 0,
  owed: 0,
  resource: canonicalJson({ userName: `${id}@example.com` }),
  createdAt: at(1),
  lastModifiedAt: at(1),
  ...change,
});

const group = (id: string, displayName: string, change: Partial<ScimRow> = {}): ScimRow =>
  user(id, {
    resourceType: 'Group',
    name: displayName.toLowerCase(),
    displayName,
    resource: canonicalJson({ displayName }),
    ...change,
  });

describe.each(await openDatabases())('what identity providers push, on $name', ({ makeFixture }) => {
  test('a row is written only at the version that was read', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const first = user('u-1', { version: 1 });
    expect(await inventory.writeScim(first, {})).toBe(true);
    const second = { ...first, version: 2, externalId: 'x-1', resource: canonicalJson({ userName: 'new' }) };
    const results = await Promise.all([
      inventory.writeScim(second, { from: 1 }),
      inventory.writeScim({ ...second, externalId: 'x-2' }, { from: 1 }),
    ]);
    expect(results.toSorted()).toEqual([false, true]);
    const now = await inventory.findScim({ source: 'okta', id: 'u-1' });
    expect(now).toMatchObject({ version: 2 });
    // Whatever a change omits is gone.
    const { externalId: _gone, ...without } = { ...second, version: 3 };
    expect(await inventory.writeScim(without, { from: 2 })).toBe(true);
    expect(await inventory.findScim({ source: 'okta', id: 'u-1' })).toEqual(without);
    await inventory.removeScim(without);
    expect(await inventory.findScim({ source: 'okta', id: 'u-1' })).toBeUndefined();
  });

  test('users are found by name, external id and person, oldest first, each source its own alone', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const rows = [
      user('u-2', { version: 1, createdAt: at(2), externalId: 'x-2', personId: 'p-2' }),
      user('u-1', { version: 1, createdAt: at(3), externalId: 'x-1', personId: 'p-1' }),
      user('u-0', { version: 1, createdAt: at(3), source: 'entra', externalId: 'x-1' }),
    ];
    for (const row of rows) await inventory.writeScim(row, {});
    const ids = async (filter: Partial<Pick<ScimRow, 'source' | 'name' | 'externalId' | 'personId'>>) =>
      (await inventory.listScim({ source: 'okta', resourceType: 'User', ...filter })).map(({ id }) => id);
    expect(await ids({})).toEqual(['u-2', 'u-1']);
    expect(await ids({ name: 'u-1@example.com' })).toEqual(['u-1']);
    expect(await ids({ externalId: 'x-1' })).toEqual(['u-1']);
    expect(await ids({ externalId: 'x-1', source: 'entra' })).toEqual(['u-0']);
    expect(await ids({ personId: 'p-2' })).toEqual(['u-2']);
    expect(await inventory.findScim({ source: 'entra', id: 'u-1' })).toBeUndefined();
    await inventory.removeScim({ id: 'u-1', source: 'okta' });
    expect(await ids({ externalId: 'x-1', source: 'entra' })).toEqual(['u-0']);
  });

  test('a group has its members once, even a thousand, and they go with the group or the member', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const members = Array.from({ length: 1_001 }, (_, index) => `u-${index}`);
    const [ops, admins] = [group('g-1', 'Ops', { version: 1 }), group('g-2', 'Admins', { version: 1 })];
    for (const one of [ops, admins, group('g-3', 'Others', { version: 1, source: 'entra' })]) {
      await inventory.writeScim(one);
      await inventory.writeScimMembers(one, ['u-0']);
    }
    const groups = async (...ids: readonly string[]) =>
      (await inventory.scimGroupsOf('okta', ids)).map(({ displayName }) => displayName);
    expect(await inventory.writeScimMembers(ops, [...members, 'u-0'])).toEqual({ come: members.slice(1), gone: [] });
    expect(await groups('u-0', 'x-0')).toEqual(['Admins', 'Ops']);
    expect(await groups('x-1000', 'u-1000')).toEqual(['Ops']);
    await inventory.writeScim({ ...ops, version: 2, displayName: 'Operations' }, { from: 1 });
    expect(await groups('u-0')).toEqual(['Admins', 'Operations']);
    const { come, gone } = await inventory.writeScimMembers(ops, ['u-1', 'u-9999']);
    expect({ come, gone: gone.length }).toEqual({ come: ['u-9999'], gone: 1_000 });
    expect(await groups('u-0')).toEqual(['Admins']);
    expect(await inventory.listScim({ source: 'okta', resourceType: 'Group', memberId: 'u-1' })).toMatchObject([
      { id: 'g-1' },
    ]);

    await inventory.writeScim(user('u-1', { version: 1 }));
    expect(await inventory.countUnknownScim('okta', ['u-1', 'u-9999', 'g-1'])).toBe(1);
    await inventory.removeScim(user('u-1'));
    expect(await groups('u-1')).toEqual([]);
    await inventory.removeScim(ops);
    await inventory.removeScim(admins);
    expect(await fixture.query('select group_id from scim_members')).toEqual([{ group_id: 'g-3' }]);
    expect(await inventory.scimGroupsOf('entra', ['u-0'])).toHaveLength(1);
  });

  test('more reports of one manager than a statement has room for are owed events', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    // More than PostgreSQL takes, and twice as many as SQLite.
    const many = 66_000;
    await fixture.query(`
      with recursive counted (i) as (select 1 union all select i + 1 from counted where i < ${many})
      insert into scim_resources
        (source, id, resource_type, name, manager, version, owed, resource, created_at, last_modified_at)
      select 'okta', 'u-' || i, 'User', 'u-' || i, 'boss', 1, 0, '{}', '${at(1)}', '${at(1)}' from counted`);
    await inventory.oweScimReports('okta', ['boss']);
    expect(await inventory.owedScim({ limit: many + 1, offset: 0 })).toHaveLength(many);
  });

  test('what is owed is found by either id, leavers first, and settled with what was said', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const rows = [
      user('u-1', { version: 1 }),
      user('u-2', { version: 1, externalId: 'x-2', manager: 'x-1' }),
      user('u-3', { version: 1, personId: 'p-3' }),
      user('u-4', { version: 1, source: 'entra', manager: 'x-1' }),
      group('g-1', 'Ops', { version: 1 }),
    ];
    for (const row of rows) await inventory.writeScim(row);
    const owed = async () => (await inventory.owedScim({ limit: 10, offset: 0 })).map(({ id }) => id);
    await inventory.oweScim('okta', ['u-1', 'u-4', 'g-1']);
    await inventory.oweScimReports('okta', ['x-1']);
    await inventory.buryScim(user('u-3'));
    await inventory.oweScim('okta', ['x-2', 'u-3']);
    expect(await owed()).toEqual(['u-3', 'u-1', 'u-2']);
    expect(await inventory.findScim(user('u-3'))).toBeUndefined();
    expect(await inventory.findOwedScim(user('u-3'))).toMatchObject({ personId: 'p-3', version: 0, owed: 2 });
    await inventory.settleScim(user('u-1'), { said: canonicalJson({ isActive: true }) });
    await inventory.removeScim(user('u-3'));
    expect(await owed()).toEqual(['u-2']);
    expect(await inventory.findOwedScim(user('u-1'))).toBeUndefined();
    expect(await inventory.findScim(user('u-1'))).toMatchObject({ owed: 0, said: '{"isActive":true}' });
  });

  test('a user whose manager has yet to come is owed once they come, or have not for long enough', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const days = ['2026-01-05', '2026-01-06', '2026-01-07'].map((day) => `${day}T09:00:00.000Z`);
    for (const [index, lastModifiedAt] of days.entries()) {
      const awaiting = user(`u-${index}`, { version: 1, manager: `x-${index}`, lastModifiedAt });
      await inventory.writeScim(awaiting);
      await inventory.settleScim(awaiting, { said: undefined, isAwaiting: true });
    }
    const owed = async () => (await inventory.owedScim({ limit: 10, offset: 0 })).map(({ id }) => id);
    expect(await owed()).toEqual([]);
    expect(await inventory.findOwedScim(user('u-0'))).toBeUndefined();
    await inventory.oweAwaitingScim(days[0] ?? '');
    expect(await owed()).toEqual(['u-0']);
    await inventory.oweScimReports('okta', ['x-2']);
    expect(await owed()).toEqual(['u-0', 'u-2']);
  });
});
