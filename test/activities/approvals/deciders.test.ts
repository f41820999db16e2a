import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { identify, identifyManager } from '../../../activities/approvals/deciders.ts';
import { openInventory } from '../../support/inventory.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import type { Employment } from '../../../domain/model.ts';
import { adopt, knewAs, account, at, joiner } from '../../inventory/samples.ts';

const now = Date.parse(at(30));
let home: string;
let inventory: Inventory;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-identities-'));
  inventory = await openInventory({ file: join(home, 'inventory.db') });
});
afterEach(async () => {
  await inventory.close();
  await rm(home, { recursive: true });
});

const know = (personId: string, email: string, employment: Employment = 'employed') =>
  adopt(inventory, { personId, employment, attributes: { email } });
const leaver = (eventId: string, effective: number, change: object = {}) =>
  inventory.receiveEvent(
    joiner(eventId, { kind: 'leaver', occurredAt: at(5), effectiveAt: at(effective), ...change }),
    at(5),
  );

test('somebody is named by personId and current e-mail, and known by every earlier e-mail too', async () => {
  await knewAs(inventory, 'p-1', 'Old@example.com');
  await know('p-1', 'New@example.com');
  await inventory.receiveEvent(joiner('e-9', { person: { email: 'next@example.com' } }), at(3));
  await inventory.writeAccounts({ accounts: [account('acc-1', { handle: 'first@example.com' })], seenAt: at(3) });
  await inventory.bindAccount('p-1', 'acc-1', at(3));
  for (const name of ['p-1', 'new@example.com', 'OLD@example.com']) {
    const { names, known, personId } = await identify(inventory, name, now);
    expect(personId).toBe('p-1');
    const folded = new Set(names.map((one) => one.toLowerCase()));
    expect(folded).toEqual(new Set([name.toLowerCase(), 'p-1', 'new@example.com']));
    for (const one of ['p-1', 'New@example.com', 'old@example.com', 'next@example.com', 'first@example.com']) {
      expect(known).toContain(one);
    }
  }
});

test('an address belongs to the person who has it now, not to the one who gave it up', async () => {
  await know('p-1', 'lead@example.com');
  await know('p-1', 'p-1@example.com');
  await know('p-2', 'lead@example.com');
  expect((await identify(inventory, 'lead@example.com', now)).personId).toBe('p-2');
  expect((await identify(inventory, 'p-1', now)).names).not.toContain('lead@example.com');
});

test('the record in force counts where two records have one address', async () => {
  await know('p-1', 'ada@example.com', 'left');
  expect((await identify(inventory, 'ada@example.com', now)).gone).toBe('they have left');
  await know('p-2', 'ada@example.com');
  expect(await identify(inventory, 'ada@example.com', now)).toMatchObject({ personId: 'p-2' });
});

test.each<[string, string | undefined, () => Promise<unknown>]>([
  ['a leaver event that is due', 'they have left', () => leaver('l-1', 20)],
  ['a leaver event of a later day', undefined, () => leaver('l-1', 40)],
  ['one for at once', 'they have left', () => leaver('l-1', 40, { immediate: true })],
  [
    'one that was withdrawn',
    undefined,
    async () => {
      await leaver('l-1', 20);
      await leaver('r-1', 20, { kind: 'leaverRescinded', occurredAt: at(6) });
    },
  ],
  [
    'an account that is disabled',
    'their account is disabled',
    async () => {
      await inventory.writeAccounts({ accounts: [account('acc-1', { status: 'disabled' })], seenAt: at(3) });
      await inventory.bindAccount('p-1', 'acc-1', at(3));
    },
  ],
])('%s: %s', async (_what, gone, prepare) => {
  await know('p-1', 'ada@example.com');
  await prepare();
  expect((await identify(inventory, 'ada@example.com', now)).gone).toBe(gone);
});

test('somebody of whom HR said nothing is known by the account, and an unknown manager is none', async () => {
  const until = Date.parse(at(59));
  const managerOf = (name: string) => identifyManager(inventory, { name, subject: ['p-1'], until, now });
  await inventory.writeAccounts({
    accounts: [account('boss'), account('gone', { status: 'disabled' }), account('robot', { isServiceAccount: true })],
    seenAt: at(3),
  });
  expect(await managerOf('BOSS@example.com')).toMatchObject({ manager: { isKnown: true } });
  for (const name of ['gone@example.com', 'robot@example.com', 'nobody@example.com', 'oss@example.com']) {
    expect(await managerOf(name)).toEqual({ managerGone: expect.any(String) });
  }
});
