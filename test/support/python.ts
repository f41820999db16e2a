import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolderIn } from '../../workers/engine/find.ts';

const run = promisify(execFile);

/**
 * A Python with these packages from PyPI (`name==version`), in an environment of its own in the cache folder; made when it
 * is first asked for. Returns the folder of its programs. Throws in words where Python 3 or PyPI is not there.
 */
export async function pythonWith(packages: readonly string[]): Promise<string> {
  const id = createHash('sha256').update(packages.join()).digest('hex').slice(0, 16);
  const folder = join(cacheFolderIn(process.env['XDG_CACHE_HOME']), 'python', id);
  const programs = join(folder, 'bin');
  const ready = join(folder, 'ready');
  if (await exists(ready)) return programs;
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await run('python3', ['-m', 'venv', folder]);
    await run(join(programs, 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages]);
    await writeFile(ready, '');
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(
      `This test needs Python 3 with venv and pip, and PyPI for ${packages.join(', ')}: ` +
        `install them, then run it again. ${stderr.trim().split('\n').at(-1) || (error as Error).message}`,
      { cause: error },
    );
  }
  return programs;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
