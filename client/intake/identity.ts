import { randomUUID } from 'node:crypto';
import type { Policy } from '../../domain/policy/rules.ts';
import { isHire } from '../../domain/mailbox.ts';
import type { AliasRow, SourceIdentity } from '../../inventory/port/sources.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { RefusedError } from '../../domain/errors.ts';
import type { EventDraft } from '../operations/drafts.ts';

/** Which person a source means, and what it may say of them: the same for every way in. */

/** One person for each id of a source, or for each e-mail where it has no ids. */
export async function aliasOf(
  inventory: Pick<Inventory, 'findAlias' | 'bindAlias'>,
  identity: SourceIdentity,
  at: string,
): Promise<AliasRow> {
  const known = await inventory.findAlias(identity);
  return known ?? inventory.bindAlias(identity, { newId: randomUUID(), at });
}

/** The source that named a person first has the `whole` word; another adds attributes, and ends employment where it may. */
export type Authority = 'whole' | 'attributesAndEnd' | 'attributes';

export function authorityOf(
  isAuthoritative: boolean,
  { identity }: Pick<Policy, 'identity'>,
  source: string,
): Authority {
  if (isAuthoritative) return 'whole';
  return identity.mayEndEmployment.includes(source) ? 'attributesAndEnd' : 'attributes';
}

/** The event as far as its source may say it. Throws a `RefusedError` where it may not. */
export function withinAuthority(draft: EventDraft, authority: Authority): EventDraft {
  if (authority === 'whole' || draft.fetchId !== undefined) return draft;
  if (draft.kind === 'leaver' && authority === 'attributes') {
    throw new RefusedError(
      `another source is authoritative for this person: ${draft.source} may end their employment once identity.mayEndEmployment names it`,
    );
  }
  return isHire(draft) ? { ...draft, kind: 'mover' } : draft;
}
