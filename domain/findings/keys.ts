import { isOlder } from './accounts.ts';
import { secretKinds, type Nhi } from '../sync/kinds.ts';
import type { AccountStatus } from '../model.ts';
import type { FindingThresholds, Found } from './found.ts';
import { catalogEntry } from './catalog.ts';

/** One key, token or grant, with the account that owns it or, for an API key, created it. */
export interface KeySnapshot {
  readonly nhi: Nhi;
  readonly isGone: boolean;
  readonly owner?: {
    readonly email: string;
    readonly status: AccountStatus | 'gone';
    readonly isServiceAccount: boolean;
    readonly lastLoginAt?: string;
  };
}

interface KeyContext {
  readonly nowMs: number;
  readonly thresholds: FindingThresholds;
}

export function keyFindings(snapshot: KeySnapshot, { nowMs, thresholds }: KeyContext): readonly Found[] {
  const { nhi, owner, isGone } = snapshot;
  if (isGone || !secretKinds.includes(nhi.kind)) return [];
  const isExpired = nhi.expiresAt !== undefined && Date.parse(nhi.expiresAt) <= nowMs;
  if (isExpired) return [];
  const isOrphan = owner !== undefined && (owner.status === 'disabled' || owner.status === 'gone');
  const { createdAt, lastUsedAt } = nhi;
  const make = (kind: Found['kind'], evidence: Found['evidence']): Found => ({
    kind,
    subject: `${nhi.kind}:${nhi.id}`,
    scope: nhi.id,
    name: nhi.last4 === undefined ? nhi.name : `${nhi.name} (…${nhi.last4})`,
    severity: catalogEntry(kind).severity,
    accountId: nhi.ownerAccountId,
    evidence: { key: nhi.kind, owner: owner?.email, ownerStatus: owner?.status, ...evidence },
  });

  const all: Found[] = [];
  if (nhi.kind === 'apiKey' && isOrphan) all.push(make('apiKeyCreatorDisabled', { createdAt, lastUsedAt }));
  if (nhi.kind !== 'apiKey' && isOrphan) all.push(make('applicationKeyOwnerDisabled', { createdAt, lastUsedAt }));
  // A key that was never used, as far as Datadog remembers, counts from its creation.
  if (isOlder(lastUsedAt ?? createdAt, thresholds.keyUnusedAfterMs, nowMs)) {
    all.push(make('keyUnused', { createdAt, lastUsedAt }));
  }
  if (isOlder(createdAt, thresholds.keyMaxAgeMs, nowMs)) all.push(make('keyTooOld', { createdAt }));
  if (nhi.scopes === null) all.push(make('applicationKeyUnscoped', { createdAt }));
  if (nhi.details['isLeaked'] === true) all.push(make('keyLeaked', { createdAt }));
  if (isUsedWithoutOwner(snapshot, { nowMs, thresholds })) {
    all.push(make('keyUsedWhileOwnerAway', { ownerLastLoginAt: owner?.lastLoginAt }));
  }
  return all;
}

/** Whether a person's application key is in use while the person is away. False where the last login is unknown. */
function isUsedWithoutOwner({ nhi, owner }: KeySnapshot, { nowMs, thresholds }: KeyContext): boolean {
  if (nhi.kind !== 'applicationKey' || nhi.lastUsedAt === undefined) return false;
  if (owner === undefined || owner.isServiceAccount || owner.status !== 'active') return false;
  const isInUse = !isOlder(nhi.lastUsedAt, thresholds.keyInUseWithinMs, nowMs);
  return isInUse && isOlder(owner.lastLoginAt, thresholds.ownerAwayAfterMs, nowMs);
}
