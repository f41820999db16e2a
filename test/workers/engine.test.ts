import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connectTemporal } from '../../client/operations/temporal.ts';
import { cacheFolderIn, findEngine } from '../../workers/engine/find.ts';
import { startEngine } from '../../workers/engine/start.ts';
import { lockHome } from '../../workers/homeLock.ts';
import { childEnvironment } from '../../config/childEnvironment.ts';
import { openToOthers } from '../../config/privateHome.ts';
import { isAlive } from '../../config/runtime.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-home-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const find = () =>
  findEngine({
    ...(process.env['TEMPORAL_CLI_PATH'] ? { cliPath: process.env['TEMPORAL_CLI_PATH'] } : {}),
    searchPath: process.env['PATH'] ?? '',
    cacheFolder: cacheFolderIn(process.env['XDG_CACHE_HOME']),
  });

test('the engine keeps its state in a file, and a second start on it joins the server that runs', async () => {
  const engine = await find();
  const first = await startEngine({ engine, home });
  const second = await startEngine({ engine, home });
  expect(second).toMatchObject({ pid: first.pid, address: first.address, uiUrl: first.uiUrl });
  await using connected = await connectTemporal({ connection: { address: first.address }, namespace: 'default' });
  await connected.client.workflow.start('none', { workflowId: 'kept', taskQueue: 'none' });
  await first.stop();
  expect(isAlive(first.pid)).toBe(false);

  await using third = await startEngine({ engine, home });
  expect(third.pid).not.toBe(first.pid);
  await using again = await connectTemporal({ connection: { address: third.address }, namespace: 'default' });
  expect((await again.client.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
});

/** What others may do with a file. The journal of the engine's database comes and goes: one that is gone is open to nobody. */
async function openTo(file: string): Promise<number> {
  try {
    return (await stat(file)).mode & 0o077;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

test('what the engine and the lock leave in the folder is for its owner alone', async () => {
  const before = process.umask(0o022);
  try {
    using held = await lockHome(home);
    expect(held).toBeDefined();
    await using engine = await startEngine({ engine: await find(), home });
    expect(isAlive(engine.pid)).toBe(true);
    const names = await readdir(home);
    expect(names).toEqual(expect.arrayContaining(['engine.json', 'engine.log', 'lock.db', 'lock.pid']));
    expect(names.some((name) => name.startsWith('temporal-'))).toBe(true);
    const modes = await Promise.all(names.map(async (name) => [name, await openTo(join(home, name))]));
    expect(modes.filter(([, others]) => others !== 0)).toEqual([]);
  } finally {
    process.umask(before);
  }
});

test('a folder that is open to others is said, with how to close it, and a closed one is not', async () => {
  await chmod(home, 0o750);
  expect(await openToOthers(home)).toEqual({
    detail: expect.stringContaining('mode 750'),
    fix: `chmod 700 ${home}`,
  });
  await chmod(home, 0o700);
  expect(await openToOthers(home)).toBeUndefined();
  expect(await openToOthers(join(home, 'nothing'))).toBeUndefined();
});

test('a folder belongs to one process at a time', async () => {
  {
    using held = await lockHome(home);
    expect(held).toBeDefined();
    await expect(lockHome(home)).rejects.toThrow(`Muster runs already in ${home} (pid ${process.pid})`);
  }
  using next = await lockHome(home);
  expect(next).toBeDefined();
});

test('TEMPORAL_CLI_PATH is used or refused, never passed over', async () => {
  const options = { searchPath: process.env['PATH'] ?? '', cacheFolder: home };
  await expect(findEngine({ ...options, cliPath: join(home, 'missing') })).rejects.toThrow(
    /TEMPORAL_CLI_PATH is .*missing.*there is no such file/,
  );
  const other = join(home, 'other');
  await writeFile(other, '#!/bin/sh\necho something else\n');
  await chmod(other, 0o755);
  await expect(findEngine({ ...options, cliPath: other })).rejects.toThrow(/names no server.*something else/);
});

test('where no engine can be had the message says what was tried and what to install', async () => {
  const broken = join(home, 'broken');
  await writeFile(broken, 'not a folder');
  const attempt = findEngine({ searchPath: '', cacheFolder: join(broken, 'cache') });
  await expect(attempt).rejects.toThrow(
    /could not be found or fetched. Tried:[^]*Install the Temporal CLI[^]*TEMPORAL_ADDRESS/,
  );
  await expect(attempt).rejects.toMatchObject({ name: 'UsageError' });
});

test('a server that does not start says why from its log', async () => {
  const fake = join(home, 'temporal');
  await writeFile(fake, '#!/bin/sh\necho no space left >&2\nexit 1\n');
  await chmod(fake, 0o755);
  await expect(startEngine({ engine: { path: fake, serverVersion: '0.0.0' }, home })).rejects.toThrow(/no space left/);
  expect(await readFile(join(home, 'engine.log'), 'utf8')).toContain('no space left');
});

test('the engine’s process gets no key in its environment', async () => {
  const fake = join(home, 'temporal');
  await writeFile(fake, `#!/bin/sh\nenv > '${home}/env'\nexit 1\n`);
  await chmod(fake, 0o755);
  await expect(startEngine({ engine: { path: fake, serverVersion: '0.0.0' }, home })).rejects.toThrow(/did not start/);
  const seen = (await readFile(join(home, 'env'), 'utf8')).matchAll(/^(\w+)=/gm);
  // Jest's own variables stand for the keys. Those of the shell that prints them do not count.
  const names = [...seen].map(([, name = '']) => name).filter((name) => !/^(PWD|OLDPWD|SHLVL|_)$/.test(name));
  expect(names.toSorted()).toEqual(Object.keys(childEnvironment({ downloads: false })).toSorted());
});

test('a program that downloads learns of proxies and mirrors, and of no key', () => {
  const env = { PATH: '/bin', https_proxy: 'p', PIP_INDEX_URL: 'm', DD_API_KEY: 'k', MUSTER_SECRETS: 's', OTHER: 'o' };
  expect(childEnvironment({ downloads: true }, env)).toEqual({ PATH: '/bin', https_proxy: 'p', PIP_INDEX_URL: 'm' });
  expect(childEnvironment({ downloads: false }, env)).toEqual({ PATH: '/bin' });
});

test('a server that finds a port taken just now is started once more', async () => {
  const { path, serverVersion } = await find();
  const unlucky = join(home, 'unlucky');
  const taken = 'listen tcp 127.0.0.1:1: bind: address already in use';
  const script = `#!/bin/sh\n[ -e '${home}/tried' ] && exec '${path}' "$@"\ntouch '${home}/tried'\necho '${taken}' >&2\nexit 1\n`;
  await writeFile(unlucky, script, { mode: 0o755 });
  await using engine = await startEngine({ engine: { path: unlucky, serverVersion }, home });
  expect(await readFile(join(home, 'engine.log'), 'utf8')).toContain(taken);
  expect(isAlive(engine.pid)).toBe(true);
});
