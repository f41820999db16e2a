import { setCurrentDetails } from '@temporalio/workflow';
import { imports } from './proxies.ts';

/** Takes in the rosters that lie in the watched folder, on a schedule. */
export async function rosterImport(): Promise<void> {
  const found = await imports.importRosters();
  const lines = found.map(({ file, result, detail }) => `- ${file}: ${result}, ${detail}`);
  setCurrentDetails(lines.length === 0 ? 'no file was there' : lines.join('\n'));
}
