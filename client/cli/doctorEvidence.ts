import { hourMs } from '../../domain/durations.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Config } from '../../config/types.ts';
import { explainFailure } from './failures.ts';
import { exists, openPlace } from './open.ts';
import type { Check } from './checks.ts';

/** Said only where something is wrong. The whole chain is for `audit verify`. */
export async function checkEvidence(
  config: Pick<Config, 'inventory' | 'signingKey'>,
  audit: Policy['audit'] | undefined,
  now = new Date(),
): Promise<readonly Check[]> {
  const place = config.inventory;
  if ('file' in place && !(await exists(place.file))) return [];
  // That it cannot be opened is another line.
  await using inventory = await openPlace(config).catch(() => undefined);
  if (inventory === undefined) return [];
  try {
    const [guards, isOurs, late] = [
      await inventory.missingGuards(),
      await isSignedWithOurKey(inventory, config),
      audit?.forward === undefined ? undefined : await unsentSince(inventory, now),
    ];
    return [
      ...(guards.length === 0
        ? []
        : [
            wrong(
              `the database no longer refuses to change it: ${guards.join(', ')} is gone`,
              '`npx muster audit verify`',
            ),
          ]),
      ...(isOurs
        ? []
        : [
            wrong(
              `the newest link is not signed with the key ${config.signingKey.file}`,
              'give every process of the deployment the same MUSTER_SIGNING_KEY_FILE; `npx muster audit verify` says which links differ',
            ),
          ]),
      ...(late === undefined
        ? []
        : [
            wrong(
              `links since ${late} have not reached Datadog's logs`,
              'see "evidence was not sent" in the worker’s log, and `npx muster sync status`: the light sync sends them',
            ),
          ]),
    ];
  } catch (error) {
    return [wrong(explainFailure(error), 'check MUSTER_SIGNING_KEY_FILE')];
  }
}

const wrong = (detail: string, fix: string): Check => ({ name: 'evidence', status: 'missing', detail, fix });

async function isSignedWithOurKey(inventory: Inventory, { signingKey }: Pick<Config, 'signingKey'>): Promise<boolean> {
  const head = await inventory.evidenceHead();
  if (head === undefined) return true;
  const [last] = await inventory.linksAfter({ seq: head.seq - 1, limit: 1 });
  const { openEvidenceSigner } = await import('../../auth/keys.ts');
  // Without a key nothing is signed with it: checking must not make one.
  const signer = openEvidenceSigner({ ...signingKey, isGiven: true });
  return last !== undefined && (await signer.verify(last.hash, last.signature));
}

/** When the oldest link was made that is not sent yet, where that is more than an hour ago. */
async function unsentSince(inventory: Inventory, now: Date): Promise<string | undefined> {
  const { seq } = (await inventory.findMark('forwarded')) ?? { seq: 0 };
  const [oldest] = await inventory.linksAfter({ seq, limit: 1 });
  return oldest !== undefined && now.getTime() - Date.parse(oldest.entry.at) > hourMs ? oldest.entry.at : undefined;
}
