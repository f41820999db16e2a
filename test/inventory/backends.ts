import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from '@jest/globals';
import Database from 'better-sqlite3';
import { Client } from 'pg';
import { type InventoryLocation } from '../../inventory/index.ts';
import { openInventory } from '../support/inventory.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { createDatabaseIn } from '../support/postgres.ts';
import { shared } from '../support/shared/client.ts';

/** A database of its own for one test, with a way around the inventory to look into it or to damage it. */
interface Place {
  readonly location: InventoryLocation;
  readonly query: (statement: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** The same over another connection of PostgreSQL. */
  readonly queryAs: (url: string, statement: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly dispose: () => Promise<void>;
}

export interface Fixture extends Place, AsyncDisposable {
  readonly inventory: Inventory;
}

interface TestedDatabase {
  readonly name: string;
  readonly dialect: Inventory['dialect'];
  /** An empty inventory; `await using` takes it away again. */
  readonly makeFixture: () => Promise<Fixture>;
}

/** For `describe.each`: SQLite, and the real PostgreSQL of this run. */
export async function openDatabases(): Promise<TestedDatabase[]> {
  const sqlite: TestedDatabase = {
    name: 'SQLite',
    dialect: 'sqlite',
    makeFixture: async () => openFixture(await makeSqlitePlace()),
  };
  const server = await shared('postgres');
  if (server === undefined) throw new Error('PostgreSQL is shared by a run of Jest');
  if ('unavailable' in server) {
    // oxlint-disable-next-line jest/no-disabled-tests, jest/expect-expect -- the title is the message
    test.skip(`on PostgreSQL: skipped, since it cannot run on this machine (${server.unavailable})`, () => undefined);
    return [sqlite];
  }
  const makePlace = async (): Promise<Place> => {
    const { url } = await createDatabaseIn(server.folder);
    // Dropping one waits for a checkpoint; they go with the server.
    return {
      location: { url },
      query: (statement) => queryPostgres(url, statement),
      queryAs: queryPostgres,
      dispose: async () => undefined,
    };
  };
  return [
    sqlite,
    { name: 'PostgreSQL', dialect: 'postgresql', makeFixture: async () => openFixture(await makePlace()) },
  ];
}

export async function makeSqlitePlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-inventory-'));
  const file = join(folder, 'state', 'muster.sqlite');
  return {
    location: { file },
    query: async (statement) => querySqlite(file, statement),
    queryAs: queryPostgres,
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function openFixture(place: Place): Promise<Fixture> {
  const inventory = await openInventory(place.location);
  return {
    ...place,
    inventory,
    [Symbol.asyncDispose]: async () => {
      await inventory.close();
      await place.dispose();
    },
  };
}

function querySqlite(file: string, statement: string): readonly Readonly<Record<string, unknown>>[] {
  const database = new Database(file);
  try {
    const prepared = database.prepare<[], Record<string, unknown>>(statement);
    if (prepared.reader) return prepared.all();
    prepared.run();
    return [];
  } finally {
    database.close();
  }
}

async function queryPostgres(url: string, statement: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
