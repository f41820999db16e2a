import { ApplicationFailure } from '@temporalio/common';
import { notOwed } from '../../domain/failures.ts';
import { withoutValues, type ProcessPlan } from '../../domain/access/processPlan.ts';
import type { Because } from '../../domain/evidence.ts';
import type { Entitlement } from '../../domain/model.ts';
import type { Removal } from '../../inventory/port/changeBudget.ts';
import { withDatadog } from '../attempt.ts';
import type { Dependencies } from '../dependencies.ts';
import { attemptedAt, wordFor } from '../person/word.ts';
import { resolveAndKeep } from '../person/resolveNames.ts';
import { planEvent, type PlanRequest } from './situation.ts';

export function createPlanActivities({ datadog, inventory, policy }: Dependencies) {
  return {
    /** What the event would do, for a process that writes nothing. */
    async planIntent({
      personId,
      eventId,
      ...request
    }: Because & Pick<PlanRequest, 'process' | 'accountId'>): Promise<ProcessPlan> {
      const event = (await inventory.findEvent(eventId))?.event;
      if (event?.personId !== personId) throw ApplicationFailure.nonRetryable('the event is not on record', notOwed);
      const person = await wordFor({ inventory, policy }, { personId, eventId }, attemptedAt());
      const inForce = policy();
      const admits = (removal: Removal) => inventory.observeRemoval(removal, inForce.changeBudget);
      return withDatadog(datadog, async (api) => {
        const resolve = (entitlements: readonly Entitlement[]) => resolveAndKeep(api, inventory, entitlements);
        const context = { api, inventory, policy: inForce, resolve, admits };
        return withoutValues(await planEvent(context, { ...request, event, person }));
      });
    },
  };
}
