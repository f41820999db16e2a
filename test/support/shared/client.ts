export const sharedVariable = 'TEST_SHARED_SERVERS';

interface Shared {
  readonly temporal: { readonly address: string };
  readonly postgres: { readonly folder: string } | { readonly unavailable: string };
  readonly bundle: { readonly codePath: string };
}

export const isShared = (): boolean => process.env[sharedVariable] !== undefined;

/** What the run of Jest shares, started where it is not yet. Undefined outside of Jest, where nothing is shared. */
export async function shared<Name extends keyof Shared>(name: Name): Promise<Shared[Name] | undefined> {
  const address = process.env[sharedVariable];
  if (address === undefined) return undefined;
  // A file that is busy loading for seconds would find a kept connection closed.
  const answer = await fetch(`${address}/${name}`, { headers: { connection: 'close' } });
  if (!answer.ok) throw new Error(`${name}: ${await answer.text()}`);
  return (await answer.json()) as Shared[Name];
}
