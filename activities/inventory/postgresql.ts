import { PostgresDialect } from 'kysely';
import { Pool } from 'pg';

const poolSize = 10;
const connectTimeoutMs = 5_000;
const statementTimeoutMs = 30_000;

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
    application_name: 'muster',
  });
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}
