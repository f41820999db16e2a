// Loaded before a program of the project (`node --import`): it takes the bundle that the run shares.
import { registerHooks } from 'node:module';

const { href } = new URL('bundle.ts', import.meta.url);

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    return resolved.url.endsWith('/client/operations/bundle.ts') ? { ...resolved, url: href } : resolved;
  },
});
