import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { openDatabases } from './backends.ts';
import { at, evidence } from './samples.ts';

describe.each(await openDatabases())('on $name', ({ dialect, makeFixture }) => {
  const dropGuards =
    dialect === 'sqlite'
      ? ['drop trigger evidence_no_update', 'drop trigger evidence_no_delete']
      : ['drop trigger evidence_no_change on evidence'];

  const changes = [
    "update evidence set step = 'two'",
    'delete from evidence',
    ...(dialect === 'sqlite' ? [] : ['truncate evidence']),
  ];

  test('a step of an event leaves one link, whoever repeats it', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.appendEvidence(evidence('one'));
    await inventory.appendEvidence(evidence('one', { at: at(9), actor: 'somebody else' }));
    await inventory.appendEvidence(evidence('one', { eventId: 'e-2' }));
    await inventory.appendEvidence(evidence('one', { personId: 'p-2', reason: 'because' }));
    const rows = await inventory.listEvidence({ limit: 10, offset: 0 });
    expect(rows.map(({ hash: _hash, ...row }) => row)).toEqual([
      { ...evidence('one'), seq: 1 },
      { ...evidence('one', { eventId: 'e-2' }), seq: 2 },
      { ...evidence('one', { personId: 'p-2', reason: 'because' }), seq: 3 },
    ]);
    expect(await inventory.listEvidence({ personId: 'p-2', limit: 10, offset: 0 })).toEqual(rows.slice(2));
    expect(await inventory.listEvidence({ limit: 1, offset: 1 })).toEqual(rows.slice(1, 2));
    expect(await inventory.verifyEvidence()).toMatchObject({ ok: true, count: 3 });
  });

  test('many appended at once make one chain', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await Promise.all(Array.from({ length: 40 }, (_, index) => inventory.appendEvidence(evidence(`step ${index}`))));
    expect(await inventory.verifyEvidence()).toMatchObject({ ok: true, count: 40 });
  });

  test('an empty chain is whole', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    expect(await inventory.verifyEvidence()).toEqual({ ok: true, count: 0 });
  });

  test('the database refuses to change or remove a link', async () => {
    await using fixture = await makeFixture();
    const { inventory, query } = fixture;
    await inventory.appendEvidence(evidence('one'));
    for (const change of changes) await expect(query(change)).rejects.toThrow('append-only');
    expect(await inventory.verifyEvidence()).toMatchObject({ ok: true, count: 1 });
  });

  const damages = [
    { what: 'an altered entry', by: [`update evidence set entry = replace(entry, 'hr', 'me') where seq = 2`], seq: 2 },
    { what: 'an altered person beside the entry', by: [`update evidence set person_id = 'p-9' where seq = 2`], seq: 2 },
    { what: 'an altered hash', by: [`update evidence set hash = 'x' where seq = 2`], seq: 2 },
    { what: 'a removed link', by: ['delete from evidence where seq = 2'], seq: 2 },
    { what: 'a removed first link', by: ['delete from evidence where seq = 1'], seq: 1 },
    { what: 'an altered recorded end', by: ['update evidence_head set seq = 2'], seq: 3 },
    { what: 'a removed last link', by: ['delete from evidence where seq = 3'], seq: 3 },
    {
      what: 'two links that changed places',
      by: [
        'update evidence set seq = 9 where seq = 2',
        'update evidence set seq = 2 where seq = 3',
        'update evidence set seq = 3 where seq = 9',
      ],
      seq: 2,
    },
    {
      what: 'a link that was put behind the end',
      by: [`insert into evidence select 4, person_id, 'e-9', step, entry, hash from evidence where seq = 3`],
      seq: 4,
    },
  ];
  for (const { what, by, seq } of damages) {
    test(`${what} is found`, async () => {
      await using fixture = await makeFixture();
      const { inventory, query } = fixture;
      for (const step of ['one', 'two', 'three']) await inventory.appendEvidence(evidence(step));
      expect(await inventory.verifyEvidence()).toMatchObject({ ok: true, count: 3 });
      for (const statement of [...dropGuards, ...by]) await query(statement);
      expect(await inventory.verifyEvidence()).toEqual({ ok: false, seq, why: expect.any(String) });
    });
  }

  test('an entry altered together with its hash is found at the next link, or at the end', async () => {
    for (const { seq, found } of [
      { seq: 2, found: 3 },
      { seq: 3, found: 3 },
    ]) {
      await using fixture = await makeFixture();
      const { inventory, query } = fixture;
      for (const step of ['one', 'two', 'three']) await inventory.appendEvidence(evidence(step));
      const before = (await inventory.listEvidence({ limit: 1, offset: seq - 2 }))[0]?.hash ?? '';
      const [row] = await query(`select entry from evidence where seq = ${seq}`);
      const entry = String(row?.['entry']).replace('"hr"', '"me"');
      const hash = createHash('sha256')
        .update(before + entry)
        .digest('hex');
      for (const statement of [
        ...dropGuards,
        `update evidence set entry = '${entry}', hash = '${hash}' where seq = ${seq}`,
      ]) {
        await query(statement);
      }
      expect(entry).toContain('"me"');
      expect(await inventory.verifyEvidence()).toMatchObject({ ok: false, seq: found });
    }
  });

  test('a chain cut off together with its recorded end holds, but not against a noted link', async () => {
    await using fixture = await makeFixture();
    const { inventory, query } = fixture;
    for (const step of ['one', 'two', 'three']) await inventory.appendEvidence(evidence(step));
    const whole = await inventory.verifyEvidence();
    const head = whole.ok ? whole.head : undefined;
    if (head === undefined) throw new Error('the chain has an end');
    expect(await inventory.verifyEvidence(head)).toEqual(whole);

    for (const statement of [
      ...dropGuards,
      'delete from evidence where seq = 3',
      'update evidence_head set seq = 2, hash = (select hash from evidence where seq = 2)',
    ]) {
      await query(statement);
    }
    expect(await inventory.verifyEvidence()).toMatchObject({ ok: true, count: 2 });
    expect(await inventory.verifyEvidence(head)).toMatchObject({
      ok: false,
      seq: 3,
      why: expect.stringMatching(/end/),
    });
    // Grown again, it is another chain.
    await inventory.appendEvidence(evidence('something else'));
    expect(await inventory.verifyEvidence()).toMatchObject({ ok: true, count: 3 });
    expect(await inventory.verifyEvidence(head)).toMatchObject({
      ok: false,
      seq: 3,
      why: expect.stringMatching(/noted/),
    });
  });
});
