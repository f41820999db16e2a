import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { identify, identifyApprover, identifyManager } from '../../../activities/approvals/deciders.ts';
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
const pin = (name: string) =>
  inventory.pinNames([{ use: 'approver', name, where: ['rule sre'] }], { policyHash: 'h-1', at: at(20) });
const leaver = (eventId: string, effective: number, change: object = {}) =>
  inventory.receiveEvent(
    joiner(eventId, { kind: 'leaver', occurredAt: at(5), effectiveAt: at(effective), ...change }),
    at(5),
  );

test('a personId or an e-mail names a person, and every e-mail they had is known', async () => {
  await knewAs(inventory, 'p-1', 'Old@example.com');
  await know('p-1', 'New@example.com');
  await inventory.receiveEvent(joiner('e-9', { person: { email: 'next@example.com' } }), at(3));
  await inventory.writeAccounts({ accounts: [account('acc-1', { handle: 'first@example.com' })], seenAt: at(3) });
  await inventory.bindAccount('p-1', 'acc-1', at(3));
  for (const name of ['p-1', 'new@example.com', 'OLD@example.com']) {
    const { emails, personId } = await identify(inventory, name, now);
    expect(personId).toBe('p-1');
    for (const one of ['new@example.com', 'old@example.com', 'next@example.com', 'first@example.com']) {
      expect(emails).toContain(one);
    }
  }
});

test('an address belongs to the person who has it now, not to the one who gave it up', async () => {
  await know('p-1', 'lead@example.com');
  await know('p-1', 'p-1@example.com');
  await know('p-2', 'lead@example.com');
  expect((await identify(inventory, 'lead@example.com', now)).personId).toBe('p-2');
});

test('ids are compared exactly, and e-mails regardless of case', async () => {
  await know('P-1', 'Ada@example.com');
  await know('p-1', 'bob@example.com');
  expect((await identify(inventory, 'p-1', now)).emails).toEqual(['bob@example.com']);
  expect((await identify(inventory, 'P-1', now)).emails).toEqual(['ada@example.com']);
  expect((await identify(inventory, 'ADA@example.com', now)).personId).toBe('P-1');
});

test('an e-mail that two people have names nobody, and says who has it', async () => {
  await know('p-1', 'lead@example.com');
  await know('p-2', 'Lead@example.com');
  const { personId, gone } = await identify(inventory, 'lead@example.com', now);
  expect(personId).toBeUndefined();
  expect(gone).toBe('the e-mail is that of two people, p-1 and p-2');
  const manager = { name: 'lead@example.com', subject: await identify(inventory, 'p-3', now), until: now, now };
  expect(await identifyManager(inventory, manager)).toEqual({
    managerGone: 'the manager cannot decide: the e-mail is that of two people, p-1 and p-2',
  });
});

test('an approver stays who was pinned, and whoever is given the e-mail later is nobody by it', async () => {
  await know('p-1', 'lead@example.com');
  await pin('lead@example.com');
  await know('p-1', 'lead.new@example.com');
  await know('p-2', 'lead@example.com');
  expect((await identifyApprover(inventory, 'Lead@example.com', now)).personId).toBe('p-1');
  expect((await identify(inventory, 'lead@example.com', now)).gone).toMatch(/two people, p-2 and p-1$/);
});

test('an approver whose e-mail was pinned to nobody is not who has been given it', async () => {
  await pin('lead@example.com');
  await knewAs(inventory, 'p-2', 'other@example.com');
  await know('p-2', 'lead@example.com');
  await pin('lead@example.com');
  expect((await identifyApprover(inventory, 'lead@example.com', now)).personId).toBeUndefined();
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
  const subject = await identify(inventory, 'p-1', now);
  const managerOf = (name: string) => identifyManager(inventory, { name, subject, until, now });
  await inventory.writeAccounts({
    accounts: [account('boss'), account('gone', { status: 'disabled' }), account('robot', { isServiceAccount: true })],
    seenAt: at(3),
  });
  expect(await managerOf('BOSS@example.com')).toMatchObject({ manager: { isKnown: true } });
  for (const name of ['gone@example.com', 'robot@example.com', 'nobody@example.com', 'oss@example.com']) {
    expect(await managerOf(name)).toEqual({ managerGone: expect.any(String) });
  }
});
