import { createPublicKey } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openKeys, readEvidenceSigner } from '../../auth/keys.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-keys-'));
});
afterAll(() => rm(home, { recursive: true }));

test('a signature holds for its text, its purpose and its key, and for nothing else', async () => {
  const ours = openKeys({ file: join(home, 'ours.key'), isGiven: false });
  const theirs = openKeys({ file: join(home, 'theirs.key'), isGiven: false });
  const signature = await ours.sign('token', 'text');
  expect(await ours.verify('token', 'text', signature)).toBe(true);
  expect(await ours.verify('token', 'texts', signature)).toBe(false);
  expect(await ours.verify('evidence', 'text', signature)).toBe(false);
  expect(await theirs.verify('token', 'text', signature)).toBe(false);
  for (const none of ['', 'none', signature.slice(2)]) expect(await ours.verify('token', 'text', none)).toBe(false);
});

test('the public half of the key checks a signature and makes none', async () => {
  const file = join(home, 'whole.key');
  const signature = await openKeys({ file, isGiven: false }).sign('token', 'text');
  const publicFile = join(home, 'public.key');
  const pem = createPublicKey(await readFile(file, 'utf8')).export({ type: 'spki', format: 'pem' });
  await writeFile(publicFile, pem);
  const half = openKeys({ file: publicFile, isGiven: true });
  expect(await half.verify('token', 'text', signature)).toBe(true);
  await expect(half.sign('token', 'text')).rejects.toThrow('takes the private one');
});

test('a process whose key cannot sign evidence does not start, and says which file is wrong', async () => {
  const whole = join(home, 'evidence.key');
  const signature = await (await readEvidenceSigner({ file: whole, isGiven: false })).sign('hash');
  const file = join(home, 'evidence.public.key');
  await writeFile(file, createPublicKey(await readFile(whole, 'utf8')).export({ type: 'spki', format: 'pem' }));
  await expect(readEvidenceSigner({ file, isGiven: true })).rejects.toThrow(/evidence\.public\.key.*private one/);
  await expect(readEvidenceSigner({ file: `${file}.none`, isGiven: true })).rejects.toThrow(/none cannot be read/);
  expect(await openKeys({ file, isGiven: true }).verify('evidence', 'hash', signature)).toBe(true);
  expect(await openKeys({ file, isGiven: true }).verify('token', 'hash', signature)).toBe(false);
});
