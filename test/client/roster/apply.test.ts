import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import { applyPlan, planRosterFile } from '../../../client/roster/apply.ts';
import { startDevServer } from '../../support/engine.ts';
import { eventually, startTestMuster } from '../../support/muster.ts';
import { officialClient } from '../../support/officialClient.ts';

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
    await applyPlan({ muster, inventory }, plan, { isComplete: false });
    return plan.items.map(({ kind }) => kind).toSorted((a, b) => (a < b ? -1 : 1));
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
