import { Socket } from 'node:net';
import { PostgresDialect } from 'kysely';
import { Pool } from 'pg';

const poolSize = 10;
const connectTimeoutMs = 5_000;
const statementTimeoutMs = 30_000;
/** The server ends a statement before: a connection that says nothing for so long is dead, whatever the network thinks. */
const silenceMs = statementTimeoutMs + 5_000;

/** PostgreSQL through a pool. `url` may hold a password: it never appears in an error. */
export function createPostgresDialect(url: string): PostgresDialect {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new Error('the inventory url must begin with postgres:// or postgresql://; set DATABASE_URL accordingly');
  }
  return new PostgresDialect({ pool: () => Promise.resolve(openPool(url)) });
}

function openPool(url: string): Pool {
  const pool = new Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    // The server does not learn that a client is cut off: its locks go all the same.
    idle_in_transaction_session_timeout: statementTimeoutMs,
    application_name: 'muster',
    stream: openSocket,
  });
  // A connection that breaks is replaced at the next query; without listeners it would end the process, an idle one by the
  // first, and one that is between two statements of a transaction by the second.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Ends by itself when nothing comes: its statement fails, and the pool opens another one. */
function openSocket(): Socket {
  const socket = new Socket();
  socket.setTimeout(silenceMs, () => socket.destroy(new Error('the database does not answer')));
  return socket;
}
