import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../../domain/errors.ts';
import type { EvidenceCheck, EvidenceSigner } from '../../inventory/port/evidence.ts';
import { isJson } from './command.ts';
import { exists, readShellConfig, withInventory } from './open.ts';
import { printResult } from './output.ts';
import { parseNotedLink, type NotedLink } from './parse.ts';
import type { Shell } from './shell.ts';

interface VerifyOptions {
  readonly key?: readonly string[];
  readonly noted?: NotedLink;
}

/** `ok` where the chain holds and the database still refuses to change it. */
type Verdict = (EvidenceCheck | { readonly ok: false; readonly why: string }) & {
  readonly missingGuards: readonly string[];
};

export function addVerify(audit: Command, shell: Shell, setExitCode: (code: number) => void): void {
  audit
    .command('verify')
    .description('walk the whole chain: was a link altered, removed, moved, or added without the key?')
    .option(
      '--key <file>',
      'check with this public key (a PEM file, or its text) instead of the key of this deployment; may be repeated',
      (key: string, keys: readonly string[] | undefined) => [...(keys ?? []), key],
    )
    .option(
      '--noted <seq:hash>',
      'a link that was noted elsewhere, from the log, an earlier `audit verify --json` or an export: it must still be there',
      parseNotedLink,
    )
    .addHelpText(
      'after',
      '\nExample: npx muster audit verify\nExample: npx muster audit verify --key muster-public.pem\n' +
        'The chain ends where the inventory says. A person who can write the database may cut off its end and put that right too:\n' +
        'only a link that was noted elsewhere (`evidence head` in the log, or the last line of an export) shows it.',
    )
    .action(async ({ key, noted }: VerifyOptions, command: Command) => {
      const signer = key === undefined ? await ownKey(shell) : await givenKeys(shell, key);
      const verdict = await withInventory(
        shell,
        async (inventory): Promise<Verdict> => {
          const missingGuards = await inventory.missingGuards();
          const check = await inventory.verifyEvidence(noted);
          if (!check.ok || missingGuards.length === 0) return { ...check, missingGuards };
          return { ok: false, why: 'the guards of the database are gone', missingGuards };
        },
        signer,
      );
      printResult(shell, isJson(command), verdict, () => describe(verdict));
      if (!verdict.ok) setExitCode(1);
    });
}

function describe(verdict: Verdict): string {
  const { missingGuards } = verdict;
  const guards =
    missingGuards.length === 0
      ? []
      : [
          `The database no longer refuses to change evidence: ${missingGuards.join(', ')} is gone. Find out who took it away, ` +
            'and put it back: docs/evidence.md',
        ];
  if (verdict.ok) return `The chain holds: ${verdict.count} links.`;
  if ('seq' in verdict) return [`The chain is broken at link ${verdict.seq}: ${verdict.why}.`, ...guards].join('\n');
  return ['The chain holds.', ...guards].join('\n');
}

/** Where there is no key, checking would make one, which no link is signed with. */
async function ownKey(shell: Shell): Promise<EvidenceSigner> {
  const { file } = await existingKey(shell);
  const { openEvidenceSigner } = await import('../../auth/keys.ts');
  return openEvidenceSigner({ file, isGiven: true });
}

async function existingKey(shell: Shell) {
  const { signingKey } = await readShellConfig(shell);
  if (await exists(signingKey.file)) return signingKey;
  throw new UsageError(
    `There is no signing key at ${signingKey.file}: give the public one with --key FILE, or set MUSTER_SIGNING_KEY_FILE`,
  );
}

async function givenKeys(shell: Shell, given: readonly string[]): Promise<EvidenceSigner> {
  const { openEvidenceVerifier } = await import('../../auth/keys.ts');
  const pems = given.map(async (one) => {
    if (one.includes('-----BEGIN')) return one;
    try {
      return await readFile(resolve(shell.cwd, one), 'utf8');
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      throw new UsageError(
        `--key ${one} cannot be read (${code}): give the file that \`npx muster audit key\` printed`,
      );
    }
  });
  try {
    return openEvidenceVerifier(await Promise.all(pems));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError('--key is not an Ed25519 key in PEM: give the file that `npx muster audit key` printed');
  }
}

export function addKey(audit: Command, shell: Shell): void {
  audit
    .command('key')
    .description('the public half of the key that signs evidence, for whoever verifies a copy of the database')
    .addHelpText('after', '\nExample: npx muster audit key > muster-public.pem')
    .action(async (_options: unknown, command: Command) => {
      const { readPublicKey } = await import('../../auth/keys.ts');
      const key = await readPublicKey(await existingKey(shell));
      const publicKey = key.export({ type: 'spki', format: 'pem' }).toString().trim();
      printResult(shell, isJson(command), { publicKey }, () => publicKey);
    });
}
