// Runs before `npm start`, `npm test` and their like, under whatever Node the machine has: installs the
// locked dependencies where they are missing or older than the lockfile, and checks that the pinned Node came with them.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { engines, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const needed = Number(/\d+/.exec(engines.node)[0]);
const installed = join(root, 'node_modules', '.package-lock.json');
const isCurrent =
  existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;

if (!isCurrent) {
  const beganAt = Date.now();
  console.error(`Installing the locked dependencies from the npm registry, among them Node ${devDependencies.node} …`);
  // NODE_ENV=production or ignore-scripts=true on the machine would leave out the pinned Node and the test tools. An
  // older Node of the machine only runs npm: warnings that packages want a newer one say nothing here.
  const flags = ['--include=dev', '--ignore-scripts=false', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = spawnSync('npm', ['ci', ...flags], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    console.error(
      'npm ci failed. Its messages are above; Muster needs the npm registry (or a mirror of it) to be reachable.',
    );
    process.exit(1);
  }
  console.error(`Installed in ${Math.ceil((Date.now() - beganAt) / 1_000)} s.`);
}

const pinned = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
let version = 'none';
try {
  version = execFileSync(pinned, ['--version'], { encoding: 'utf8' }).trim();
} catch {
  // reported below
}
const major = Number(/^v(\d+)\./.exec(version)?.[1] ?? 0);
if (major < needed) {
  console.error(
    `Muster runs on Node ${needed} or newer and brings its own (node_modules/.bin/node), but that one says "${version}". ` +
      'Delete node_modules and run the command again; if it stays so, allow the install script of the package "node".',
  );
  process.exit(1);
}
