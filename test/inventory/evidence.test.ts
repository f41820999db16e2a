import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { openInventory as openWith } from '../../inventory/index.ts';
import { canonicalJson } from '../../inventory/port/json.ts';
import { newSigner } from '../support/inventory.ts';
import { openDatabases } from './backends.ts';
import { at, evidence } from './samples.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

describe.each(await openDatabases())('on $name', ({ dialect, makeFixture }) => {
  const dropGuards =
    dialect === 'sqlite'
      ? ['update', 'delete', 'replace'].map((change) => `drop trigger evidence_no_${change}`)
      : ['drop trigger evidence_no_change on evidence'];

  const changes = [
    "update evidence set step = 'two'",
    'delete from evidence',
    ...(dialect === 'sqlite'
      ? [
          'insert or replace into evidence select * from evidence',
          `insert or replace into evidence select 9, person_id, event_id, step, entry, hash, signature from evidence`,
        ]
      : ['truncate evidence']),
  ];

  test('a step of an event leaves one link, whoever repeats it', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.appendEvidence(evidence('one'));
    await inventory.appendEvidence(evidence('one', { at: at(9), actor: 'somebody else' }));
    await inventory.appendEvidence(evidence('one', { eventId: 'e-2' }));
    await inventory.appendEvidence(evidence('one', { personId: 'p-2', reason: 'because' }));
    const rows = await inventory.listEvidence({ limit: 10, offset: 0 });
    expect(rows.map(({ hash: _hash, signature: _signature, ...row }) => row)).toEqual([
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
    { what: 'a removed signature', by: [`update evidence set signature = '' where seq = 2`], seq: 2 },
    {
      what: 'a signature of another link',
      by: ['update evidence set signature = (select signature from evidence where seq = 1) where seq = 2'],
      seq: 2,
    },
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
      by: [`insert into evidence select 4, person_id, 'e-9', step, entry, hash, signature from evidence where seq = 3`],
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

  test('an entry altered together with its hash is found', async () => {
    await using fixture = await makeFixture();
    const { inventory, query } = fixture;
    for (const step of ['one', 'two', 'three']) await inventory.appendEvidence(evidence(step));
    const [before] = await inventory.listEvidence({ limit: 1, offset: 1 });
    const [row] = await query('select entry from evidence where seq = 3');
    const entry = String(row?.['entry']).replace('"hr"', '"me"');
    const hash = hashOf((before?.hash ?? '') + entry);
    const statements = [
      `update evidence set entry = '${entry}', hash = '${hash}' where seq = 3`,
      `update evidence_head set hash = '${hash}'`,
    ];
    for (const statement of [...dropGuards, ...statements]) await query(statement);
    expect(entry).toContain('"me"');
    expect(await inventory.verifyEvidence()).toMatchObject({
      ok: false,
      seq: 3,
      why: expect.stringMatching(/signature/),
    });
  });

  test('a link inserted by SQL, and a whole chain rebuilt, are found out by their signatures', async () => {
    await using fixture = await makeFixture();
    const { inventory, query } = fixture;
    for (const step of ['one', 'two']) await inventory.appendEvidence(evidence(step));
    const [, last] = await inventory.listEvidence({ limit: 2, offset: 0 });
    const entry = canonicalJson(evidence('planted'));
    const hash = hashOf((last?.hash ?? '') + entry);
    await query(`insert into evidence (seq, person_id, event_id, step, entry, hash, signature)
      select 3, person_id, event_id, 'planted', '${entry}', '${hash}', signature from evidence where seq = 2`);
    await query(`update evidence_head set seq = 3, hash = '${hash}'`);
    expect(await inventory.verifyEvidence()).toMatchObject({
      ok: false,
      seq: 3,
      why: expect.stringMatching(/signature/),
    });

    for (const statement of dropGuards) await query(statement);
    await query('delete from evidence');
    await query('delete from evidence_head');
    await using forger = await openWith(fixture.location, newSigner());
    for (const step of ['one', 'two']) await forger.appendEvidence(evidence(step));
    expect(await forger.verifyEvidence()).toMatchObject({ ok: true, count: 2 });
    expect(await inventory.verifyEvidence()).toMatchObject({
      ok: false,
      seq: 1,
      why: expect.stringMatching(/signature/),
    });
  });

  test('where the key cannot sign nothing is written, neither the link nor what it belongs to', async () => {
    await using fixture = await makeFixture();
    const sign = () => Promise.reject(new Error('there is no key'));
    await using unable = await openWith(fixture.location, { sign, verify: async () => true });
    await expect(unable.appendEvidence(evidence('one'))).rejects.toThrow('there is no key');
    const row = { id: 't-1', role: 'auditor', createdAt: at(1), expiresAt: at(9), hash: 'h', seal: 's' } as const;
    const both = unable.inTransaction(async (trx) => {
      await trx.createToken(row);
      await trx.appendEvidence(evidence('two'));
    });
    await expect(both).rejects.toThrow('there is no key');
    expect(await fixture.inventory.listTokens()).toEqual([]);
    expect(await fixture.inventory.verifyEvidence()).toEqual({ ok: true, count: 0 });
  });

  test('guards that were taken away, switched off or hollowed out are named', async () => {
    await using fixture = await makeFixture();
    const { inventory, query } = fixture;
    expect(await inventory.missingGuards()).toEqual([]);
    const [hollow, names] =
      dialect === 'sqlite'
        ? [
            [
              'drop trigger evidence_no_update',
              'create trigger evidence_no_update before update on evidence begin select 1; end',
            ],
            ['evidence_no_update', 'evidence_no_delete', 'evidence_no_replace'],
          ]
        : [['alter table evidence disable trigger evidence_no_change'], ['evidence_no_change']];
    for (const statement of hollow) await query(statement);
    expect(await inventory.missingGuards()).toEqual(names.slice(0, 1));
    for (const statement of dropGuards) await query(statement);
    expect(await inventory.missingGuards()).toEqual(names);
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
