import { sql } from 'kysely';
import { isPostgres } from './dialect.ts';
import type { Db } from './schema.ts';

/** Evidence is only ever added to: the database itself refuses anything else. */
export async function guardEvidence(db: Db): Promise<void> {
  const statements = isPostgres(db)
    ? [postgresFunction, ...Object.values(postgresGuards)]
    : Object.values(sqliteGuards);
  for (const statement of statements) await sql.raw(statement).execute(db);
}

/** The guards that were taken away, switched off or replaced, by name. */
export async function missingGuards(db: Db): Promise<readonly string[]> {
  const present = isPostgres(db) ? await presentInPostgres(db) : await presentInSqlite(db);
  return Object.keys(isPostgres(db) ? postgresGuards : sqliteGuards).filter((name) => !present.has(name));
}

const refuse = `begin select raise(abort, 'evidence is append-only'); end`;

/** The last: \`insert or replace\` deletes without a word to a trigger of \`delete\`. */
const sqliteGuards: Readonly<Record<string, string>> = {
  evidence_no_update: `create trigger evidence_no_update before update on evidence ${refuse}`,
  evidence_no_delete: `create trigger evidence_no_delete before delete on evidence ${refuse}`,
  evidence_no_replace:
    `create trigger evidence_no_replace before insert on evidence when exists (select 1 from evidence where seq = new.seq) ` +
    `or exists (select 1 from evidence where event_id = new.event_id and step = new.step and person_id = new.person_id) ${refuse}`,
};

const refusal = ` begin raise exception 'evidence is append-only'; end `;
const postgresFunction = `create function refuse_evidence_change() returns trigger language plpgsql as $$${refusal}$$`;
const postgresGuards: Readonly<Record<string, string>> = {
  evidence_no_change:
    `create trigger evidence_no_change before update or delete or truncate on evidence ` +
    `for each statement execute function refuse_evidence_change()`,
};
/** Before (2), delete (8), update (16), truncate (32), for each statement (0): pg_trigger.h. */
const postgresKind = 2 + 8 + 16 + 32;

/** SQLite keeps the statement as it was written, with the first words in capitals. */
async function presentInSqlite(db: Db): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ name: string; sql: string }>`
    select name, sql from sqlite_master where type = 'trigger' and tbl_name = 'evidence'`.execute(db);
  const unchanged = rows.filter(({ name, sql: text }) => text.toLowerCase() === sqliteGuards[name]?.toLowerCase());
  return new Set(unchanged.map(({ name }) => name));
}

async function presentInPostgres(db: Db): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ name: string }>`
    select tgname as name from pg_trigger join pg_proc on pg_proc.oid = tgfoid
    where tgrelid = 'evidence'::regclass and tgenabled in ('O', 'A') and tgtype = ${postgresKind} and tgqual is null
      and prosrc = ${refusal}`.execute(db);
  return new Set(rows.map(({ name }) => name));
}
