import { createRequire } from 'node:module';

/** Of this Muster, as its package says. */
export const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };
