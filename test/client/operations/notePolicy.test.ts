import { expect, test } from '@jest/globals';
import { notePolicy } from '../../../client/operations/notePolicy.ts';
import { openInventory } from '../../support/inventory.ts';

test('a changed policy is a link of evidence with both hashes, and an unchanged one is none', async () => {
  await using inventory = await openInventory({ file: ':memory:' });
  for (const hash of ['a', 'a', 'b', 'a', 'a']) await notePolicy(inventory, hash);
  const rows = await inventory.listEvidence({ limit: 10, offset: 0 });
  const by = { action: 'change policy', actor: 'worker', proof: 'claimed' };
  expect(rows).toMatchObject([
    { ...by, before: { hash: null }, after: { hash: 'a' } },
    { ...by, before: { hash: 'a' }, after: { hash: 'b' } },
    { ...by, before: { hash: 'b' }, after: { hash: 'a' } },
  ]);
});

test('a policy that several processes take over at once is one link', async () => {
  await using inventory = await openInventory({ file: ':memory:' });
  await notePolicy(inventory, 'a');
  await Promise.all(['b', 'b', 'b'].map((hash) => notePolicy(inventory, hash)));
  expect(await inventory.listEvidence({ limit: 10, offset: 0 })).toHaveLength(2);
});
