import { expect, test } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import { applySchedules, syncNow } from '../../client/operations/schedule.ts';
import { accessSyncScheduleId } from '../../domain/contracts.ts';
import { startDevServer } from '../support/engine.ts';
import { eventually, startTestMuster } from '../support/muster.ts';
import { syncedRows } from '../support/syncedRows.ts';

/** A Muster on a server of its own; with `settings` the server suggests to continue as new early. */
async function startStage(settings: Readonly<Record<string, number>>, latencyMs: number) {
  await using stack = new AsyncDisposableStack();
  const engine = stack.use(await startDevServer({ settings }));
  const connection = await NativeConnection.connect({ address: engine.address });
  stack.defer(() => connection.close());
  const { client } = engine;
  const simulator = { people: 60, nhis: 30, seed: 7, latencyMs };
  const stage = stack.use(await startTestMuster({ client, connection, simulator }));
  await applySchedules(client, {
    sync: { ...stage.policy.sync, lightEveryMs: 3_600_000, cron: '0 3 1 1 *' },
    roster: stage.policy.roster,
  });
  const kept = stack.move();
  return { ...stage, client, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

type Stage = Awaited<ReturnType<typeof startStage>>;

/** The sync that runs, by the first run of its chain. */
async function running({ client }: Stage) {
  return eventually('a sync to run', async () => {
    const { info } = await client.schedule.getHandle(accessSyncScheduleId).describe();
    return info.runningActions.at(-1)?.workflow;
  });
}

/** What was written, without ids of this simulator's and times. */
async function pictureOf({ inventory }: Stage) {
  const { accounts, nhis, roles, teams, members } = await syncedRows(inventory);
  const [run] = await inventory.listSyncRuns(1);
  const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).toSorted();
  const { durationMs: _, ...summary } = run?.summary ?? { durationMs: 0 };
  return {
    accounts: sorted(accounts.map(({ email, status, roleNames }) => [email, status, roleNames.toSorted()])),
    nhis: sorted(nhis.map(({ kind, name, goneAt }) => [kind, name, goneAt])),
    roles: sorted(roles.map(({ name, permissions }) => [name, permissions])),
    teams: teams.map(({ handle }) => handle).toSorted(),
    members: members.length,
    run: { depth: run?.depth, kinds: run?.kinds, reason: run?.reason, summary },
  };
}

test('a sync that continues as new repeatedly has the rows and record of an undisturbed one', async () => {
  await using undisturbed = await startStage({}, 0);
  await syncNow(undisturbed.client);
  const expected = await pictureOf(undisturbed);
  expect(expected.run.summary).toMatchObject({ complete: true });

  await using stage = await startStage({ 'limit.historyCount.suggestContinueAsNew': 12 }, 60);
  const { client, inventory } = stage;
  const syncing = syncNow(client);
  const { workflowId, firstExecutionRunId } = await running(stage);
  const runOf = (runId?: string) => client.workflow.getHandle(workflowId, runId).describe();
  await eventually('it to continue as new', async () => (await runOf()).runId !== firstExecutionRunId);
  // Asked for meanwhile it is the same one, whichever run of the chain it is in.
  const asked = syncNow(client);
  expect(await asked).toEqual(await syncing);
  expect(await runOf(firstExecutionRunId)).toMatchObject({ status: { name: 'CONTINUED_AS_NEW' } });
  expect((await runOf()).raw.workflowExecutionInfo?.firstRunId).toBe(firstExecutionRunId);

  const runs = await inventory.listSyncRuns(10);
  expect(runs).toMatchObject([{ runId: firstExecutionRunId, summary: await syncing }]);
  expect(await pictureOf(stage)).toEqual(expected);
  expect(await syncNow(client)).toMatchObject({ complete: true, added: 0, changed: 0, removed: 0 });
  expect(await inventory.listSyncRuns(10)).toHaveLength(2);
}, 120_000);
