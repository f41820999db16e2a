import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import type { Command } from 'commander';
import { issueToken, revokeToken } from '../../../auth/tokens.ts';
import { duties, pathOf } from '../../../client/cli/duties.ts';
import { createProgram, runCli } from '../../../client/cli/run.ts';
import { examplePolicyPath } from '../../../config/config.ts';
import { openInventory } from '../../support/inventory.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import type { TokenRole } from '../../../inventory/port/tokens.ts';
import { knowPerson } from '../../support/muster.ts';
import { giveToken, memoryKeys, operator } from '../../support/operators.ts';
import { createShell } from '../support/shell.ts';

const leaves = (command: Command): readonly Command[] =>
  command.commands.length === 0
    ? [command]
    : [...(duties[pathOf(command)] === undefined ? [] : [command]), ...command.commands.flatMap(leaves)];
const commands = leaves(await createProgram(createShell(), () => undefined)).map(pathOf);

const uuid = '6a9e4c1e-1f4f-11f0-9cd2-0242ac120002';
const because = ['--reason', 'as agreed'];
/** Each command that changes something, as somebody gives it who names nobody. */
const given: Readonly<Record<string, readonly string[]>> = {
  'adopt apply': ['--plan', '0123456789abcdef'],
  'approvals approve': ['a-1'],
  'approvals reassign': ['a-1', '--to', 'cto@example.com'],
  'approvals reject': ['a-1', ...because],
  'events cancel': ['hr-1'],
  'findings mute': ['f-1', ...because, '--until', '2099-01-31'],
  'intake refused drop': ['4be6', ...because],
  'intake refused retry': ['4be6'],
  'intake refused show': ['4be6'],
  'inventory accept': because,
  'inventory nhis': ['--set-owner', 'k-1', '--owner', 'e-1'],
  joiner: ['--person-id', 'e-1', '--email', 'ada@example.com'],
  leaver: ['--person-id', 'e-1', '--immediate'],
  'held reject': ['e-1', ...because],
  'held release': ['e-1', ...because],
  'leaver release': ['e-1', ...because],
  mover: ['--person-id', 'e-1', '--department', 'Sales'],
  'person link': ['e-1', '--account', uuid],
  'person restore': ['e-1'],
  'person retry': ['e-1'],
  'person unlink': ['e-1'],
  'policy accept': ['role', 'Incident Commander'],
  'policy pin': ['approver', 'lead@example.com'],
  'roster apply': ['people.csv'],
  'schedule apply': [],
  'sync allow': ['b-1'],
  'sync pause': [],
  'sync reject': ['b-1'],
  'sync resume': [],
  'token create': ['--role', 'auditor'],
  'token revoke': ['t-1'],
  'upgrade promote': [],
};
const changing = Object.entries(duties).flatMap(([path, duty]) => (duty === 'reads' ? [] : [[path, duty] as const]));

let home: string;
const tokens = new Map<TokenRole, string>();
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-operator-'));
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  await knowPerson({ inventory }, 'e-7', 'lead@example.com');
  for (const role of ['intake', 'approver', 'auditor', 'operator', 'admin'] as const) {
    const whom = role === 'intake' || role === 'auditor' ? {} : { personId: 'e-7' };
    tokens.set(role, (await giveToken({ inventory, home }, { role, ...whom })).token);
  }
});
afterAll(() => rm(home, { recursive: true }));

const site = { DD_SITE: 'datadoghq.com', DD_API_KEY: 'k', DD_APP_KEY: 'k' };
const simulated = { MUSTER_DATADOG_URL: 'http://127.0.0.1:9', DD_API_KEY: 'k', DD_APP_KEY: 'k' };

async function run(path: string, more: readonly string[], env: Record<string, string>) {
  const shell = createShell({ cwd: home, env: { MUSTER_HOME: home, MUSTER_POLICY: examplePolicyPath, ...env } });
  const code = await runCli([...path.split(' '), ...(given[path] ?? []), ...more], shell);
  return { code, out: shell.out(), err: shell.err() };
}

