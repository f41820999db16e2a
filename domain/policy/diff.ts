import type { Entitlement, PersonAttributes } from '../model.ts';
import { birthrightAccess, type Policy } from './rules.ts';

/** What another policy would change for one person. */
export interface AccessChange {
  readonly gains: readonly OfferedEntitlement[];
  /** Neither granted nor on approval any more. */
  readonly loses: readonly Entitlement[];
  /** Needs an approval now, and did not before: people who hold it keep it. */
  readonly needsApprovalNow: readonly Entitlement[];
}

interface OfferedEntitlement extends Entitlement {
  /** Only with an approval. */
  readonly onApproval: boolean;
}

export function compareAccess(
  before: Pick<Policy, 'rules'>,
  after: Pick<Policy, 'rules'>,
  attributes: PersonAttributes,
): AccessChange {
  const [old, young] = [offersOf(before, attributes), offersOf(after, attributes)];
  const offers = [...young.values()];
  return {
    // An entitlement that needs no approval any more goes to everybody.
    gains: offers.filter((offer) => isGained(old.get(keyOf(offer)), offer)),
    loses: [...old.values()].filter((offer) => !young.has(keyOf(offer))).map(({ kind, name }) => ({ kind, name })),
    needsApprovalNow: offers
      .filter((offer) => offer.onApproval && old.get(keyOf(offer))?.onApproval === false)
      .map(({ kind, name }) => ({ kind, name })),
  };
}

export const isChange = ({ gains, loses, needsApprovalNow }: AccessChange): boolean =>
  gains.length + loses.length + needsApprovalNow.length > 0;

const isGained = (old: OfferedEntitlement | undefined, { onApproval }: OfferedEntitlement): boolean =>
  old === undefined || (old.onApproval && !onApproval);

function offersOf(policy: Pick<Policy, 'rules'>, attributes: PersonAttributes): Map<string, OfferedEntitlement> {
  const { granted, onApproval } = birthrightAccess(policy, attributes);
  const asked = onApproval.flatMap(({ entitlements }) => entitlements);
  return new Map(
    [
      ...asked.map(({ kind, name }) => ({ kind, name, onApproval: true })),
      ...granted.map(({ kind, name }) => ({ kind, name, onApproval: false })),
    ].map((offer) => [keyOf(offer), offer]),
  );
}

const keyOf = ({ kind, name }: Entitlement): string => `${kind}:${name}`;
