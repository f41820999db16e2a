import { cacheFolderIn, findEngine, findTestServer } from '../../workers/engine/find.ts';

const findOptions = () => ({
  cliPath: process.env['TEMPORAL_CLI_PATH'] || undefined,
  searchPath: process.env['PATH'] ?? '',
  cacheFolder: cacheFolderIn(process.env['XDG_CACHE_HOME']),
  onProgress: (text: string) => void process.stderr.write(`${text}\n`),
});

/** The paths of the official servers on this machine, fetched where they are missing. */
export const findDevServer = async (): Promise<string> => (await findEngine(findOptions())).path;
export const findSkippingServer = (): Promise<string> => findTestServer(findOptions());
