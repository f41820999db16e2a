import { PostgresAdapter } from 'kysely';
import type { Db } from './schema.ts';

export type DialectName = 'sqlite' | 'postgresql';

export const dialectOf = (db: Db): DialectName => (isPostgres(db) ? 'postgresql' : 'sqlite');

export const isPostgres = (db: Db): boolean => db.getExecutor().adapter instanceof PostgresAdapter;
