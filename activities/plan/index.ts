import { planProcess, type ProcessPlan } from '../../domain/access/processPlan.ts';
import type { Entitlement } from '../../domain/model.ts';
import type { Leaver } from '../../inventory/port/changeBudget.ts';
import { withDatadog } from '../attempt.ts';
import type { Dependencies } from '../dependencies.ts';
import { resolveAndKeep } from '../person/resolveNames.ts';
import { gatherSituation, type PlanRequest } from './situation.ts';

export function createPlanActivities({ datadog, inventory, policy }: Dependencies) {
  return {
    /** What the event would do, for a process that writes nothing. */
    async planIntent(request: PlanRequest): Promise<ProcessPlan> {
      const inForce = policy();
      const admits = (leaver: Leaver) => inventory.observeDisable(leaver, inForce.changeBudget);
      return withDatadog(datadog, async (api) => {
        const resolve = (entitlements: readonly Entitlement[]) => resolveAndKeep(api, inventory, entitlements);
        return planProcess(await gatherSituation({ api, inventory, policy: inForce, resolve, admits }, request));
      });
    },
  };
}
