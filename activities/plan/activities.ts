import type { Intent } from '../../domain/access/intent.ts';
import { withDatadog } from '../attempt.ts';
import type { Leaver } from '../../inventory/port/changeBudget.ts';
import { resolveAndKeep } from '../person/resolveNames.ts';
import { planEvent } from './planning.ts';
import type { Entitlement } from '../../domain/model.ts';
import type { Dependencies } from '../dependencies.ts';
import { type PlanRequest } from './request.ts';

export function createIntentActivities({ datadog, inventory, policy }: Dependencies) {
  return {
    /** What the event would come to, for a process that writes nothing. */
    async planIntent(request: PlanRequest): Promise<Intent> {
      const inForce = policy();
      const admits = (leaver: Leaver) => inventory.observeDisable(leaver, inForce.changeBudget);
      return withDatadog(datadog, (api) => {
        const resolve = (entitlements: readonly Entitlement[]) => resolveAndKeep(api, inventory, entitlements);
        return planEvent({ api, inventory, policy: inForce, resolve, admits }, request);
      });
    },
  };
}
