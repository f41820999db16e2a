import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import { applyPlan, planRosterFile } from '../../../../client/intake/roster/apply.ts';
import { startDevServer } from '../../../support/engine.ts';
import { eventually, startTestMuster } from '../../../support/muster.ts';
import { officialClient } from '../../../support/officialClient.ts';

test('a roster that is applied brings people in and out, and applied again changes nothing', async () => {
  await using engine = await startDevServer();
  const connection = await NativeConnection.connect({ address: engine.address });
  await using opened = new AsyncDisposableStack();
  opened.defer(() => connection.close());
  const stage = opened.use(await startTestMuster({ client: engine.client, connection }));
  const { inventory, muster, policy, simulator } = stage;
  const folder = await mkdtemp(join(tmpdir(), 'muster-roster-'));
  const path = join(folder, 'people.csv');
  const apply = async (lines: readonly string[]) => {
    await writeFile(path, ['id,email,department,end date', ...lines].join('\n'));
    const plan = await planRosterFile(inventory, policy, { path, source: 'hr', isComplete: false });
    await applyPlan({ muster, inventory, policy }, plan, { path });
    return plan.plan.items.map(({ kind }) => kind).toSorted((a, b) => (a < b ? -1 : 1));
  };
  const allApplied = () =>
    eventually('every event to be applied', async () => (await inventory.waitingEvents({ limit: 1 })).length === 0);
  try {
    const both = ['e-1,e-1@example.com,Sales,', 'e-2,e-2@example.com,Engineering,'];
    expect(await apply(both)).toEqual(['joiner', 'joiner']);
    // Again at once, while both wait for their acceptance.
    expect(await apply(both)).toEqual([]);
    for (const personId of ['e-1', 'e-2']) {
      const account = await eventually(
        `an account for ${personId}`,
        async () => (await inventory.findPerson(personId))?.accountId,
      );
      await eventually('an invitation', async () =>
        (await inventory.listPending()).some((one) => one.accountId === account),
      );
      simulator.accept(account);
      await engine.client.workflow.getHandle(`person/${personId}`).signal('accountActivated', { accountId: account });
    }
    await allApplied();
    expect(await apply(both)).toEqual([]);
    expect(await apply(['e-1,e-1@example.com,Engineering,', 'e-2,e-2@example.com,Engineering,2026-01-31'])).toEqual([
      'leaver',
      'mover',
    ]);
    await allApplied();
    const users = await officialClient(simulator).listAllUsers();
    const statusOf = (email: string) =>
      users.filter(({ attributes }) => attributes?.email === email).map(({ attributes }) => attributes?.status);
    expect(statusOf('e-1@example.com')).toEqual(['Active']);
    expect(statusOf('e-2@example.com')).toEqual(['Disabled']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('rosters of the watched folder are applied and moved; one above the budget is held', async () => {
  await using engine = await startDevServer();
  const connection = await NativeConnection.connect({ address: engine.address });
  await using opened = new AsyncDisposableStack();
  opened.defer(() => connection.close());
  const folder = await mkdtemp(join(tmpdir(), 'muster-rosters-'));
  opened.defer(() => rm(folder, { recursive: true }));
  const stage = opened.use(
    await startTestMuster({
      client: engine.client,
      connection,
      policy: (example) => ({ ...example, roster: { ...example.roster, folder, complete: true } }),
    }),
  );
  const put = async (name: string, lines: readonly string[]) => {
    await writeFile(join(folder, name), ['id,email', ...lines].join('\n'));
    const before = new Date(Date.now() - 60_000);
    await utimes(join(folder, name), before, before);
  };
  const everybody = Array.from({ length: 7 }, (_, index) => `r-${index},r-${index}@example.com`);
  await put('people.csv', everybody);
  const run = () =>
    engine.client.workflow.execute('rosterImport', { workflowId: 'roster-import', taskQueue: 'muster', args: [] });
  await run();
  expect((await readdir(join(folder, 'applied'))).length).toBe(1);
  const known = await eventually('seven people', async () => {
    const people = await stage.inventory.listPeople({ limit: 100, offset: 0 });
    return (
      people.filter(({ employment, accountId }) => employment === 'unknown' && accountId !== undefined).length === 7
    );
  });
  expect(known).toBe(true);
  for (const { personId, attributes } of await peopleOf(stage)) {
    const known = attributes ?? { email: `${personId}@example.com` };
    await stage.inventory.inTransaction((trx) =>
      trx.adoptPerson({ personId, employment: 'employed', attributes: known, at: '2026-01-01T00:00:00.000Z' }),
    );
  }
  await put('people.csv', everybody.slice(1));
  await run();
  const findings = (state: 'open' | 'closed') =>
    stage.inventory.listFindings({ kind: 'missingFromHr', state, limit: 9, offset: 0 }, new Date().toISOString());
  expect(await findings('open')).toMatchObject([{ personId: 'r-0', evidence: { source: 'hr', roster: 'people.csv' } }]);
  await put('people.csv', everybody);
  await run();
  expect(await findings('open')).toEqual([]);
  expect(await findings('closed')).toMatchObject([{ personId: 'r-0' }]);

  await put('truncated.csv', everybody.slice(0, 1));
  await put('broken.csv', []);
  await writeFile(join(folder, 'broken.csv'), 'id,name\n1,Sam\n');
  await utimes(join(folder, 'broken.csv'), new Date(0), new Date(0));
  await run();
  expect((await readdir(join(folder, 'held'))).map((name) => name.split('-').at(-1))).toEqual(['truncated.csv']);
  expect((await readdir(join(folder, 'failed'))).map((name) => name.split('-').at(-1))).toEqual(['broken.csv']);
  expect(stage.notices.filter(({ kind }) => kind === 'rosterNotApplied').length).toBe(2);
});

const peopleOf = ({ inventory }: Awaited<ReturnType<typeof startTestMuster>>) =>
  inventory.listPeople({ limit: 100, offset: 0 });
