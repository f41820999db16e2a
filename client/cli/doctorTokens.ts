import { dayMs } from '../../domain/durations.ts';
import { openKeys } from '../../auth/keys.ts';
import { listTokens, type ListedToken } from '../../auth/tokens.ts';
import { isInForce } from '../../inventory/port/tokens.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Config } from '../../config/types.ts';
import { explainFailure } from './failures.ts';
import { exists, openPlace } from './open.ts';
import type { Check } from './checks.ts';

const soonMs = 14 * dayMs;

/** Said only where something is wrong: tokens that something else than Muster wrote, and those that end soon. */
export async function checkTokens(config: Config, now = new Date()): Promise<readonly Check[]> {
  const place = config.inventory;
  if ('file' in place && !(await exists(place.file))) return [];
  // That it cannot be opened is another line.
  await using inventory = await openPlace(config).catch(() => undefined);
  if (inventory === undefined) return [];
  try {
    return await judgeTokens(inventory, config, now);
  } catch (error) {
    return [{ name: 'tokens', status: 'missing', detail: explainFailure(error), fix: 'check MUSTER_SIGNING_KEY_FILE' }];
  }
}

async function judgeTokens(inventory: Inventory, { signingKey }: Config, now: Date): Promise<readonly Check[]> {
  const tokens = (await listTokens({ inventory, keys: openKeys(signingKey) })).filter((one) =>
    isInForce(one, now.toISOString()),
  );
  const forged = tokens.filter(({ isSealed }) => !isSealed);
  const until = new Date(now.getTime() + soonMs).toISOString();
  const ending = tokens.filter(({ isSealed, expiresAt }) => isSealed && expiresAt <= until);
  return [
    ...(forged.length === 0
      ? []
      : [
          {
            name: 'tokens',
            status: 'missing',
            detail: `not sealed by the key ${signingKey.file}: ${forged.map(nameOf).join(', ')}. They prove nobody`,
            fix: 'another key makes the old tokens so; otherwise find out who writes to the database. Then `npx muster token revoke ID`',
          } as const,
        ]),
    ...(ending.length === 0
      ? []
      : [
          {
            name: 'tokens that end',
            status: 'missing',
            optional: true,
            detail: ending.map((one) => `${nameOf(one)} at ${one.expiresAt}`).join(', '),
            fix: 'make new ones: `npx muster token create --help`',
          } as const,
        ]),
  ];
}

const nameOf = ({ id, role, personId, source }: ListedToken): string =>
  `${id} (${[role, source, personId].filter(Boolean).join(' ')})`;
