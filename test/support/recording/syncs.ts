import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRun, type StoredRun } from '../histories.ts';
import { eventually } from '../muster.ts';
import * as on from './stage.ts';

/** All runs of a chain, oldest first. */
async function chainOf({ client }: on.Stage, workflowId: string): Promise<readonly StoredRun[]> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const runs: StoredRun[] = [];
  for (let runId = raw.workflowExecutionInfo?.firstRunId ?? undefined; runId !== undefined;) {
    const { history, next } = await readRun(client, workflowId, runId);
    runs.push({ workflowId, history });
    runId = next;
  }
  return runs;
}

const start = ({ client }: on.Stage, depth: 'light' | 'full') =>
  client.workflow.start('accessSync', { workflowId: 'access-sync', taskQueue: 'muster', args: [{ depth }] });

/** Nobody has a signal for a sync: one that comes all the same changes nothing. */
async function synced(stage: on.Stage, depth: 'light' | 'full') {
  const handle = await start(stage, depth);
  await handle.signal('recheck');
  await handle.result();
  return chainOf(stage, 'access-sync');
}

const refusal = (status: number) => ({ status, body: { errors: ['Datadog has its reasons'] } });

async function withRoster(
  stage: on.Stage,
  play: (handle: Awaited<ReturnType<typeof start>>) => Promise<unknown>,
): Promise<readonly StoredRun[]> {
  const path = join(stage.policy.roster.folder ?? '', 'people.csv');
  await writeFile(path, 'id,email\ne-1,e-1@example.com\n');
  await utimes(path, new Date(0), new Date(0));
  const handle = await stage.client.workflow.start('rosterImport', {
    workflowId: 'roster-import',
    taskQueue: 'muster',
    args: [],
  });
  await handle.signal('recheck');
  await play(handle);
  return chainOf(stage, 'roster-import');
}

/** On a server whose watched folder is a new one. */
function onRosters(play: (handle: Awaited<ReturnType<typeof start>>) => Promise<unknown>): on.Scene {
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-rosters-'));
    try {
      return await on.onServer((stage) => withRoster(stage, play), {
        policy: (example) => ({ ...example, roster: { ...example.roster, folder } }),
      })();
    } finally {
      await rm(folder, { recursive: true });
    }
  };
}

export const syncs: on.Scenes = {
  accessSync: on.onServer((stage) => synced(stage, 'full')),

  accessSyncContinued: on.onServer((stage) => synced(stage, 'full'), { longest: 16 }),

  accessSyncCancelled: on.onServer(async (stage) => {
    stage.simulator.faults.add({ kind: 'slow', ms: 2_000, match: { method: 'GET', path: '/users' } });
    const handle = await start(stage, 'full');
    await handle.signal('recheck');
    await eventually('the sync to read', () => stage.simulator.requests.count() > 0);
    await handle.cancel();
    await handle.result().catch(() => undefined);
    return chainOf(stage, 'access-sync');
  }),

  accessSyncInParts: on.onServer(async (stage) => {
    for (const path of ['/roles$', '/team', '/api_keys', '/application_keys', '/service_accounts/']) {
      stage.simulator.faults.add({ kind: 'reply', match: { method: 'GET', path }, reply: refusal(400) });
    }
    return synced(stage, 'full');
  }),

  accessSyncWithoutRights: on.onServer(async (stage) => {
    stage.simulator.keys.setScopes(['user_access_read']);
    return synced(stage, 'full');
  }),

  accessSyncWithoutKeys: on.onServer(async (stage) => {
    stage.simulator.faults.add({ kind: 'reply', match: { method: 'GET', path: '/' }, reply: refusal(401) });
    return synced(stage, 'full');
  }),

  accessSyncLight: on.onServer(async (stage) => {
    await on.joins(stage, 'Sales');
    return synced(stage, 'light');
  }),

  accessSyncLightRefused: on.onServer(async (stage) => {
    await on.joins(stage, 'Sales');
    stage.simulator.faults.add({ kind: 'reply', match: { method: 'GET', path: '/users' }, reply: refusal(400) });
    return synced(stage, 'light');
  }),

  rosterImport: onRosters((handle) => handle.result()),

  rosterImportCancelled: onRosters(async (handle) => {
    await handle.cancel();
    await handle.result().catch(() => undefined);
  }),
};
