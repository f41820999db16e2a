import { setMaxListeners } from 'node:events';
import type { Client } from '@temporalio/client';
import { syncNow } from '../client/operations/schedule.ts';

interface Shown {
  readonly say: (text: string) => void;
  /** How the command line is called from another terminal. */
  readonly npx: string;
  readonly signal: AbortSignal;
}

/** Reads everything once, so that the inventory has a picture before anything happens, and shows what was found. */
export async function showFirstSync(client: Client, { say, npx, signal }: Shown): Promise<void> {
  // Each of the client's requests listens to it.
  setMaxListeners(0, signal);
  const summary = await client.withAbortSignal(signal, () => syncNow(client));
  const { users, serviceAccounts, roles, teams, keys, requests, durationMs } = summary;
  say(`The first full sync ${summary.complete ? 'read' : 'could not read all of'} the organization:`);
  say(
    `   ${users} people, ${serviceAccounts} service accounts, ${keys} keys and tokens, ${roles} roles, ${teams} teams; ` +
      `${summary.added} new, ${summary.changed} changed, ${summary.removed} gone since the last time`,
  );
  say(`   ${summary.findings} findings, ${requests} requests, ${(durationMs / 1_000).toFixed(1)} s`);
  for (const command of ['inventory users', 'inventory nhis', 'sync status']) say(`   ${npx} ${command}`);
  say('');
}
