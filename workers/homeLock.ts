import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../domain/errors.ts';
import Database from 'better-sqlite3';

/**
 * Holds the folder for as long as this process lives: the operating system releases the lock of a SQLite file however
 * the process ends, which a file with a pid in it does not. Throws where another process holds it.
 */
export async function lockHome(home: string): Promise<Disposable> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const pidPath = join(home, 'lock.pid');
  const lockPath = join(home, 'lock.db');
  await writeFile(lockPath, '', { flag: 'a', mode: 0o600 });
  const database = new Database(lockPath, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch {
    database.close();
    const pid = await readFile(pidPath, 'utf8').catch(() => 'unknown');
    throw new UsageError(
      `Muster runs already in ${home} (pid ${pid}). Stop that one, or set MUSTER_HOME to another folder.`,
    );
  }
  await writeFile(pidPath, String(process.pid), { mode: 0o600 });
  return { [Symbol.dispose]: () => database.close() };
}
