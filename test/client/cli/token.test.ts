import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openInventory } from '../../support/inventory.ts';
import { runCli } from '../../../client/cli/run.ts';
import { knowPerson } from '../../support/muster.ts';
import { createShell } from '../support/shell.ts';

const site = { DD_SITE: 'datadoghq.com', DD_API_KEY: 'k', DD_APP_KEY: 'k' };
const byClaim = ['--as', 'it@example.com'];

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-token-'));
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  await knowPerson({ inventory }, 'e-7', 'lead@example.com');
});
afterEach(() => rm(home, { recursive: true }));

async function run(args: readonly string[], env: Record<string, string> = {}) {
  const policy = join(import.meta.dirname, '..', '..', '..', 'policy.example.yaml');
  const shell = createShell({ cwd: home, env: { MUSTER_HOME: home, MUSTER_POLICY: policy, ...env } });
  const code = await runCli(['token', ...args, '--json'], shell);
  return { code, err: shell.err(), row: JSON.parse(shell.out() || '{}') as { id: string; token: string } };
}

const evidence = async () => {
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  return await inventory.listEvidence({ limit: 20, offset: 0 });
};

test('evidence names the operator who creates or revokes a token, as in every other decision', async () => {
  const admin = (await run(['create', '--role', 'admin', '--person', 'boss-1', ...byClaim])).row;
  const proven = { MUSTER_TOKEN: admin.token };
  const auditor = (await run(['create', '--role', 'auditor'], proven)).row;
  // A token of another role proves nothing here.
  const refused = await run(['create', '--role', 'auditor'], { MUSTER_TOKEN: auditor.token });
  expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('a token of the role admin') });
  expect((await run(['revoke', auditor.id], proven)).code).toBe(0);
  expect((await run(['revoke', admin.id])).code).toBe(0);

  const attested = { actor: 'boss-1', proof: 'attested', tokenId: admin.id };
  expect(await evidence()).toMatchObject([
    { action: 'create first admin token', personId: 'boss-1', actor: 'it@example.com', proof: 'claimed' },
    { action: 'create token', personId: `token/${auditor.id}`, ...attested },
    { action: 'revoke token', personId: `token/${auditor.id}`, ...attested },
    { action: 'revoke token', personId: 'boss-1', actor: 'command line', proof: 'claimed' },
  ]);
});

test('at a Datadog site whoever has the database makes the first admin token, and no other', async () => {
  const early = await run(['create', '--role', 'approver', '--person', 'e-7', ...byClaim], site);
  expect(early).toMatchObject({ code: 3, err: expect.stringContaining('make the first with') });
  const first = await run(['create', '--role', 'admin', '--person', 'boss-1', ...byClaim], site);
  expect(first.code).toBe(0);
  const second = await run(['create', '--role', 'admin', '--person', 'e-7', ...byClaim], site);
  expect(second).toMatchObject({ code: 3, err: expect.stringContaining('MUSTER_TOKEN is not set') });
  const revoked = await run(['revoke', first.row.id, ...byClaim], site);
  expect(revoked).toMatchObject({ code: 3, err: expect.stringContaining('MUSTER_TOKEN is not set') });

  const proven = { ...site, MUSTER_TOKEN: first.row.token };
  expect((await run(['create', '--role', 'approver', '--person', 'e-7'], proven)).code).toBe(0);
  const unknown = await run(['create', '--role', 'admin', '--person', 'boss-2'], proven);
  expect(unknown).toMatchObject({ code: 3, err: expect.stringContaining('No person boss-2 is known') });
  // Once none is in force, as after 90 days without a new one, there is a first one again.
  expect((await run(['revoke', first.row.id], proven)).code).toBe(0);
  expect((await run(['create', '--role', 'admin', '--person', 'e-7', ...byClaim], site)).code).toBe(0);
  expect((await evidence()).map(({ action, proof }) => `${action}, ${proof}`)).toEqual([
    'create first admin token, claimed',
    'create token, attested',
    'revoke token, attested',
    'create first admin token, claimed',
  ]);
});

test.each([
  ['operator', []],
  ['admin', []],
  ['intake', ['--person', 'e-7']],
])('a token of the role %s with %j is wrong usage: it proves one person or none', async (role, more) => {
  const { code, err } = await run(['create', '--role', role, ...more]);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('--person') });
});
