import { join } from 'node:path';
import { openInventory } from '../test/support/inventory.ts';
import type { Inventory } from '../inventory/port/inventory.ts';
import { startPostgres } from '../test/support/postgres.ts';
import type { Account } from '../domain/model.ts';
import { closedAtTheEnd, makeFolder } from './ending.ts';
import { median, spreadOf, type Figure } from './figures.ts';
import type { BenchOptions } from './stage.ts';

const accounts = 100_000;
const people = 1_000;
const times = 5;
const at = '2026-01-05T08:00:00.000Z';

/** The queries behind `inventory users`, `inventory nhis` and `person show`, a page of a thousand rows each. */
const queries = {
  'accounts, first page': (inventory) => inventory.listAccounts({ limit: 1_000, offset: 0 }),
  'accounts, last page': (inventory) => inventory.listAccounts({ limit: 1_000, offset: accounts - 1_000 }),
  'accounts in one status': (inventory) => inventory.listAccounts({ status: 'pending', limit: 1_000, offset: 0 }),
  'accounts by a text': (inventory) => inventory.listAccounts({ search: '099999', limit: 1_000, offset: 0 }),
  'service accounts, keys and tokens': (inventory) => inventory.listNhis({ limit: 1_000, offset: 0 }),
  'one person': (inventory) => inventory.personHistory('p-500'),
  people: (inventory) => inventory.listPeople({ limit: 1_000, offset: 0 }),
} satisfies Record<string, (inventory: Inventory) => Promise<unknown>>;

/** How long the command line's queries take at 100,000 accounts, on both databases. */
export async function measureLists({ say }: BenchOptions): Promise<readonly Figure[]> {
  await using home = await makeFolder();
  const figures = await measureOn('SQLite', { file: join(home.path, 'inventory.db') }, say);
  await using postgres = await closedAtTheEnd(async () => {
    const server = await startPostgres();
    const stop = async (): Promise<void> => ('unavailable' in server ? undefined : server.stop());
    return { server, [Symbol.asyncDispose]: stop };
  });
  const { server } = postgres;
  if ('unavailable' in server) {
    say(`PostgreSQL cannot run here: ${server.unavailable}`);
    return figures;
  }
  return [...figures, ...(await measureOn('PostgreSQL', await server.createDatabase(), say))];
}

async function measureOn(
  name: string,
  location: Parameters<typeof openInventory>[0],
  say: (text: string) => void,
): Promise<readonly Figure[]> {
  await using inventory = await openInventory(location);
  await fill(inventory);
  say(`${name}: ${accounts} accounts are there`);
  const figures: Figure[] = [];
  for (const [query, read] of Object.entries(queries)) {
    const took: number[] = [];
    for (let time = 0; time < times; time += 1) {
      const startedAt = performance.now();
      await read(inventory);
      took.push(performance.now() - startedAt);
    }
    const figure = { name: `${query}, ${name}`, unit: ' ms', target: 300, value: median(took), spread: spreadOf(took) };
    figures.push(figure);
  }
  return figures;
}

async function fill(inventory: Inventory): Promise<void> {
  const roles = ['r-0', 'r-1', 'r-2'].map((id) => ({
    id,
    name: id,
    isManaged: false,
    permissions: ['dashboards_read'],
  }));
  await inventory.writeRoles(roles, at);
  for (let from = 0; from < accounts; from += 1_000) {
    const page = Array.from({ length: 1_000 }, (_, index) => accountOf(from + index));
    await inventory.writeAccounts({ accounts: page, seenAt: at });
  }
  for (let index = 0; index < people; index += 1) {
    await inventory.bindAccount(`p-${index}`, accountOf(index).id, at);
  }
  const keys = Array.from({ length: 5_000 }, (_, index) => ({
    id: `key-${index}`,
    kind: 'applicationKey' as const,
    name: `key ${index}`,
    ownerAccountId: accountOf(index).id,
    scopes: null,
    details: {},
  }));
  await inventory.writeNhis(keys, at);
}

function accountOf(index: number): Account {
  const email = `person${String(index).padStart(6, '0')}@example.com`;
  return {
    id: `account-${index}`,
    email,
    handle: email,
    name: `Person ${index}`,
    title: 'Engineer',
    status: index % 50 === 0 ? 'pending' : 'active',
    isServiceAccount: index % 100 === 0,
    roleIds: [`r-${index % 3}`],
  };
}
