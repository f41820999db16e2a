import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { applyPlan, planRosterFile } from '../../../../client/intake/roster/apply.ts';
import { intakeBounds } from '../../../../domain/intakeBounds.ts';
import type { Inventory } from '../../../../inventory/port/inventory.ts';
import type { HrEvent } from '../../../../domain/model.ts';
import { parsePolicy } from '../../../../policy/file.ts';
import { openInventory } from '../../../support/inventory.ts';

/** A refused row stays on the list until the row of its person is taken. */

let folder: string;
let inventory: Inventory & AsyncDisposable;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-rows-'));
  inventory = await openInventory({ file: join(folder, 'inventory.db') });
});
afterEach(async () => {
  await inventory[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const policy = parsePolicy('version: 1\nrules: []\n', 'policy.yaml', { datadogIsSimulator: true });

async function planOf(file: string, ...lines: readonly string[]) {
  const path = join(folder, file);
  await writeFile(path, lines.join('\n'));
  return planRosterFile(inventory, policy, { path, source: 'hr', isComplete: false });
}

async function apply(file: string, ...lines: readonly string[]): Promise<void> {
  const path = join(folder, file);
  const planned = await planOf(file, 'id,email,status', ...lines);
  const muster = {
    submitEvent: ({ eventId }: { readonly eventId: string }) => Promise.resolve({ workflowId: '', eventId }),
  };
  await applyPlan({ muster, inventory, policy }, planned, { path });
}

async function refused() {
  const rows = await inventory.listRefusals({ source: 'hr', way: 'roster', limit: 10, offset: 0 });
  return rows
    .toSorted((a, b) => (a.ref < b.ref ? -1 : 1))
    .map(({ ref, externalId, state, decidedBy, why }) => ({ ref, externalId, state, decidedBy, why }));
}

const odd = '7,ada@example.com,Gardening';

test('a corrected row closes the refusal of its person, in whichever file, with a link', async () => {
  await apply('monday.csv', odd, '8,bob@example.com,Gardening');
  expect(await refused()).toMatchObject([
    { ref: 'monday.csv:2', externalId: '7', state: 'open' },
    { ref: 'monday.csv:3', externalId: '8', state: 'open' },
  ]);
  await apply('tuesday.csv', '9,eve@example.com,Active', '7,ada@example.com,Active');
  expect(await refused()).toMatchObject([
    { externalId: '7', state: 'corrected', decidedBy: 'hr', why: 'tuesday.csv:3 is taken' },
    { externalId: '8', state: 'open' },
  ]);
  const links = await inventory.listEvidence({ limit: 10, offset: 0 });
  expect(links.filter(({ step }) => step === 'corrected')).toMatchObject([
    { action: 'close refused item', actor: 'hr', reason: 'tuesday.csv:3 is taken', after: { ref: 'monday.csv:2' } },
  ]);
});

test('a row that is wrong once more is open once more, also in the same line of the same file', async () => {
  await apply('people.csv', odd);
  await apply('people.csv', '7,ada@example.com,Active');
  expect(await refused()).toMatchObject([{ state: 'corrected' }]);
  await apply('people.csv', odd);
  expect(await refused()).toMatchObject([{ externalId: '7', state: 'open' }]);
});

test('without an id it is the e-mail that counts, and the line where neither can be read', async () => {
  await apply('people.csv', ',Eve@example.com,Gardening', ',eve@@example.com,Active', ',"eve@example.org,Active');
  expect(await refused()).toMatchObject([
    { ref: 'people.csv:2', externalId: 'email:eve@example.com', state: 'open' },
    { ref: 'people.csv:3', externalId: undefined, state: 'open' },
    { ref: 'people.csv:4', externalId: undefined, state: 'open' },
  ]);
  await apply('others.csv', ',eve@example.com,Active', ',kim@example.com,Active', ',lee@example.com,Active');
  expect((await refused()).map(({ state }) => state)).toEqual(['corrected', 'open', 'open']);
  await apply('people.csv', ',max@example.com,Active', ',kim@example.com,Active', ',lee@example.com,Active');
  expect((await refused()).map(({ state }) => state)).toEqual(['corrected', 'corrected', 'corrected']);
});

test('a title that cannot be read is a refusal, the rest is taken, and nothing is closed by it', async () => {
  const planned = await planOf('people.csv', 'id,email,title', '8,bob@example.com,Head\u0007 of');
  expect(planned.plan.items).toMatchObject([{ kind: 'joiner', person: { email: 'bob@example.com' } }]);
  expect(planned.refused).toMatchObject([{ line: 2, isFactTaken: true }]);
  expect(planned.taken).toEqual([]);
});

test('a row of which only the leave is taken closes nothing', async () => {
  await apply('people.csv', '7,ada@example.com,Gardening');
  await apply('people.csv', '7,ada@@example.com,Terminated');
  expect((await refused()).map(({ state }) => state)).toEqual(['open', 'open']);
});

test('a row with more than a statement holds is refused by its line, and the others are applied', async () => {
  const { attributes: most, statementBytes } = intakeBounds;
  const names = Array.from({ length: most }, (_none, index) => `x${index}`);
  const wide = {
    ...policy,
    roster: { ...policy.roster, columns: Object.fromEntries(names.map((name) => [name, name])) },
  };
  const path = join(folder, 'people.csv');
  const [many, long] = [names.map(() => 'y'), names.map((_none, index) => (index < 40 ? '語'.repeat(600) : ''))];
  const lines = [
    ['7,ada@example.com,Active', ...many],
    ['8,bob@example.com,Terminated', ...many],
    ['9,eve@example.com,Active', ...long],
    ['10,kim@example.com,Active', ...names.map((_none, index) => (index === 0 ? '' : 'y'))],
  ];
  await writeFile(path, [['id,email,status', ...names], ...lines].map((line) => line.join(',')).join('\n'));
  await inventory.inTransaction((trx) =>
    trx.adoptPerson({
      personId: '8',
      employment: 'employed',
      attributes: { email: 'bob@example.com' },
      at: '2026-01-01T00:00:00.000Z',
    }),
  );
  const planned = await planRosterFile(inventory, wide, { path, source: 'hr', isComplete: false });
  expect(planned.plan.items).toMatchObject([
    { line: 3, kind: 'leaver' },
    { line: 5, kind: 'joiner' },
  ]);
  const submitEvent = async (event: HrEvent) => {
    await inventory.receiveEvent(event, event.occurredAt);
    return { workflowId: '', eventId: event.eventId };
  };
  expect(await applyPlan({ muster: { submitEvent }, inventory, policy: wide }, planned, { path })).toBe(2);
  const rows = await inventory.listRefusals({ source: 'hr', way: 'roster', limit: 10, offset: 0 });
  expect(Object.fromEntries(rows.map(({ ref, reason }) => [ref, reason]))).toEqual({
    'people.csv:2': `a statement holds at most ${most} attributes, not ${most + 1}`,
    'people.csv:3': `a statement holds at most ${most} attributes, not ${most + 1}: only that they leave is taken`,
    'people.csv:4': expect.stringContaining(`at most ${statementBytes} bytes`),
  });
});
