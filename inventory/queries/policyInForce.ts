import { locked } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import { policySubject } from '../port/evidence.ts';
import { parseJson } from '../port/json.ts';

/** The hash of the policy that the newest link about it names. Nobody adds another one until the transaction ends. */
export const policyOnRecord = locked('evidence', async (db: Db): Promise<string | undefined> => {
  const row = await db
    .selectFrom('evidence')
    .select('entry')
    .where('personId', '=', policySubject)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && (parseJson(row.entry).after as { readonly hash: string }).hash;
});