test('every command is known to read or to take an operator', () => {
  expect(Object.keys(duties).toSorted()).toEqual([...commands].toSorted());
  expect(Object.keys(given).toSorted()).toEqual(changing.map(([path]) => path).toSorted());
});

test.each(changing)('muster %s takes a token at a Datadog site, and says which', async (path, { claim }) => {
  const { code, out, err } = await run(path, claim === 'judged' ? [] : ['--as', 'it@example.com'], site);
  expect({ code, out }).toEqual({ code: claim === 'judged' ? 2 : 3, out: '' });
  expect(err).toMatch(/MUSTER_TOKEN/);
});

test.each(changing)('muster %s refuses a token that is not good or not of its role', async (path, { duty }) => {
  const good = { operate: ['operator', 'admin'], administer: ['admin'], decide: ['approver'] }[duty];
  const wrong = await run(path, [], { ...simulated, MUSTER_TOKEN: 'wrong' });
  expect(wrong).toMatchObject({ code: 3, out: '', err: expect.stringContaining('proves nobody: it is unknown') });
  const refused = new Map<TokenRole, boolean>();
  for (const [role, token] of tokens) {
    const { code, err } = await run(path, [], { ...simulated, MUSTER_TOKEN: token });
    refused.set(role, code === 3 && err.includes(`MUSTER_TOKEN is of the role ${role}`));
  }
  const isRefused = (role: TokenRole): [TokenRole, boolean] => [role, !good.includes(role)];
  expect([...refused]).toEqual([...tokens.keys()].map(isRefused));
});

test.each<[string, RegExp, (inventory: Inventory) => Promise<string>]>([
  [
    'that was inserted into the table',
    /has no seal by this deployment's key/,
    async (inventory) => {
      const request = { role: 'approver', personId: 'e-7' } as const;
      return (await issueToken({ inventory, keys: memoryKeys() }, request, operator)).token;
    },
  ],
  [
    'that was revoked, and whose revocation was taken out of the table',
    /was revoked/,
    async (inventory) => {
      const { id, token } = await giveToken({ inventory, home }, { role: 'approver', personId: 'e-7' });
      await revokeToken(inventory, id, operator);
      const database = new Database(join(home, 'inventory.db'));
      database.prepare('update tokens set revoked_at = null').run();
      database.close();
      return token;
    },
  ],
  [
    'that has expired',
    /has expired/,
    async (inventory) => {
      const request = { role: 'approver', personId: 'e-7', expiresAt: '2026-01-01T00:00:00.000Z' } as const;
      return (await giveToken({ inventory, home }, request)).token;
    },
  ],
  [
    'of somebody who has left',
    /is of e-8: they have left/,
    async (inventory) => {
      await knowPerson({ inventory }, 'e-8', 'e-8@example.com');
      const { token } = await giveToken({ inventory, home }, { role: 'approver', personId: 'e-8' });
      await knowPerson({ inventory }, 'e-8', 'e-8@example.com', 'left');
      return token;
    },
  ],
])('a token %s proves nobody, with a simulator too', async (_what, why, make) => {
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  const { code, err } = await run('approvals approve', [], { ...simulated, MUSTER_TOKEN: await make(inventory) });
  expect({ code, err }).toEqual({ code: 3, err: expect.stringMatching(why) });
});

test('--as says whom the token proves, or is refused', async () => {
  const env = { ...simulated, MUSTER_TOKEN: tokens.get('operator') ?? '' };
  const other = await run('person retry', ['--as', 'cto@example.com'], env);
  expect(other).toMatchObject({ code: 3, err: expect.stringContaining('proves e-7, not cto@example.com') });
  const own = await run('person retry', ['--as', 'lead@example.com'], env);
  expect(own.err).not.toContain('MUSTER_TOKEN');
});

test('what a command would do is shown without a token', async () => {
  const shown = await run('leaver', ['--dry-run'], site);
  expect(shown.err).not.toContain('MUSTER_TOKEN');
  expect((await run('person list', [], { ...site, MUSTER_TOKEN: 'wrong' })).code).toBe(0);
});
