import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createPublicKey } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { base64url, SignJWT } from 'jose';
import { openAttestor, type Statement } from '../../auth/attestation.ts';

const statement: Statement = {
  workflowId: 'person/e-1',
  approvalId: 'a-1',
  requestedAt: '2026-03-01T00:00:00.000Z',
  decisionId: 'd-1',
  verdict: 'approve',
  actor: 'e-7',
  tokenId: 't-1',
};

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-attestation-'));
});
afterAll(() => rm(home, { recursive: true }));

test('the first process that needs the key creates it for its owner only; the others share it', async () => {
  const file = join(home, 'new', 'signing.key');
  const signed = await Promise.all(
    Array.from({ length: 8 }, () => openAttestor({ file, isGiven: false }).sign(statement)),
  );
  for (const text of signed) expect(await openAttestor({ file, isGiven: false }).verify(text)).toEqual(statement);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('the public key alone can verify and not sign', async () => {
  const file = join(home, 'private.key');
  const signed = await openAttestor({ file, isGiven: false }).sign(statement);
  const publicFile = join(home, 'public.key');
  const pem = createPublicKey(await readFile(file, 'utf8')).export({ type: 'spki', format: 'pem' });
  await writeFile(publicFile, pem);
  const verifier = openAttestor({ file: publicFile, isGiven: true });
  expect(await verifier.verify(signed)).toEqual(statement);
  await expect(verifier.sign(statement)).rejects.toThrow('takes the private one');
});

test('statements that are altered, unsigned or signed by another key are refused', async () => {
  const ours = openAttestor({ file: join(home, 'ours.key'), isGiven: false });
  const theirs = openAttestor({ file: join(home, 'theirs.key'), isGiven: false });
  const [head, , signature] = (await ours.sign(statement)).split('.');
  const claims = { statement: { ...statement, actor: 'e-8' }, aud: 'muster-decision', exp: Date.now() };
  const body = base64url.encode(JSON.stringify(claims));
  const publicPem = createPublicKey(await readFile(join(home, 'ours.key'), 'utf8')).export({
    type: 'spki',
    format: 'pem',
  });
  const forged = [
    await theirs.sign(statement),
    `${head}.${body}.${signature}`,
    `${base64url.encode('{"alg":"none"}')}.${body}.`,
    // The public key as a shared secret: the algorithm is not the sender's to choose.
    await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(publicPem)),
    'no statement at all',
  ];
  for (const text of forged) await expect(ours.verify(text)).rejects.toThrow('not by this deployment’s key');
});

test('a statement is good for minutes', async () => {
  const ours = openAttestor({ file: join(home, 'ours.key'), isGiven: false });
  const text = await ours.sign(statement);
  const doNotFake = ['nextTick', 'setImmediate', 'setTimeout', 'queueMicrotask'] as const;
  jest.useFakeTimers({ now: Date.now() + 10 * 60_000, doNotFake: [...doNotFake] });
  try {
    await expect(ours.verify(text)).rejects.toThrow('too old');
  } finally {
    jest.useRealTimers();
  }
});

test('a named key file that is missing or holds no key is refused in words, and never created', async () => {
  const missing = openAttestor({ file: join(home, 'none.key'), isGiven: true });
  await expect(missing.sign(statement)).rejects.toThrow('none.key cannot be read (ENOENT)');
  await writeFile(join(home, 'text.key'), 'secret words');
  const wrong = openAttestor({ file: join(home, 'text.key'), isGiven: true });
  await expect(wrong.sign(statement)).rejects.toThrow(/not an Ed25519 key(?!.*secret words)/);
});
