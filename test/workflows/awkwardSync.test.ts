import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import type { Client } from '@temporalio/client';
import { applySchedules, lightSyncNow, syncNow } from '../../client/operations/schedule.ts';
import { startDevServer } from '../support/engine.ts';
import {
  accountOf,
  eventually,
  hrEvent,
  inPhase,
  outcomeOf,
  startTestMuster,
  type TestMuster,
} from '../support/muster.ts';
import { syncedRows } from '../support/syncedRows.ts';

/** Write the number of a run that failed here to see it again. */
const fixedSeed: number | undefined = undefined;

let opened: AsyncDisposableStack;
let stage: TestMuster;
let client: Client;

beforeAll(async () => {
  const seed = fixedSeed ?? randomInt(1_000_000);
  process.stderr.write(`awkward sync: seed ${seed}\n`);
  await using stack = new AsyncDisposableStack();
  const engine = stack.use(await startDevServer());
  const connection = await NativeConnection.connect({ address: engine.address });
  stack.defer(() => connection.close());
  const simulator = { people: 60, nhis: 30, seed, awkward: seed };
  stage = stack.use(await startTestMuster({ client: engine.client, connection, simulator }));
  client = engine.client;
  await applySchedules(client, {
    sync: { ...stage.policy.sync, lightEveryMs: 3_600_000, cron: '0 3 1 1 *' },
    roster: stage.policy.roster,
  });
  opened = stack.move();
}, 120_000);
afterAll(() => opened?.disposeAsync());

/** Whose rows lack what Muster must know of an account. */
const unreadable = ['without-relationships@example.com', 'without-roles@example.com'];

test('a full sync reads everybody but the rows that it cannot, and names those', async () => {
  const { simulator, inventory } = stage;
  const summary = await eventually('a complete sync', async () => {
    const one = await syncNow(client);
    return one.complete && one;
  });
  const there = simulator.users().filter(({ email }) => !unreadable.includes(email));
  const known = new Map((await inventory.listAccounts({ limit: 1_000, offset: 0 })).map((row) => [row.id, row]));
  const read = there.map(({ id }) => {
    const row = known.get(id);
    return { id, status: row?.status, roleIds: row?.roleIds.toSorted() };
  });
  const expected = there.map(({ id, status, roleIds }) => ({
    id,
    status: status.toLowerCase(),
    roleIds: [...roleIds].toSorted(),
  }));
  expect(read).toEqual(expected);
  expect(known.size).toBe(there.length);
  const ids = simulator.users().flatMap(({ id, email }) => (unreadable.includes(email) ? [id] : []));
  expect(summary.odd.rows.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
});

test('a second full sync finds nothing new, and a row that was unreadable is not taken for gone', async () => {
  const before = await syncedRows(stage.inventory);
  expect(
    await eventually('a complete sync', async () => {
      const one = await syncNow(client);
      return one.complete && one;
    }),
  ).toMatchObject({ added: 0, changed: 0, removed: 0 });
  expect(await syncedRows(stage.inventory)).toEqual(before);
});

test('an acceptance is noticed among odd rows, by a search that lags', async () => {
  const joiner = hrEvent('joiner', 'e-1', { person: { department: 'Engineering' } });
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, 'e-1', 'waitingForAcceptance');
  stage.simulator.accept(accountOf(stage, 'e-1')?.id ?? '');
  await eventually('the acceptance to be noticed', async () => {
    await lightSyncNow(client);
    return (await stage.inventory.findEvent(joiner.eventId))?.outcome;
  });
  expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
  expect(accountOf(stage, 'e-1')).toMatchObject({ roles: ['Datadog Read Only Role', 'Datadog Standard Role'] });
});
