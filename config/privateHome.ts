import { stat } from 'node:fs/promises';

/** What is wrong with the rights on the folder of Muster's state, and how to mend it; undefined where it is closed or not there. */
export async function openToOthers(home: string): Promise<{ detail: string; fix: string } | undefined> {
  const found = await stat(home).catch(() => undefined);
  // Windows knows no such rights.
  if (found === undefined || process.platform === 'win32' || (found.mode & 0o077) === 0) return undefined;
  const mode = (found.mode & 0o777).toString(8);
  return {
    detail: `${home} is open to other users of this machine (mode ${mode}); it holds keys and what is known of people`,
    fix: `chmod 700 ${home}`,
  };
}
