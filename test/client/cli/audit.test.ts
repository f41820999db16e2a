import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { runCli } from '../../../client/cli/run.ts';
import { checkEvidence } from '../../../client/cli/doctorEvidence.ts';
import { evidence } from '../../inventory/samples.ts';
import { openInventory } from '../../support/inventory.ts';
import { createShell } from '../support/shell.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-audit-'));
  await using inventory = await openHere();
  for (const step of ['one', 'two', 'three']) await inventory.appendEvidence(evidence(step));
});
afterEach(() => rm(home, { recursive: true }));

const openHere = () => openInventory({ file: join(home, 'inventory.db') });

async function audit(...args: readonly string[]) {
  const shell = createShell({ cwd: home, env: { MUSTER_HOME: home } });
  const code = await runCli(['audit', ...args], shell);
  return { code, out: shell.out(), err: shell.err() };
}

/** As somebody who can write the file and knows nothing of Muster. */
function damage(...statements: readonly string[]): void {
  const database = new Database(join(home, 'inventory.db'));
  for (const statement of statements) database.exec(statement);
  database.close();
}

const dropGuards = ['update', 'delete', 'replace'].map((change) => `drop trigger evidence_no_${change}`);

test('an auditor verifies a copy of the database with the public key alone', async () => {
  const { code, out } = await audit('key');
  expect(code).toBe(0);
  expect(out).toMatch(/^-----BEGIN PUBLIC KEY-----[\s\S]*-----END PUBLIC KEY-----\n$/);
  await writeFile(join(home, 'public.pem'), out);
  await rm(join(home, 'signing.key'));
  expect(await audit('verify', '--key', 'public.pem')).toMatchObject({ code: 0, out: 'The chain holds: 3 links.\n' });
  expect(await audit('verify', '--key', out)).toMatchObject({ code: 0 });
  damage(...dropGuards, `update evidence set entry = replace(entry, 'hr', 'me') where seq = 2`);
  expect(await audit('verify', '--key', 'public.pem')).toMatchObject({
    code: 1,
    out: expect.stringContaining('link 2'),
  });
});

test('without its key nothing is verified, and none is made for it', async () => {
  await rm(join(home, 'signing.key'));
  for (const command of ['verify', 'key']) {
    expect(await audit(command)).toMatchObject({ code: 2, err: expect.stringMatching(/no signing key.*--key FILE/) });
  }
  await expect(readFile(join(home, 'signing.key'))).rejects.toThrow('ENOENT');
  expect(await audit('verify', '--key', 'nowhere.pem')).toMatchObject({
    code: 2,
    err: expect.stringContaining('ENOENT'),
  });
  await writeFile(join(home, 'other.pem'), 'this is no key');
  const refused = await audit('verify', '--key', 'other.pem');
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('not an Ed25519 key') });
  expect(refused.err).not.toContain('this is');
});

test('a chain whose key was replaced takes both public halves; either alone names a link', async () => {
  const first = (await audit('key')).out;
  await rm(join(home, 'signing.key'));
  {
    await using inventory = await openHere();
    await inventory.appendEvidence(evidence('four'));
  }
  const second = (await audit('key')).out;
  expect(await audit('verify', '--key', first, '--key', second)).toMatchObject({ code: 0 });
  expect(await audit('verify', '--key', first)).toMatchObject({ code: 1, out: expect.stringContaining('link 4') });
  expect(await audit('verify')).toMatchObject({ code: 1, out: expect.stringContaining('link 1') });
});

test('guards that are gone are said, though the chain holds', async () => {
  damage('drop trigger evidence_no_delete');
  expect(await audit('verify')).toMatchObject({ code: 1, out: expect.stringMatching(/holds.*\n.*evidence_no_delete/) });
  const { out } = await audit('verify', '--json');
  expect(JSON.parse(out)).toMatchObject({ ok: false, missingGuards: ['evidence_no_delete'] });
});

test('doctor says that a guard is gone, that the key is another, and that Datadog lags behind', async () => {
  const config = {
    inventory: { file: join(home, 'inventory.db') },
    signingKey: { file: join(home, 'signing.key'), isGiven: false },
  };
  const { at } = evidence('one');
  const after = (ms: number) => new Date(Date.parse(at) + ms);
  expect(await checkEvidence(config, {}, after(0))).toEqual([]);
  expect(await checkEvidence(config, { forward: 'datadog' }, after(3_000_000))).toEqual([]);
  const late = await checkEvidence(config, { forward: 'datadog' }, after(4_000_000));
  expect(late).toMatchObject([{ status: 'missing', detail: expect.stringContaining(at) }]);
  {
    await using inventory = await openHere();
    const head = await inventory.evidenceHead();
    if (head === undefined) throw new Error('the chain has an end');
    await inventory.setMark('forwarded', { ...head, at });
  }
  expect(await checkEvidence(config, { forward: 'datadog' }, after(4_000_000))).toEqual([]);
  damage('drop trigger evidence_no_update', `update evidence set signature = 'x' where seq = 3`);
  const wrong = await checkEvidence(config, {}, after(0));
  expect(wrong.map(({ detail }) => detail)).toEqual([
    expect.stringContaining('evidence_no_update'),
    expect.stringContaining('not signed with the key'),
  ]);
});
