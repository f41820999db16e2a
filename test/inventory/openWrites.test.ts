import { describe, expect, test } from '@jest/globals';
import { openDatabases } from './backends.ts';
import { at, evidence } from './samples.ts';

const key = { personId: 'p-1', accountId: 'a-1', step: 'disableAccount' };
const link = (minute: number, more: object = {}) => evidence('disableAccount', { at: at(minute), ...more });
const write = (minute: number, more: object = {}) => ({
  ...key,
  askedAt: at(minute),
  wanted: { kind: 'disabled' } as const,
  entry: link(minute, { before: { status: 'active' }, ...more }),
});

describe.each(await openDatabases())('on $name', ({ makeFixture }) => {
  test('a confirmed write is one link, however often it was sent', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    expect(await inventory.beginWrite(write(0))).toBe(1);
    expect(await inventory.beginWrite(write(0))).toBe(2);
    expect(await inventory.listOpenWrites('p-1')).toEqual([{ ...write(0), asked: 2 }]);
    await inventory.endWrite(key, { isOurs: true, entry: link(1) });
    await inventory.endWrite(key, { isOurs: false, entry: link(1) });
    expect(await inventory.listEvidence({ limit: 9, offset: 0 })).toMatchObject([{ ...link(1), seq: 1 }]);
    expect(await inventory.listOpenWrites('p-1')).toEqual([]);
  });

  test('the link of a write whose reply was lost says what was there before the first attempt', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.beginWrite(write(0));
    await inventory.endWrite(key, { isOurs: false, entry: link(1, { after: { status: 'disabled' } }) });
    expect(await inventory.listEvidence({ limit: 9, offset: 0 })).toMatchObject([
      { at: at(0), before: { status: 'active' }, after: { status: 'disabled' }, lostReply: 'readBack' },
    ]);
  });

  test('a refused write leaves nothing, and keeps an earlier attempt without a reply open', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.beginWrite(write(0));
    await inventory.refuseWrite(key);
    await inventory.endWrite(key, { isOurs: false, entry: link(1) });
    expect(await inventory.listEvidence({ limit: 9, offset: 0 })).toEqual([]);
    await inventory.beginWrite(write(2));
    await inventory.beginWrite(write(2));
    await inventory.refuseWrite(key);
    await inventory.endWrite(key, { isOurs: false, entry: link(2) });
    expect(await inventory.listEvidence({ limit: 9, offset: 0 })).toHaveLength(1);
  });

  test('a write that was sent long ago and never happened starts over', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.beginWrite(write(0));
    expect(await inventory.beginWrite(write(5, { reason: 'newer' }))).toBe(1);
    expect(await inventory.listOpenWrites('p-1')).toMatchObject([{ askedAt: at(5), entry: { reason: 'newer' } }]);
    expect(await inventory.listOpenWrites('p-2')).toEqual([]);
  });

  test('an account whose creation was never answered is one link, however long the outage was', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const create = { personId: 'p-1', step: 'createAccount' };
    const entry = evidence('createAccount', { at: at(0) });
    for (const minute of [0, 2, 4])
      await inventory.beginWrite({ ...create, askedAt: at(minute), wanted: { kind: 'created' }, entry });
    // It is there already, says Datadog then.
    await inventory.refuseWrite(create);
    await inventory.endWrite(create, { isOurs: false, entry });
    expect(await inventory.listEvidence({ limit: 9, offset: 0 })).toMatchObject([{ ...entry, lostReply: 'readBack' }]);
  });

  test('a write is given up without a link, or with one that says that nobody knows', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.beginWrite(write(0));
    await inventory.giveUpWrite(key);
    await inventory.giveUpWrite(key, link(0));
    expect(await inventory.listEvidence({ limit: 9, offset: 0 })).toEqual([]);
    await inventory.beginWrite(write(0));
    await inventory.giveUpWrite(key, link(0));
    await inventory.giveUpWrite(key, link(0));
    expect(await inventory.listEvidence({ limit: 9, offset: 0 })).toMatchObject([{ lostReply: 'unknown' }]);
    expect(await inventory.verifyEvidence()).toMatchObject({ ok: true, count: 1 });
  });
});
