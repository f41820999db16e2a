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
  resource: canonicalJson({ userName: `${id}@example.com` }),
  createdAt: at(1),
  lastModifiedAt: at(1),
  ...change,
});

const group = (id: string, displayName: string, change: Partial<ScimRow> = {}): ScimRow =>
  user(id, {
    resourceType: 'Group',
    name: displayName.toLowerCase(),
    resource: canonicalJson({ displayName }),
    ...change,
  });

describe.each(await openDatabases())('what identity providers push, on $name', ({ makeFixture }) => {
  test('a name is taken before anything follows; an attempt that stopped is resumed with its id', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    expect(await inventory.reserveScim(user('u-1'))).toMatchObject({ id: 'u-1', version: 0 });
    expect(await inventory.findScim({ source: 'okta', id: 'u-1' })).toBeUndefined();
    expect(await inventory.listScim({ source: 'okta', resourceType: 'User' })).toEqual([]);
    const again = user('u-2', { name: 'u-1@example.com', createdAt: at(5) });
    expect(await inventory.reserveScim(again)).toMatchObject({ id: 'u-1', createdAt: at(1) });

    const written = user('u-1', { version: 1, externalId: 'x-1', personId: 'p-1', boundAs: 'x-1' });
    expect(await inventory.writeScim(written, { from: 0 })).toBe(true);
    expect(await inventory.reserveScim(again)).toBe('taken');
    expect(await inventory.findScim({ source: 'okta', id: 'u-1' })).toEqual(written);
    expect(await inventory.reserveScim({ ...again, source: 'entra' })).toMatchObject({ id: 'u-2' });
    // A group of the same name is no user.
    expect(await inventory.reserveScim(group('g-1', 'u-1@example.com'))).toMatchObject({ id: 'g-1' });
  });

  test('one of two that take a name at the same moment is told that the other has it', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const ids = ['u-1', 'u-2', 'u-3', 'u-4'];
    const reserved = await Promise.all(ids.map((id) => inventory.reserveScim(user(id, { name: 'same@example.com' }))));
    const holders = new Set(reserved.map((row) => (row === 'taken' ? row : row.id)));
    expect(holders.size).toBe(1);
  });

  test('a row is written and removed only at the version that was read', async () => {
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
    expect(await inventory.removeScim(first)).toBe(false);
    const now = await inventory.findScim({ source: 'okta', id: 'u-1' });
    expect(now).toMatchObject({ version: 2 });
    // Whatever a change omits is gone.
    const { externalId: _gone, ...without } = { ...second, version: 3 };
    expect(await inventory.writeScim(without, { from: 2 })).toBe(true);
    expect(await inventory.findScim({ source: 'okta', id: 'u-1' })).toEqual(without);
    expect(await inventory.removeScim(without)).toBe(true);
    expect(await inventory.findScim({ source: 'okta', id: 'u-1' })).toBeUndefined();
    expect(await inventory.removeScim(without)).toBe(false);
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
    expect(await inventory.removeScim({ ...user('u-1', { version: 1 }), source: 'entra' })).toBe(false);
  });

  test('a group has its members once, even a thousand, and they go with the group or the member', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const members = Array.from({ length: 1_001 }, (_, index) => `u-${index}`);
    const ops = group('g-1', 'Ops', { version: 1 });
    await inventory.writeScim(ops, { members: [...members, 'u-0'] });
    await inventory.writeScim(group('g-2', 'Admins', { version: 1 }), { members: ['u-0'] });
    await inventory.writeScim(group('g-3', 'Others', { version: 1, source: 'entra' }), { members: ['u-0'] });
    const groups = async (id: string) =>
      (await inventory.scimGroupsOf('okta', id)).map(({ displayName }) => displayName);
    expect(await groups('u-0')).toEqual(['Admins', 'Ops']);
    expect(await groups('u-1000')).toEqual(['Ops']);
    // A write that says nothing of members leaves them.
    await inventory.writeScim(
      { ...ops, version: 2, resource: canonicalJson({ displayName: 'Operations' }) },
      { from: 1 },
    );
    expect(await groups('u-0')).toEqual(['Admins', 'Operations']);
    await inventory.writeScim({ ...ops, version: 3 }, { from: 2, members: ['u-1'] });
    expect(await groups('u-0')).toEqual(['Admins']);
    // One that loses the race changes no members.
    expect(await inventory.writeScim({ ...ops, version: 3 }, { from: 2, members: [] })).toBe(false);
    expect(await groups('u-1')).toEqual(['Ops']);

    const member = user('u-1', { version: 1 });
    await inventory.writeScim(member, {});
    await inventory.removeScim(member);
    expect(await groups('u-1')).toEqual([]);
    await inventory.removeScim(group('g-2', 'Admins', { version: 1 }));
    expect(await groups('u-0')).toEqual([]);
    expect(await fixture.query('select group_id from scim_members')).toEqual([{ group_id: 'g-3' }]);
    expect(await inventory.scimGroupsOf('entra', 'u-0')).toHaveLength(1);
  });
});
