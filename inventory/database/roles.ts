import { sql } from 'kysely';
import { isPostgres } from './dialect.ts';
import type { Db, Schema } from './schema.ts';

/** PostgreSQL's roles for the processes of one deployment. Neither owns the tables, so neither can take a guard away. */
export interface Roles {
  readonly worker: string;
  readonly gateway: string;
}

/** `append`: rows are read and added, and stay as they are. `change`: they may be changed too, and stay. */
type Rights = 'read' | 'append' | 'change' | 'write';
type TableRights = Partial<Record<keyof Schema, Rights>>;

const privileges: Record<Rights, string> = {
  read: 'select',
  append: 'select, insert',
  change: 'select, insert, update',
  write: 'select, insert, update, delete',
};

/** What the gateway does: it takes in events and decisions, shows the record, and watches the workers. It reads the rest. */
const gatewayRights: TableRights = {
  deliveries: 'write',
  refusals: 'write',
  intakeRates: 'write',
  intake: 'write',
  people: 'append',
  aliases: 'write',
  scimResources: 'write',
  scimMembers: 'write',
  submissions: 'write',
  decisions: 'append',
  evidence: 'append',
  evidenceHead: 'write',
  instances: 'write',
  // It watches what a worker that is stuck cannot say.
  findings: 'change',
};

/** The worker, and the command line beside it, write everything but what is never changed. */
const workerRights: TableRights = { evidence: 'append', identity: 'read', musterSchema: 'read' };

/** Gives each role what it needs in the tables there are, and takes everything else away. PostgreSQL only. */
export async function grantRoles(db: Db, { worker, gateway }: Roles): Promise<void> {
  if (!isPostgres(db)) throw new Error('roles are PostgreSQL’s: a SQLite inventory is one file of one user');
  const tables = await db.introspection.getTables();
  await db.transaction().execute(async (trx) => {
    for (const { name } of tables) {
      // As the schema of the code names it.
      const table = name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()) as keyof Schema;
      await grant(trx, name, worker, workerRights[table] ?? 'write');
      await grant(trx, name, gateway, gatewayRights[table] ?? 'read');
    }
  });
}

async function grant(trx: Db, table: string, role: string, rights: Rights): Promise<void> {
  const [on, to] = [sql.table(table), sql.id(role)];
  await sql`revoke all on ${on} from ${to}`.execute(trx);
  await sql`grant ${sql.raw(privileges[rights])} on ${on} to ${to}`.execute(trx);
}
