import { secretKinds } from '../../domain/sync/kinds.ts';
import type { Db } from '../database/schema.ts';

/** What is there now, as far as it was seen. `keys` are keys and tokens of any kind. */
export async function countRows(db: Db): Promise<{ users: number; serviceAccounts: number; keys: number }> {
  const accounts = await db
    .selectFrom('accounts')
    .select(['isServiceAccount', ({ fn }) => fn.countAll().as('count')])
    .where('goneAt', 'is', null)
    .groupBy('isServiceAccount')
    .execute();
  const of = (flag: number): number => Number(accounts.find((row) => row.isServiceAccount === flag)?.count ?? 0);
  const { keys } = await db
    .selectFrom('nhis')
    .select(({ fn }) => fn.countAll().as('keys'))
    .where('kind', 'in', secretKinds)
    .where('goneAt', 'is', null)
    .executeTakeFirstOrThrow();
  return { users: of(0), serviceAccounts: of(1), keys: Number(keys) };
}
