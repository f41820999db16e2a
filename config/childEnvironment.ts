import type { Environment } from './types.ts';

/** What a program needs to run at all. */
const plain = /^(PATH|HOME|USER|LOGNAME|LANG|LC_[A-Z]+|TZ|TMPDIR|TMP|TEMP|SYSTEMROOT|LD_LIBRARY_PATH)$/i;
/** What a program needs in order to download: these may hold the password of a proxy or a mirror. */
const network =
  /^((HTTP|HTTPS|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE|NODE_EXTRA_CA_CERTS|PIP_[A-Z_]+|XDG_[A-Z_]+|VIRTUAL_ENV|PYTHON(PATH|HOME))$/i;

/** The environment of a program that Muster starts: named variables only, so that no key of Muster's goes along. */
export function childEnvironment(
  { downloads }: { readonly downloads: boolean },
  env: Environment = process.env,
): Record<string, string> {
  const isPassedOn = (name: string): boolean => plain.test(name) || (downloads && network.test(name));
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && isPassedOn(entry[0])),
  );
}
