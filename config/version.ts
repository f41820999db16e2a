import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Of this Muster, as its package says. */
export const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };

const root = join(import.meta.dirname, '..');
const commitLength = 12;
let known: string | undefined;

/**
 * Tells two builds of one version apart, such as `0.1.0+0123456789ab`: by MUSTER_COMMIT, which an image carries, else by the checkout that
 * it runs from. The version alone where neither is there.
 */
export function buildId(): string {
  known ??= [version, commit()].filter((part) => part !== undefined).join('+');
  return known;
}

function commit(): string | undefined {
  const given = process.env['MUSTER_COMMIT'] ?? commitOf(join(root, '.git'));
  return given !== undefined && /^[0-9a-f]{7,64}$/.test(given) ? given.slice(0, commitLength) : undefined;
}

/** Undefined where there is no checkout, or it is a linked one. */
function commitOf(folder: string): string | undefined {
  try {
    const head = readFileSync(join(folder, 'HEAD'), 'utf8').trim();
    const [, ref] = /^ref: (.+)$/.exec(head) ?? [];
    return ref === undefined ? head : (readText(join(folder, ref)) ?? packed(folder, ref));
  } catch {
    return undefined;
  }
}

function packed(folder: string, ref: string): string | undefined {
  const lines = readFileSync(join(folder, 'packed-refs'), 'utf8').split('\n');
  return lines.find((line) => line.endsWith(` ${ref}`))?.split(' ')[0];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
