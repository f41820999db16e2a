import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { startLivePolicy } from '../../../client/operations/livePolicy.ts';
import { UsageError } from '../../../domain/errors.ts';
import { loadPolicy } from '../../../policy/file.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { openInventory } from '../../support/inventory.ts';
import { eventually } from '../../support/muster.ts';

const textOf = (mode: string): string => `version: 1\nmode: ${mode}\nrules: []\n`;
const epoch = '1970-01-01T00:00:00.000Z';

/** As editors and mounted folders do it: the file is another one then, and never half written. */
async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

interface Given {
  readonly admit?: (policy: Policy) => Promise<boolean>;
  readonly follow?: (policy: Policy) => Promise<void>;
}

/** A process whose policy file says `enforce` at first. */
async function startOne({ admit = async () => true, follow }: Given = {}) {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'muster-live-'));
  opened.defer(() => rm(folder, { recursive: true }));
  const path = join(folder, 'policy.yaml');
  await writeFile(path, textOf('enforce'));
  const readAs = { datadogIsSimulator: true };
  const policy = await loadPolicy(path, readAs);
  const inventory = opened.use(await openInventory({ file: ':memory:' }));
  const errors: string[] = [];
  const logger = { info: () => undefined, error: (message: string) => void errors.push(message) };
  const live = opened.use(
    await startLivePolicy({
      ...{ kind: 'worker', inventory, path, policy, admit, follow, logger, lookEveryMs: 5 },
      ...readAs,
    }),
  );
  const reported = async () => (await inventory.listInstances(epoch))[0];
  const kept = opened.move();
  return { path, policy, live, inventory, errors, reported, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const inMode = ({ live }: Awaited<ReturnType<typeof startOne>>, mode: Policy['mode']) =>
  eventually(`mode ${mode} to be in force`, () => live.current().mode === mode && live.current());

test('a changed file is in force and reported without a restart, until the process ends', async () => {
  await using one = await startOne();
  expect(await one.reported()).toMatchObject({ kind: 'worker', policyHash: one.policy.hash, mode: 'enforce' });
  await replace(one.path, textOf('observe'));
  const { hash } = await inMode(one, 'observe');
  await eventually('the change to be reported', async () => (await one.reported())?.policyHash === hash);
  await one.live[Symbol.asyncDispose]();
  expect(await one.reported()).toBeUndefined();
});

test.each([
  ['invalid', textOf('perhaps'), /policy\.yaml:2:7: mode/],
  ['empty', '', /is empty/],
  ['gone', undefined, /cannot be read \(ENOENT\)/],
])('a file that is %s changes nothing, is said once, and reported until it is mended', async (_, text, words) => {
  await using one = await startOne();
  await (text === undefined ? rm(one.path) : replace(one.path, text));
  const refused = await eventually('the refusal to be reported', async () => {
    const { refusal, policyHash } = (await one.reported()) ?? {};
    return refusal !== undefined && { refusal, policyHash };
  });
  expect(refused).toEqual({ refusal: expect.stringMatching(words), policyHash: one.policy.hash });
  expect(one.live.current()).toBe(one.policy);
  await replace(one.path, textOf('enforce'));
  await eventually('the refusal to be gone', async () => (await one.reported())?.refusal === undefined);
  expect(one.errors).toEqual([expect.stringMatching(words)]);
});

test('a policy that is not admitted yet, or whose admission fails, is asked for again', async () => {
  const answers = [
    () => Promise.reject(new Error('the database is away')),
    () => Promise.reject(new UsageError('an e-mail of two people')),
    () => Promise.resolve(false),
    () => Promise.resolve(true),
  ];
  await using one = await startOne({ admit: async () => answers.shift()?.() ?? true });
  await replace(one.path, textOf('observe'));
  await inMode(one, 'observe');
  expect(one.errors).toEqual([
    expect.stringMatching('could not be taken over'),
    expect.stringMatching('refused, .* an e-mail of two people'),
  ]);
  await eventually('no refusal to be left', async () => (await one.reported())?.refusal === undefined);
});

test('what follows from a policy is done once for each, and tried again where it fails', async () => {
  const followed: string[] = [];
  let isAway = true;
  const follow = async ({ mode }: Policy): Promise<void> => {
    followed.push(mode);
    if (isAway) throw new Error('Temporal is away');
  };
  await using one = await startOne({ follow });
  await eventually('a second try', () => followed.length > 1);
  isAway = false;
  await replace(one.path, textOf('observe'));
  await eventually('the next policy to be followed', () => followed.includes('observe'));
  const tries = followed.length;
  await replace(one.path, textOf('enforce'));
  await eventually('the first policy to be followed again', () => followed.at(-1) === 'enforce');
  expect(followed.slice(tries)).toEqual(['enforce']);
});

test('a file counts once two looks in a row have found the same, since it may be half written', async () => {
  await using one = await startOne();
  const next = `${one.path}.next`;
  // Each look finds a pipe of its own, and waits until it is said what it reads.
  const put = async (): Promise<void> => {
    execFileSync('mkfifo', [next]);
    await rename(next, one.path);
  };
  await put();
  let look = await open(one.path, 'w');
  const say = async (mode: string): Promise<void> => {
    await put();
    await look.writeFile(textOf(mode));
    await look.close();
    look = await open(one.path, 'w');
  };
  for (const mode of ['observe', 'enforce', 'observe']) await say(mode);
  expect(one.live.current().mode).toBe('enforce');
  await say('observe');
  expect(one.live.current().mode).toBe('observe');
  await replace(one.path, textOf('observe'));
  await look.writeFile(textOf('observe'));
  await look.close();
});
