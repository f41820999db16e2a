import type { Entitlement, ResolvedEntitlement } from '../../domain/model.ts';

/** What a name of the policy means: the id that it had when it was first looked up. */
export interface EntitlementIdInventory {
  knownEntitlementIds(entitlements: readonly Entitlement[]): Promise<ReadonlyMap<string, string>>;
  rememberEntitlementIds(entitlements: readonly ResolvedEntitlement[], at: string): Promise<void>;
  /** The name may mean another one from now on; answers the id it had. */
  forgetEntitlementId(entitlement: Entitlement): Promise<string | undefined>;
}
