import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openInventory } from '../../support/inventory.ts';
import type { HashedPlan } from '../../../client/intake/adopt.ts';
import { runCli } from '../../../client/cli/run.ts';
import { startSimulator, type Simulator } from '../../../simulator/index.ts';
import { createShell } from '../support/shell.ts';

let cwd: string;
let simulator: Simulator;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'muster-adopt-'));
  simulator = await startSimulator({ people: 6, nhis: 6, seed: 3 });
  await (await openInventory({ file: join(cwd, 'home', 'inventory.db') })).close();
});
afterEach(async () => {
  await simulator.close();
  await rm(cwd, { recursive: true });
});

async function run(...args: string[]) {
  const { url, apiKey, appKey } = simulator;
  const env = { MUSTER_HOME: join(cwd, 'home'), MUSTER_DATADOG_URL: url, DD_API_KEY: apiKey, DD_APP_KEY: appKey };
  const shell = createShell({ cwd, env });
  const code = await runCli(args, shell);
  return { code, out: shell.out(), err: shell.err() };
}

const planOf = ({ out }: { out: string }) => JSON.parse(out) as HashedPlan;
const openHere = () => openInventory({ file: join(cwd, 'home', 'inventory.db') });

async function writeRoster(): Promise<string[]> {
  const emails = simulator
    .users()
    .filter(({ serviceAccount, status }) => !serviceAccount && status === 'Active')
    .map(({ email }) => email);
  const lines = emails.map((email, index) => `e-${index},${email},Name ${index},,Sales,`);
  await writeFile(join(cwd, 'people.csv'), `personId,email,name,title,department,manager\n${lines.join('\n')}\n`);
  return emails;
}

test('plan writes nothing; apply binds, marks what is held as preexisting, and leaves evidence', async () => {
  const emails = await writeRoster();
  const planned = await run('adopt', 'plan', '--roster', 'people.csv', '--json');
  expect(planned).toMatchObject({ code: 0, err: '' });
  const plan = planOf(planned);
  expect(plan.matches.map(({ email }) => email).toSorted()).toEqual(emails.toSorted());
  expect(plan.machines.length).toBeGreaterThan(0);
  {
    await using inventory = await openHere();
    expect(await inventory.listPeople({ limit: 10, offset: 0 })).toEqual([]);
  }
  const applied = await run('adopt', 'apply', '--roster', 'people.csv', '--plan', plan.hash, '--json');
  expect(applied.code).toBe(0);
  await using inventory = await openHere();
  const people = await inventory.listPeople({ limit: 100, offset: 0 });
  expect(people).toHaveLength(emails.length);
  expect(people.every(({ employment, accountId }) => employment === 'employed' && accountId !== undefined)).toBe(true);
  const grants = await inventory.listGrants({ open: true, limit: 100, offset: 0 });
  const users = simulator.users().filter(({ email }) => emails.includes(email));
  expect(grants).toHaveLength(users.reduce((sum, { roles, teams }) => sum + roles.length + teams.length, 0));
  expect(new Set(grants.map(({ reason }) => reason))).toEqual(new Set(['preexisting']));
  expect(await inventory.listEvidence({ limit: 100, offset: 0 })).toHaveLength(emails.length);
  expect(await inventory.verifyEvidence()).toMatchObject({ ok: true });
  // What is adopted is planned as theirs from now on, by the people table alone.
  const again = planOf(await run('adopt', 'plan', '--json'));
  expect(again.matches.every(({ isBound }) => isBound)).toBe(true);
});

test('apply refuses a plan that is older than a grant, and binds nobody', async () => {
  const [email] = await writeRoster();
  const { hash } = planOf(await run('adopt', 'plan', '--roster', 'people.csv', '--json'));
  const account = simulator.users().find((user) => user.email === email);
  const headers = {
    'dd-api-key': simulator.apiKey,
    'dd-application-key': simulator.appKey,
    'content-type': 'application/json',
  };
  const body = JSON.stringify({ data: { id: account?.id, type: 'users', attributes: { email: 'other@example.com' } } });
  await fetch(`${simulator.url}/api/v2/users/${account?.id}`, { method: 'PATCH', headers, body });
  const refused = await run('adopt', 'apply', '--roster', 'people.csv', '--plan', hash);
  expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('something has changed since') });
  await using inventory = await openHere();
  expect(await inventory.listPeople({ limit: 10, offset: 0 })).toEqual([]);
});

test('taking over all makes what is held Muster’s, and is another plan', async () => {
  await writeRoster();
  const none = planOf(await run('adopt', 'plan', '--roster', 'people.csv', '--json'));
  const all = planOf(await run('adopt', 'plan', '--roster', 'people.csv', '--take-over', 'all', '--json'));
  expect(all.hash).not.toBe(none.hash);
  await run('adopt', 'apply', '--roster', 'people.csv', '--take-over', 'all', '--plan', all.hash);
  await using inventory = await openHere();
  const grants = await inventory.listGrants({ open: true, limit: 100, offset: 0 });
  expect(new Set(grants.map(({ reason }) => reason))).toEqual(new Set(['adopted']));
});

test('a line of the roster that cannot be read is named, and costs nobody else', async () => {
  await writeFile(join(cwd, 'people.csv'), 'personId,email\n,ada@example.com\ne-77,nobody@example.com\n');
  const planned = await run('adopt', 'plan', '--roster', 'people.csv', '--json');
  expect(JSON.parse(planned.out)).toMatchObject({
    ambiguous: expect.arrayContaining([{ what: 'line 2 of the roster', why: expect.stringMatching(/^personId/) }]),
    unmatchedPeople: expect.arrayContaining([{ personId: 'e-77', email: 'nobody@example.com' }]),
  });
});

test('a line that cannot be adopted is refused on record until the file is corrected', async () => {
  const apply = async (line: string) => {
    await writeFile(join(cwd, 'people.csv'), `personId,email\n${line}\n`);
    const { hash } = planOf(await run('adopt', 'plan', '--roster', 'people.csv', '--json'));
    expect(await run('adopt', 'apply', '--roster', 'people.csv', '--plan', hash)).toMatchObject({ code: 0 });
    await using inventory = await openHere();
    const refused = await inventory.listRefusals({ way: 'adopt', limit: 9, offset: 0 });
    return refused.map(({ ref, state }) => ({ ref, state }));
  };
  expect(await apply(',ada@example.com')).toEqual([{ ref: 'people.csv:2', state: 'open' }]);
  expect(await apply('e-77,ada@example.com')).toEqual([{ ref: 'people.csv:2', state: 'corrected' }]);
});
