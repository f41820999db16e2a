import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { openInventory } from '../support/inventory.ts';
import { makeSqlitePlace, openDatabases } from './backends.ts';
import { adopt, at, evidence, joiner } from './samples.ts';

describe.each(await openDatabases())('on $name', ({ dialect, makeFixture }) => {
  test('an empty database is brought to this version, and keeps what it holds when opened again', async () => {
    await using fixture = await makeFixture();
    const { inventory, location, query } = fixture;
    expect(inventory.dialect).toBe(dialect);
    await inventory.receiveEvent(joiner('e-1'), at(0));
    const versions = await query('select version from muster_schema order by version');
    expect(versions).toEqual([{ version: 1 }]);
    await inventory.close();
    await using again = await openInventory(location);
    expect(await again.findEvent('e-1')).toMatchObject({ event: joiner('e-1') });
    expect(await query('select version from muster_schema order by version')).toEqual(versions);
  });

  test('many that open a new inventory at once make it once', async () => {
    await using fixture = await makeFixture();
    const { inventory, location, query } = fixture;
    await inventory.close();
    const tables = dialect === 'sqlite' ? "select name from sqlite_master where type = 'table'" : publicTables;
    for (const { name } of await query(tables)) {
      await query(`drop table ${String(name)}${dialect === 'sqlite' ? '' : ' cascade'}`);
    }
    if (dialect === 'postgresql') await query('drop function refuse_evidence_change()');
    const opened = await Promise.all(Array.from({ length: 4 }, () => openInventory(location)));
    const versions = await query('select version from muster_schema');
    expect(new Set(versions.map(({ version }) => version)).size).toBe(versions.length);
    for (const one of opened) await one.close();
  });

  test('an inventory that a newer version wrote is refused in words, and left alone', async () => {
    await using fixture = await makeFixture();
    const { inventory, location, query } = fixture;
    await inventory.close();
    const before = await query('select version from muster_schema');
    await query("insert into muster_schema (version, applied_at) values (99, '2030')");
    await expect(openInventory(location)).rejects.toThrow(/schema 99, this Muster knows \d+.*newer Muster/);
    expect(await query('select version from muster_schema')).toHaveLength(before.length + 1);
  });

  test('two inventories open on one database write side by side', async () => {
    await using fixture = await makeFixture();
    const { inventory, location } = fixture;
    await using other = await openInventory(location);
    await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        (index % 2 === 0 ? inventory : other).appendEvidence(evidence(`step ${index}`)),
      ),
    );
    expect(await other.verifyEvidence()).toMatchObject({ ok: true, count: 30 });
  });

  test('a write that fails leaves nothing behind and the inventory usable', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const attributes = Object.assign({ email: 'a@example.com' }, { more: 1n });
    // It fails in the middle, where the attributes are written as JSON.
    await expect(adopt(inventory, { personId: 'p-1', employment: 'employed', attributes })).rejects.toThrow(/BigInt/);
    expect(await inventory.findPerson('p-1')).toBeUndefined();
    await inventory.appendEvidence(evidence('one'));
    expect(await inventory.verifyEvidence()).toMatchObject({ ok: true, count: 1 });
  });
});

const publicTables = "select tablename as name from pg_tables where schemaname = 'public'";

describe('the place of an inventory', () => {
  test('the SQLite files are private to their owner, in a private folder', async () => {
    const place = await makeSqlitePlace();
    const { location } = place;
    const file = location.file ?? '';
    try {
      await using inventory = await openInventory(location);
      await inventory.receiveEvent(joiner('e-1'), at(0));
      const files = readdirSync(dirname(file));
      expect(files).toHaveLength(3);
      for (const name of files) expect(statSync(join(dirname(file), name)).mode & 0o777).toBe(0o600);
      expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
    } finally {
      await place.dispose();
    }
  });

  test('an existing folder keeps its mode; a file that others could read is closed to them', async () => {
    const place = await makeSqlitePlace();
    const { location } = place;
    const file = location.file ?? '';
    try {
      mkdirSync(dirname(file));
      chmodSync(dirname(file), 0o755);
      await (await openInventory(location)).close();
      chmodSync(file, 0o644);
      await (await openInventory(location)).close();
      expect(statSync(dirname(file)).mode & 0o777).toBe(0o755);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    } finally {
      await place.dispose();
    }
  });

  test('two processes that write one file at once lose nothing', async () => {
    const place = await makeSqlitePlace();
    const { location } = place;
    const times = 60;
    try {
      const ended = await Promise.all(['one', 'two'].map((name) => runWriter(location.file ?? '', name, times)));
      expect(ended).toEqual([
        { code: 0, errors: '' },
        { code: 0, errors: '' },
      ]);
      await using inventory = await openInventory(location);
      expect(await inventory.verifyEvidence()).toMatchObject({ ok: true, count: 2 * times });
      expect(await inventory.waitingEvents({ limit: 10 })).toEqual([]);
      const people = await inventory.listPeople({ limit: 10, offset: 0 });
      // Each person has had every e-mail once: all but the last are previous ones.
      expect(people.flatMap(({ previousEmails }) => previousEmails)).toHaveLength(2 * times - people.length);
    } finally {
      await place.dispose();
    }
  });

  test('a place that is missing or of another kind is refused without showing its password', async () => {
    await expect(openInventory({})).rejects.toThrow(/give `file`.*or `url`/);
    const refused = await messageOf(openInventory({ url: 'mysql://me:s3cret@127.0.0.1/muster' }));
    expect(refused).toMatch(/must begin with postgres:\/\//);
    const unreachable = await messageOf(openInventory({ url: 'postgres://me:s3cret@127.0.0.1:1/muster' }));
    expect(unreachable).toMatch(/ECONNREFUSED/);
    expect(refused + unreachable).not.toContain('s3cret');
  });
});

/** Everything that a log could show of the error. */
const messageOf = (failing: Promise<unknown>): Promise<string> =>
  failing.then(
    () => 'no error',
    (error: unknown) => inspect(error, { depth: 5 }),
  );

async function runWriter(file: string, name: string, times: number): Promise<{ code: unknown; errors: string }> {
  const script = fileURLToPath(new URL('writer.ts', import.meta.url));
  const child = spawn(process.execPath, ['--no-warnings', script, file, name, String(times)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = await once(child, 'close');
  return { code, errors };
}
