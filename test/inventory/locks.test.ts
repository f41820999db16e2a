import { describe, expect, test } from '@jest/globals';
import { hrFirst } from '../support/ranks.ts';
import { underLock } from '../../inventory/database/locks.ts';
import { openDatabase } from '../../inventory/database/open.ts';
import { openDatabases } from './backends.ts';
import { at, evidence, finish, grant } from './samples.ts';

describe.each(await openDatabases())('on $name', ({ makeFixture }) => {
  test('a transaction takes its locks in one order only, the evidence last', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const backwards = inventory.inTransaction(async (trx) => {
      await trx.appendEvidence(evidence('one'));
      await trx.openGrant(grant());
    });
    await expect(backwards).rejects.toThrow('has the lock evidence cannot take person/p-1: it has to come first');
    const sideways = inventory.inTransaction(async (trx) => {
      await trx.openGrant(grant({ personId: 'p-2' }));
      await trx.openGrant(grant({ personId: 'p-1' }));
    });
    await expect(sideways).rejects.toThrow('has the lock person/p-2 cannot take person/p-1');
    expect(await inventory.listGrants({ limit: 9, offset: 0 })).toEqual([]);
    await inventory.inTransaction(async (trx) => {
      await trx.bindAccount('p-1', 'a-1', at(1));
      await trx.finishProcess(finish(), hrFirst);
      await trx.openGrant(grant());
      await trx.appendEvidence(evidence('one'));
    });
    expect(await inventory.verifyEvidence()).toMatchObject({ ok: true, count: 1 });
  });

  test('writes with the same lock wait for each other, and others do not', async () => {
    await using fixture = await makeFixture();
    const db = await openDatabase(fixture.location);
    const order: string[] = [];
    const { promise: isHeld, resolve: hold } = Promise.withResolvers<void>();
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const first = underLock(db, 'person/p-1', async () => {
      hold();
      await mayEnd;
      order.push('first');
    });
    await isHeld;
    const second = underLock(db, 'person/p-1', async () => order.push('second'));
    // SQLite has one writer at a time, whatever it writes.
    const other = fixture.inventory.dialect === 'sqlite' ? second : underLock(db, 'person/p-2', async () => 0);
    if (fixture.inventory.dialect === 'postgresql') await other;
    end();
    await Promise.all([first, second, other]);
    expect(order).toEqual(['first', 'second']);
    await db.destroy();
  });
});
