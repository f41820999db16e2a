import { describe, expect, test } from '@jest/globals';
import { openDatabases } from './backends.ts';
import { adopt, finished, joiner } from './samples.ts';

const at = '2026-01-15T12:00:00.000Z';

describe.each(await openDatabases())('who is whom, on $name', ({ makeFixture }) => {
  test('an id of a source is one person forever, and its id where that is free', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const identity = { source: 'hr', externalId: 'e-1', email: 'ada@example.com' };
    expect(await inventory.findAlias(identity)).toBeUndefined();
    const alias = await inventory.bindAlias(identity, { newId: 'random-1', at });
    expect(alias).toMatchObject({ personId: 'e-1' });
    expect(await inventory.bindAlias({ ...identity, email: 'new@example.com' }, { newId: 'random-2', at })).toEqual(
      alias,
    );
    expect(await inventory.listAliases({ source: 'hr', limit: 10, offset: 0 })).toEqual([alias]);
  });

  test('the same id in another source is somebody else, unless the e-mail is the same', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.bindAlias({ source: 'hr', externalId: '7', email: 'ada@example.com' }, { newId: 'r-1', at });
    await adopt(inventory, { personId: '7', employment: 'employed', attributes: { email: 'ada@example.com' } });
    expect(
      await inventory.bindAlias({ source: 'vendors', externalId: '7', email: 'bob@example.com' }, { newId: 'r-2', at }),
    ).toMatchObject({ personId: 'r-2' });
    expect(
      await inventory.bindAlias({ source: 'idp', externalId: 'u-9', email: 'ADA@example.com' }, { newId: 'r-3', at }),
    ).toMatchObject({ personId: '7' });
    // A new id of the same source with a colleague's address is a new person.
    expect(
      await inventory.bindAlias({ source: 'hr', externalId: '8', email: 'ada@example.com' }, { newId: 'r-4', at }),
    ).toMatchObject({ personId: '8' });
  });

  test('a person no source has named is known by their id, even under the address of a colleague', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    for (const personId of ['ada', 'bob']) {
      const person = { employment: 'employed', attributes: { email: `${personId}@example.com` } } as const;
      await adopt(inventory, { personId, ...person });
    }
    const swapped = { source: 'hr', externalId: 'ada', email: 'bob@example.com' };
    expect(await inventory.bindAlias(swapped, { newId: 'r-1', at })).toMatchObject({ personId: 'ada' });
    const other = { source: 'hr', externalId: 'bob', email: 'ada@example.com' };
    expect(await inventory.bindAlias(other, { newId: 'r-2', at })).toMatchObject({ personId: 'bob' });
  });

  test('a source without ids knows a person by the first e-mail', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const first = await inventory.bindAlias({ source: 'file', email: 'Ada@example.com' }, { newId: 'r-1', at });
    expect(first.personId).toBe('r-1');
    expect(await inventory.findAlias({ source: 'file', email: 'ada@EXAMPLE.com' })).toEqual(first);
  });

  test('an absence keeps its beginning until the person is named again', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.noteAbsences({
      source: 'hr',
      roster: 'january.csv',
      absent: ['e-1', 'e-2'],
      at: '2026-01-01T00:00:00.000Z',
    });
    const later = await inventory.noteAbsences({
      source: 'hr',
      roster: 'february.csv',
      absent: ['e-2', 'e-3'],
      at: '2026-01-02T00:00:00.000Z',
    });
    expect(Object.fromEntries(later)).toEqual({
      'e-2': '2026-01-01T00:00:00.000Z',
      'e-3': '2026-01-02T00:00:00.000Z',
    });
    expect(await inventory.listAbsences('hr')).toEqual(later);
    expect(await inventory.listAbsences('other')).toEqual(new Map());

    // HR speaks of one of them: if the next roster leaves them out again, that is a new absence.
    const back = joiner('j-2', { personId: 'e-2', occurredAt: '2026-01-03T00:00:00.000Z' });
    await finished(inventory, [back], { at: '2026-01-03T00:00:00.000Z' });
    expect([...(await inventory.listAbsences('hr')).keys()]).toEqual(['e-3']);
    const march = { source: 'hr', roster: 'march.csv', absent: ['e-2', 'e-3'], at: '2026-01-04T00:00:00.000Z' };
    expect(Object.fromEntries(await inventory.noteAbsences(march))).toEqual({
      'e-2': '2026-01-04T00:00:00.000Z',
      'e-3': '2026-01-02T00:00:00.000Z',
    });
  });
});
