import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { CompiledQuery, SqliteDialect, SqliteDriver, type DatabaseConnection, type Driver } from 'kysely';

const busyTimeoutMs = 5_000;
const retryMs = 4;

/** SQLite in one file: private to its owner, WAL, every transaction a writer from its first statement. */
export function createSqliteDialect(file: string): SqliteDialect {
  return new ImmediateSqliteDialect({ database: () => openDatabase(file) });
}

async function openDatabase(file: string): Promise<Database.Database> {
  preparePrivateFile(file);
  const database = new Database(file, { timeout: busyTimeoutMs });
  try {
    // Two processes that open a new file at once: turning WAL on does not wait for the other by itself.
    await untilNotBusy(() => database.pragma('journal_mode = WAL'));
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
    return rememberStatements(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

const rememberedStatements = 100;

/** Kysely has every statement compiled anew, which costs a sync more than to run it: the last of them are kept. */
function rememberStatements(database: Database.Database): Database.Database {
  const remembered = new Map<string, Database.Statement>();
  const prepare = database.prepare.bind(database);
  database.prepare = ((text: string) => {
    // A pragma takes effect while it is compiled.
    if (text.startsWith('pragma')) return prepare(text);
    const statement = remembered.get(text) ?? prepare(text);
    remembered.delete(text);
    remembered.set(text, statement);
    const [oldest] = remembered.keys();
    if (remembered.size > rememberedStatements && oldest !== undefined) remembered.delete(oldest);
    return statement;
  }) as typeof database.prepare;
  return database;
}

/** SQLite gives its -wal and -shm files the mode of the database. A folder that was there before keeps its mode. */
function preparePrivateFile(file: string): void {
  if (file === ':memory:') return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
}

class ImmediateSqliteDialect extends SqliteDialect {
  readonly #config: { readonly database: () => Promise<Database.Database> };

  constructor(config: { readonly database: () => Promise<Database.Database> }) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new ImmediateSqliteDriver(this.#config);
  }
}

/**
 * A transaction that begins deferred and writes after a read fails at once when another process wrote in between, and
 * no timeout helps. One that begins immediate waits. It waits here and not in SQLite, which would block the event loop,
 * and with it a writer of the same process that holds the lock.
 */
class ImmediateSqliteDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const run = (statement: string) => connection.executeQuery(CompiledQuery.raw(statement));
    await run('pragma busy_timeout = 0');
    try {
      await untilNotBusy(() => run('begin immediate'));
    } finally {
      await run(`pragma busy_timeout = ${busyTimeoutMs}`);
    }
  }
}

async function untilNotBusy<T>(attempt: () => T | Promise<T>): Promise<T> {
  const deadline = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      await delay(retryMs * (0.5 + Math.random()));
    }
  }
}

/** By its code alone: the driver's errors come from native code, which may have been loaded in another realm. */
const isBusy = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
