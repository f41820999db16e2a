import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openInventory } from '../../../support/inventory.ts';
import { loadPolicy } from '../../../../policy/file.ts';
import { planRosterFile } from '../../../../client/intake/roster/apply.ts';
import { examplePolicyPath } from '../../../../config/config.ts';

test('of 10,000 rows the odd ones are reported with line and reason, and all others are planned', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-roster-'));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rm(folder, { recursive: true }));
  const inventory = opened.use(await openInventory({ file: join(folder, 'inventory.db') }));
  const policy = await loadPolicy(examplePolicyPath, { datadogIsSimulator: true });
  const path = join(folder, 'people.csv');
  const zones = ['Europe/Berlin', 'Asia/Tokyo', 'UTC'];
  const lines = Array.from(
    { length: 10_000 },
    (_, index) => `e-${index},e-${index}@example.com,2026-01-31,${zones[index % 3] ?? ''}`,
  );
  lines[7_776] = 'e-x,x@example.com,2026-02-30,';
  lines[7_777] = 'e-y,"y@example.com,,';
  await writeFile(path, `id,email,start date,time zone\n${lines.join('\n')}\n`);
  const { plan, refused } = await planRosterFile(inventory, policy, { path, source: 'hr', isComplete: true });
  expect(plan.problems).toEqual([
    { line: 7_778, message: 'startDate must be a day that the calendar has' },
    { line: 7_779, message: 'has a quotation mark that is not closed' },
  ]);
  expect(refused).toMatchObject([{ line: 7_778, cells: { externalId: 'e-x' } }, { line: 7_779 }]);
  expect(plan.items).toHaveLength(9_998);
  expect(new Set(plan.items.map(({ kind }) => kind))).toEqual(new Set(['joiner']));
  expect(plan).toMatchObject({ contradictions: [], isWhole: false, budget: { isExceeded: false } });
  expect(await inventory.listPeople({ limit: 1, offset: 0 })).toEqual([]);
});
