import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openInventory } from '../../../support/inventory.ts';
import { loadPolicy } from '../../../../policy/file.ts';
import { planRosterFile } from '../../../../client/intake/roster/apply.ts';
import { examplePolicyPath } from '../../../../config/config.ts';

test('one bad row of 10,000 is reported with its line, and all others are planned', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-roster-'));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rm(folder, { recursive: true }));
  const inventory = opened.use(await openInventory({ file: join(folder, 'inventory.db') }));
  const policy = await loadPolicy(examplePolicyPath, { datadogIsSimulator: true });
  const path = join(folder, 'people.csv');
  const lines = Array.from({ length: 10_000 }, (_, index) => `e-${index},e-${index}@example.com,2026-01-31`);
  lines[7_776] = 'e-x,x@example.com,2026-02-30';
  await writeFile(path, `id,email,start date\n${lines.join('\n')}\n`);
  const plan = await planRosterFile(inventory, policy, { path, source: 'hr', isComplete: true });
  expect(plan.problems).toEqual([{ line: 7_778, message: 'startDate must be a day such as 2026-01-31' }]);
  expect(plan.items).toHaveLength(9_999);
  expect(new Set(plan.items.map(({ kind }) => kind))).toEqual(new Set(['joiner']));
  expect(plan).toMatchObject({ contradictions: [], isWhole: false, budget: { isExceeded: false } });
  expect(await inventory.listPeople({ limit: 1, offset: 0 })).toEqual([]);
});
