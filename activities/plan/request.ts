import type { Admittance } from '../../domain/access/changeBudget.ts';
import type { Entitlement, HrEvent, PersonAttributes, ProcessType, ResolvedEntitlement } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Datadog } from '../../datadog/types.ts';
import type { Leaver } from '../../inventory/port/changeBudget.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';

/** What is asked to know what an event would come to: reading calls only. */
export interface PlanContext {
  readonly api: Datadog;
  /** Absent where Muster has never run. */
  readonly inventory: Inventory | undefined;
  readonly policy: Policy;
  readonly resolve: (entitlements: readonly Entitlement[]) => Promise<readonly ResolvedEntitlement[]>;
  /** Whether the change budget would let the leaver go. */
  readonly admits: (leaver: Leaver) => Promise<Admittance | undefined>;
}

export interface PlanRequest {
  readonly event: HrEvent;
  readonly process: ProcessType;
  /** As HR says after the event. */
  readonly person: PersonAttributes | undefined;
  /** Whose they are is settled. */
  readonly accountId: string | undefined;
}
