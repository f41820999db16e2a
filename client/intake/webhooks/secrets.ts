import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Source } from '../../../domain/policy/sources.ts';

/**
 * The secrets of the sources: in `folder` one file a source, named after it, with one secret a line. All of them count, so
 * that a new one can be added before the old one is removed.
 */
export interface SourceSecrets {
  of(source: string): Promise<readonly string[]>;
}

const comment = /^\s*(#|$)/;

/** Files are read again when they change. Every secret read is passed to `onSecret`, so that no log ever holds it. */
export function readSecretsIn(folder: string, onSecret: (secret: string) => void = () => undefined): SourceSecrets {
  const known = new Map<string, { readonly version: string; readonly secrets: readonly string[] }>();
  return {
    async of(source) {
      const path = join(folder, source);
      const stats = await stat(path).catch(() => undefined);
      if (stats === undefined) return [];
      const version = `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
      const last = known.get(source);
      if (last?.version === version) return last.secrets;
      const lines = (await readFile(path, 'utf8'))
        .replace(/^\ufeff/, '')
        .split('\n')
        .filter((line) => !comment.test(line));
      const secrets = lines.map((line) => line.trim());
      for (const secret of secrets) onSecret(secret);
      known.set(source, { version, secrets });
      return secrets;
    },
  };
}

/** Makes a secret for each source of Standard Webhooks that has none yet. */
export async function ensureSecrets(folder: string, sources: readonly Source[]): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { name } of sources.filter(({ verify }) => verify?.kind === 'standardWebhooks')) {
    const secret = `whsec_${randomBytes(32).toString('base64')}\n`;
    await writeFile(join(folder, name), secret, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
