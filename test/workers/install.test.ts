import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { projectFolder } from '../support/processes.ts';

let clone: string;
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'muster-install-'));
  await mkdir(join(clone, 'workers'));
  for (const file of ['workers/install.mjs', 'package.json', 'package-lock.json']) {
    await copyFile(join(projectFolder, file), join(clone, file));
  }
});
afterEach(() => rm(clone, { recursive: true }));

/** Runs it in a fresh clone with an npm that warns as npm does on an older Node, and brings a Node of this version. */
async function install(broughtVersion: string) {
  const bin = join(clone, 'bin');
  await mkdir(bin, { recursive: true });
  const npm = [
    '#!/bin/sh',
    'case "$*" in *--loglevel=error*) ;; *) for i in 1 2 3 4 5 6; do echo "npm warn EBADENGINE" >&2; done ;; esac',
    'mkdir -p node_modules/.bin',
    'touch node_modules/.package-lock.json',
    `printf '#!/bin/sh\\necho ${broughtVersion}\\n' > node_modules/.bin/node`,
    'chmod +x node_modules/.bin/node',
  ];
  await writeFile(join(bin, 'npm'), `${npm.join('\n')}\n`, { mode: 0o755 });
  const { status, stdout, stderr } = spawnSync(process.execPath, ['workers/install.mjs'], {
    cwd: clone,
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('a first start says what it downloads and how long that took, without a wall of warnings', async () => {
  const { devDependencies } = JSON.parse(await readFile(join(clone, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const { status, stdout, stderr } = await install(`v${devDependencies['node']}`);
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  expect(stderr.split('\n')).toEqual([
    `Installing the locked dependencies from the npm registry, among them Node ${devDependencies['node']} …`,
    expect.stringMatching(/^Installed in \d+ s\.$/),
    '',
  ]);
  expect(await install('none')).toMatchObject({ stderr: expect.not.stringContaining('Installing') });
});

test('a Node older than the project needs is named, with what to do', async () => {
  expect(await install('v22.18.0')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/runs on Node 24 or newer.*"v22\.18\.0".*Delete node_modules/),
  });
});
