import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { OnlineCheck } from '../../../client/cli/policyOnline.ts';
import { runCli } from '../../../client/cli/run.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import { startSimulator } from '../../../simulator/index.ts';
import { account, adopt, at } from '../../inventory/samples.ts';
import { openInventory } from '../../support/inventory.ts';
import { giveToken } from '../../support/operators.ts';
import { createShell } from '../support/shell.ts';

const lead = 'lead@example.com';
const policy = `version: 1
rules: [{ name: sre, roles: Datadog Standard Role, approval: { people: [${lead}], fallback: [nobody@example.com] } }]
protection: { emergencyAccounts: [admin@example.com, none@example.com] }
identity: { ignore: ["svc-*@example.com"] }
`;
const simulated = { MUSTER_DATADOG_URL: 'http://127.0.0.1:9', DD_API_KEY: 'k', DD_APP_KEY: 'k' };

let home: string;
let inventory: Inventory;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-pins-'));
  inventory = await openInventory({ file: join(home, 'inventory.db') });
  await writeFile(join(home, 'policy.yaml'), policy);
});
afterEach(async () => {
  await inventory.close();
  await rm(home, { recursive: true });
});

const know = (personId: string, email: string) =>
  adopt(inventory, { personId, employment: 'employed', attributes: { email } });

async function run(args: readonly string[], env: Readonly<Record<string, string>> = simulated) {
  const shell = createShell({
    cwd: home,
    env: { MUSTER_HOME: home, MUSTER_POLICY: join(home, 'policy.yaml'), ...env },
  });
  const code = await runCli(args, shell);
  return { code, out: shell.out(), err: shell.err() };
}

const pin = (use: string, name: string, env = {}) =>
  run(['policy', 'pin', use, name, '--json'], { ...simulated, ...env });

test('online, check says whom each e-mail means, and which no known person or account has', async () => {
  await using simulator = await startSimulator({ people: 2, seed: 1 });
  const env = { MUSTER_DATADOG_URL: simulator.url, DD_API_KEY: simulator.apiKey, DD_APP_KEY: simulator.appKey };
  await know('p-1', lead);
  const check = () => run(['policy', 'check', 'policy.yaml', '--online', '--json'], env);
  const { code, out } = await check();
  expect(code).toBe(0);
  const { online } = JSON.parse(out) as { online: OnlineCheck };
  expect(online.names.map(({ use, name, naming }) => [use, name, naming])).toEqual([
    ['approver', lead, { kind: 'found', id: 'p-1' }],
    ['approver', 'nobody@example.com', { kind: 'nobody' }],
    ['emergency', 'admin@example.com', { kind: 'found', id: expect.any(String) }],
    ['emergency', 'none@example.com', { kind: 'nobody' }],
  ]);
  expect(online.warnings).toEqual(
    expect.arrayContaining([
      'rule sre: no known person has the e-mail nobody@example.com',
      'protection.emergencyAccounts: no account has the e-mail none@example.com',
    ]),
  );
  const words = await run(['policy', 'check', 'policy.yaml', '--online'], env);
  expect(words.out).toMatch(/lead@example\.com +rule sre +person p-1\nnobody@example\.com +rule sre +nobody/);

  await know('p-2', lead);
  const refused = await check();
  expect(refused.code).toBe(1);
  expect(refused.err).toContain(`rule sre: ${lead} is the e-mail of 2 people (p-1, p-2), so it names nobody`);
});

test('pin makes a name mean who has the e-mail now, with evidence', async () => {
  await know('p-1', lead);
  expect(JSON.parse((await pin('approver', 'Lead@example.com')).out)).toMatchObject({ id: 'p-1' });
  await know('p-1', 'other@example.com');
  await know('p-2', lead);
  const { code, out } = await run([
    'policy',
    'pin',
    'approver',
    lead,
    '--as',
    'it@example.com',
    '--reason',
    'new lead',
  ]);
  expect({ code, out }).toEqual({ code: 0, out: `${lead} means person p-2. It was p-1.\n` });
  const [, evidence] = await inventory.listEvidence({ personId: 'policy/approver', limit: 9, offset: 0 });
  expect(evidence).toMatchObject({
    actor: 'it@example.com',
    action: 'pin approver',
    reason: 'new lead',
    before: { name: lead, id: 'p-1' },
    after: { name: lead, id: 'p-2' },
  });
});

test('pin of a pattern sets apart the accounts that match now', async () => {
  await inventory.writeAccounts({
    accounts: [account('a-1', { email: 'svc-a@example.com' }), account('a-2')],
    seenAt: at(1),
  });
  expect(await pin('ignored', 'svc-*@example.com')).toMatchObject({ code: 0 });
  expect(await inventory.listIgnoredAccounts()).toEqual(['a-1']);
});

test('pin refuses a name that is not in the policy, or that nobody or two people have', async () => {
  expect(await pin('approver', 'else@example.com')).toMatchObject({
    code: 1,
    err: expect.stringContaining('names no approver else@example.com'),
  });
  expect(await pin('approver', lead)).toMatchObject({ code: 1, err: expect.stringContaining('No known person has') });
  await know('p-1', lead);
  await know('p-2', lead);
  expect(await pin('approver', lead)).toMatchObject({ code: 2, err: expect.stringContaining('of p-1, p-2') });
  expect(await inventory.listPins()).toEqual([]);
});

test('nobody makes an approver of themselves', async () => {
  await know('p-1', lead);
  const { token } = await giveToken({ inventory, home }, { role: 'admin', personId: 'p-1' });
  expect(await pin('approver', lead, { MUSTER_TOKEN: token })).toMatchObject({
    code: 3,
    err: expect.stringContaining('Nobody makes an approver of themselves'),
  });
  expect(await inventory.listPins()).toEqual([]);
});
