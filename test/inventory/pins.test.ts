import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { acceptPolicy, requireNames } from '../../auth/pins.ts';
import { isEmergencyAccount, isIgnored, pinnedAccounts, policyNames } from '../../domain/pins.ts';
import type { Account } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { parsePolicy } from '../../policy/file.ts';
import { openDatabases, type Fixture } from './backends.ts';
import { hrFirst } from '../support/ranks.ts';
import { account, adopt, at } from './samples.ts';

const lead = 'lead@example.com';
const policyOf = (text: string): Policy => parsePolicy(`version: 1\n${text}\n`, 'p.yaml', { datadogIsSimulator: true });
const byLead = policyOf(
  `rules: [{ name: sre, roles: Admin, approval: { people: [Lead@example.com, B-1], fallback: [it@example.com] } }]`,
);
const apart = policyOf(
  'rules: []\nprotection: { emergencyAccounts: [Glass@example.com, a-9] }\nidentity: { ignore: ["svc-*@example.com"] }',
);

describe.each(await openDatabases())('names of the policy on $name', ({ makeFixture }) => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await makeFixture();
  });
  afterEach(async () => fixture[Symbol.asyncDispose]());

  const know = (personId: string, email: string, employment: 'employed' | 'left' = 'employed') =>
    adopt(fixture.inventory, { personId, employment, attributes: { email } });
  /** HR moves their e-mail. */
  async function move(personId: string, email: string): Promise<void> {
    const { inventory } = fixture;
    const said = { kind: 'mover', personId, source: 'hr', occurredAt: at(30), effectiveAt: at(30) } as const;
    await inventory.receiveEvent({ ...said, eventId: `m-${personId}`, person: { email } }, at(30));
    const outcome = { kind: 'completed', parts: [] } as const;
    const events = [{ eventId: `m-${personId}`, outcome }];
    await inventory.finishProcess({ personId, process: 'roleChange', events, at: at(31) }, hrFirst);
  }
  const see = (...accounts: Account[]) => fixture.inventory.writeAccounts({ accounts, seenAt: at(3) });
  const pin = (policy: Policy) =>
    fixture.inventory.pinNames(policyNames(policy), { policyHash: policy.hash, at: at(20) });
  const idOf = async (name = lead) => (await fixture.inventory.findPin({ use: 'approver', name }))?.id;
  async function apartNow() {
    const { inventory } = fixture;
    return pinnedAccounts(apart, await inventory.listPins('emergency'), await inventory.listIgnoredAccounts());
  }

  test('an e-mail is pinned once, with evidence, and stays whoever has it later', async () => {
    await know('p-1', lead);
    await pin(byLead);
    expect(await fixture.inventory.findPin({ use: 'approver', name: lead })).toEqual({
      ...{ use: 'approver', name: lead, id: 'p-1', since: at(20), policyHash: byLead.hash },
    });
    expect(await fixture.inventory.listEvidence({ personId: 'policy/approver', limit: 9, offset: 0 })).toMatchObject([
      { actor: 'policy', action: 'pin approver', after: { name: lead, id: 'p-1' }, policyHash: byLead.hash },
    ]);
    await move('p-1', 'new@example.com');
    await know('p-2', lead);
    const edited = policyOf(`rules: []\napprovals: { default: { people: [${lead}], fallback: [${lead}] } }`);
    expect(await pin(edited)).toMatchObject([{ isNew: false, naming: { kind: 'pinned', id: 'p-1' } }]);
    expect(await idOf()).toBe('p-1');
  });

  test('a name that nobody has is pinned to who comes with it, not to who is given it', async () => {
    await know('x-9', 'x-9@example.com');
    await pin(byLead);
    await move('x-9', lead);
    expect(await pin(byLead)).toContainEqual(expect.objectContaining({ naming: { kind: 'moved', id: 'x-9' } }));
    expect(await idOf()).toBeUndefined();
    expect((await acceptPolicy(fixture.inventory, byLead))[0]).toMatch(/x-9 was given it .*policy pin approver lead@/);

    await know('i-1', 'it@example.com');
    await pin(byLead);
    expect(await idOf('it@example.com')).toBe('i-1');
  });

  test('who has left is nobody, and whoever a new name finds with the e-mail is meant', async () => {
    await know('p-0', lead, 'left');
    await know('p-1', 'p-1@example.com');
    await move('p-1', lead);
    await pin(byLead);
    expect(await idOf()).toBe('p-1');
  });

  test('a policy whose approver is two people is refused, and nothing is changed', async () => {
    await know('p-1', lead);
    await know('p-2', lead.toUpperCase());
    await expect(requireNames(fixture.inventory, byLead)).rejects.toThrow(
      `rule sre: ${lead} is the e-mail of 2 people (p-1, p-2), so it names nobody: write the personId`,
    );
    expect(await fixture.inventory.listPins()).toEqual([]);
    // What does not ask first keeps nothing of that name.
    await pin(byLead);
    expect((await fixture.inventory.listPins()).map(({ name }) => name)).toEqual(['it@example.com']);
  });

  test('a name that was accepted does not stop a worker when two people have it later', async () => {
    await acceptPolicy(fixture.inventory, byLead);
    await know('p-1', lead);
    await know('p-2', lead);
    await requireNames(fixture.inventory, byLead);
    expect(await acceptPolicy(fixture.inventory, byLead)).toContainEqual(expect.stringContaining('(p-1, p-2)'));
    expect(await idOf()).toBeUndefined();
  });

  test('a quorum that two names of one person would make is refused', async () => {
    await know('p-1', lead);
    const twice = policyOf(
      `rules: [{ name: sre, roles: A, approval: { people: [${lead}, p-1], quorum: 2, fallback: [c-1, d-1] } }]`,
    );
    await expect(requireNames(fixture.inventory, twice)).rejects.toThrow(/rule sre: quorum is 2, .* only 1/);
  });

  test('an emergency account is its id, whoever is given its e-mail and whatever its own becomes', async () => {
    const glass = account('a-1', { email: 'glass@example.com', handle: 'glass@example.com' });
    const leaver = account('a-2', { email: 'glass@example.com', handle: 'leaver@example.com' });
    // Before a sync has found it, its first e-mail decides.
    expect(isEmergencyAccount(glass, await apartNow())).toBe(true);
    expect(isEmergencyAccount(leaver, await apartNow())).toBe(false);
    await see(glass);
    await pin(apart);
    expect(isEmergencyAccount({ ...glass, email: 'moved@example.com' }, await apartNow())).toBe(true);
    expect(isEmergencyAccount(leaver, await apartNow())).toBe(false);
    expect(isEmergencyAccount(account('a-9'), await apartNow())).toBe(true);
    expect(isEmergencyAccount(account('A-9'), await apartNow())).toBe(false);
  });

  test('a pattern ignores the accounts that matched when it was accepted, while they match', async () => {
    await see(account('a-1', { email: 'svc-a@example.com' }), account('a-2', { email: 'ann@example.com' }));
    await pin(apart);
    await see(account('a-3', { email: 'svc-b@example.com' }));
    await pin(apart);
    const { ignore } = apart.identity;
    const isQuiet = async (id: string, email: string) => isIgnored({ id, email }, ignore, await apartNow());
    expect(await isQuiet('a-1', 'svc-a@example.com')).toBe(true);
    expect(await isQuiet('a-1', 'ann@example.com')).toBe(false);
    expect(await isQuiet('a-2', 'svc-x@example.com')).toBe(false);
    expect(await isQuiet('a-3', 'svc-b@example.com')).toBe(false);
  });
});
