import type { Client } from '@temporalio/client';
import { syncNow } from '../client/operations/schedule.ts';

/** Reads everything once, so that the inventory has a picture before anything happens, and shows what was found. */
export async function showFirstSync(client: Client, say: (text: string) => void): Promise<void> {
  const summary = await syncNow(client);
  const { users, serviceAccounts, roles, teams, keys, requests, durationMs } = summary;
  say(`The first full sync ${summary.complete ? 'read' : 'could not read all of'} the organization:`);
  say(
    `   ${users} people, ${serviceAccounts} service accounts, ${keys} keys and tokens, ${roles} roles, ${teams} teams; ` +
      `${summary.added} new, ${summary.changed} changed, ${summary.removed} gone since the last time`,
  );
  say(`   ${summary.findings} findings, ${requests} requests, ${(durationMs / 1_000).toFixed(1)} s`);
  say('   npx muster inventory users | inventory nhis | sync status\n');
}
