import { randomUUID } from 'node:crypto';
import { RefusedError } from '../../domain/errors.ts';
import { compareRank, ranksOf, reservedSources } from '../../domain/facts/ranks.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Inventory, RecordTransaction } from '../../inventory/port/inventory.ts';
import type { AliasRow, SourceIdentity } from '../../inventory/port/sources.ts';

/** Which person a source means, and whether it may say anything of people: the same for every way in. */

export type RankedPolicy = Pick<Policy, 'identity' | 'sources'>;

/** Throws a `RefusedError` for a source that the policy gives no rank, where it ranks sources. */
export function refuseUnranked({ identity }: Pick<RankedPolicy, 'identity'>, source: string): void {
  if (reservedSources.includes(source)) {
    throw new RefusedError(`${source} is a name that Muster itself uses: give the source another one`);
  }
  if (identity.authority === undefined || identity.authority.includes(source)) return;
  throw new RefusedError(`the source ${source} has no rank: add it to identity.authority of the policy`);
}

/**
 * One person for each id of a source, or for each e-mail where it has no ids. A source that names somebody whom only lower ones have
 * named takes them over, which leaves evidence.
 */
export async function aliasOf(
  inventory: Pick<Inventory, 'findAlias' | 'inTransaction'>,
  identity: SourceIdentity,
  { at, policy }: { readonly at: string; readonly policy: RankedPolicy },
): Promise<AliasRow> {
  const known = await inventory.findAlias(identity);
  if (known !== undefined) return known;
  return inventory.inTransaction((trx) => bind(trx, identity, { at, policy }));
}

/** The same of many whom the source has not named yet, in one transaction. */
export async function bindAliases(
  inventory: Pick<Inventory, 'inTransaction'>,
  identities: readonly SourceIdentity[],
  about: { readonly at: string; readonly policy: RankedPolicy },
): Promise<readonly AliasRow[]> {
  return inventory.inTransaction(async (trx) => {
    const aliases: AliasRow[] = [];
    for (const identity of identities) aliases.push(await bind(trx, identity, about));
    return aliases;
  });
}

async function bind(
  trx: Pick<RecordTransaction, 'bindAlias' | 'sourcesNaming' | 'appendEvidence'>,
  identity: SourceIdentity,
  { at, policy }: { readonly at: string; readonly policy: RankedPolicy },
): Promise<AliasRow> {
  const ranks = ranksOf(policy);
  const alias = await trx.bindAlias(identity, { newId: randomUUID(), at });
  const { source, externalId, personId } = alias;
  const others = (await trx.sourcesNaming(personId)).filter((one) => one !== source);
  const [highest] = others.toSorted((a, b) => compareRank(ranks, a, b));
  if (highest === undefined || compareRank(ranks, source, highest) > 0) return alias;
  await trx.appendEvidence({
    personId,
    eventId: `alias:${source}:${externalId}`,
    step: 'takeOver',
    at,
    actor: source,
    action: 'take over person',
    reason: `${source} ranks above ${highest}`,
    before: { source: highest },
    after: { source },
  });
  return alias;
}
