import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from '@jest/globals';
import { repairOrHold } from '../../../../activities/sync/findings/repair.ts';
import { budgetOf } from '../../../support/changeBudget.ts';
import { openInventory } from '../../../support/inventory.ts';
import { loadPolicy } from '../../../../policy/file.ts';
import { examplePolicyPath } from '../../../../config/config.ts';

const at = '2026-06-01T12:00:00.000Z';
const candidates = ['p-1', 'p-2', 'p-3'].map((personId) => ({ personId, subjects: [`${personId}/role:r-1`] }));

test('repairs are held by the change budget of the policy', async () => {
  await using inventory = await openInventory({ file: ':memory:' });
  const example = await loadPolicy(examplePolicyPath, { datadogIsSimulator: true });
  const submitted: string[] = [];
  const repairWithin = (atLeast: number) =>
    new MockActivityEnvironment().run(() =>
      repairOrHold({
        inventory,
        signals: { submit: async ({ personId }) => void submitted.push(personId) },
        policy: {
          mode: 'enforce',
          sync: { ...example.sync, drift: 'repair' },
          changeBudget: budgetOf(atLeast),
        },
        input: { runId: `run-${atLeast}` },
        organization: { activeBound: 3 },
        candidates,
        at,
      }),
    );
  expect(await repairWithin(2)).toMatchObject({ repaired: 0, held: { people: 3 } });
  expect(submitted).toEqual([]);
  expect(await repairWithin(3)).toEqual({ repaired: 3 });
  expect(submitted).toEqual(['p-1', 'p-2', 'p-3']);
});
