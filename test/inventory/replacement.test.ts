import { describe, expect, test } from '@jest/globals';
import { openDatabases } from './backends.ts';
import { adopt, at, grant } from './samples.ts';

const employed = (personId: string) =>
  ({ personId, employment: 'employed', attributes: { email: `${personId}@example.com` } }) as const;

describe.each(await openDatabases())('one person under a new id, on $name', ({ makeFixture }) => {
  test('account, grants and e-mails go on under the new id, and the old one has left', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await adopt(inventory, employed('c-7'));
    await inventory.bindAccount('c-7', 'acc-1', at(1));
    await inventory.openGrant(grant({ personId: 'c-7', accountId: 'acc-1' }));
    const replace = (personId: string, replaces: string, now: number) =>
      inventory.inTransaction((trx) => trx.replacePerson({ personId, replaces, at: at(now) }));
    expect(await replace('e-20', 'c-7', 2)).toEqual({ accountId: 'acc-1' });
    // The same again changes nothing.
    expect(await replace('e-20', 'c-7', 3)).toEqual({ accountId: 'acc-1' });
    expect(await inventory.findPerson('c-7')).toMatchObject({ employment: 'left', replacedBy: 'e-20' });
    expect((await inventory.findPerson('c-7'))?.accountId).toBeUndefined();
    expect(await inventory.findPerson('e-20')).toMatchObject({
      employment: 'employed',
      accountId: 'acc-1',
      attributes: { email: 'c-7@example.com' },
      previousEmails: ['c-7@example.com'],
    });
    expect(await inventory.listGrants({ open: true, limit: 9, offset: 0 })).toMatchObject([
      { personId: 'e-20', accountId: 'acc-1', id: 'r-1', since: at(2) },
    ]);
    expect(await replace('e-21', 'c-7', 4)).toEqual({ problem: 'e-20 has replaced person c-7 already' });
    expect(await replace('e-21', 'nobody', 4)).toEqual({ problem: 'no person nobody is known' });
    // And back again.
    expect(await replace('c-7', 'e-20', 5)).toEqual({ accountId: 'acc-1' });
    expect(await inventory.findPerson('c-7')).toMatchObject({ employment: 'employed', accountId: 'acc-1' });
    expect((await inventory.findPerson('c-7'))?.replacedBy).toBeUndefined();
    expect((await inventory.statementsOf('c-7')).map(({ kind }) => kind)).toEqual(['mover']);
  });

  test('somebody who has an account of their own replaces nobody who has one', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    for (const [personId, accountId] of [
      ['c-7', 'acc-1'],
      ['e-20', 'acc-2'],
    ] as const) {
      await adopt(inventory, employed(personId));
      await inventory.bindAccount(personId, accountId, at(1));
    }
    const replaced = await inventory.inTransaction((trx) =>
      trx.replacePerson({ personId: 'e-20', replaces: 'c-7', at: at(2) }),
    );
    expect(replaced.problem).toBe('person e-20 has account acc-2, and person c-7 has acc-1');
    expect((await inventory.findPerson('c-7'))?.accountId).toBe('acc-1');
  });

  test('the room in the change budget is what others have left of it', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const budget = { hour: { atLeast: 2, percent: 0 }, day: { atLeast: 9, percent: 0 } };
    const room = (minute: number) => inventory.roomInBudget({ source: 'hr', at: at(minute) }, budget);
    expect(await room(0)).toBe(2);
    const removal = {
      eventId: 'l-1',
      personId: 'p-1',
      source: 'hr',
      kind: 'leaver',
      urgent: false,
      at: at(1),
    } as const;
    await inventory.admitRemoval(removal, budget);
    expect(await room(2)).toBe(1);
  });
});
