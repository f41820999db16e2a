import { createApprovalActivities } from './approvals/approvals.ts';
import { createFetchBackActivities } from './intake/fetchBack.ts';
import { createFindingActivities } from './sync/findings/index.ts';
import { createAccessBeforeActivities } from './person/accessBefore.ts';
import { createChangeBudgetActivities } from './person/changeBudget.ts';
import { createCorrelationActivities } from './person/correlation.ts';
import { createEndingActivities } from './person/endings.ts';
import { createEntitlementActivities } from './person/entitlements.ts';
import { createHoldingsActivities } from './person/holdings.ts';
import { createInvitationActivities } from './person/invitations.ts';
import { createWantedActivities } from './person/wanted.ts';
import { createProtectionActivities } from './person/protection.ts';
import { createCapabilityActivities } from './person/capabilities.ts';
import { skipRefusedCalls } from '../datadog/wrappers/skipRefused.ts';
import { refuseWritesWhenObserving } from '../datadog/wrappers/readOnly.ts';
import { createAwaitingActivities } from './person/awaiting.ts';
import { createAccountActivities } from './person/account.ts';
import { createPlanActivities } from './plan/index.ts';
import { createRecordActivities } from './person/records.ts';
import { createRosterActivities } from './intake/rosters.ts';
import { createEvidenceActivities } from './sync/evidence.ts';
import { createSyncActivities } from './sync/runs.ts';
import { createWatchActivities } from './sync/watch.ts';
import { createAccountScan } from './sync/accounts.ts';
import { createKindScans } from './sync/lists.ts';
import type { Dependencies } from './dependencies.ts';
import { keepLastErrors } from './lastErrors.ts';
import { createOnePolicy } from './onePolicy.ts';

export type Activities = ReturnType<typeof createActivities>;

export function createActivities(given: Dependencies) {
  // Whether Datadog is written to is asked at each write, also within one activity.
  const datadog = refuseWritesWhenObserving(skipRefusedCalls(given.datadog, given.inventory), given.policy);
  const { policy, hold } = createOnePolicy(given.policy);
  const dependencies = { ...given, datadog, policy };
  const activities = {
    ...createCorrelationActivities(dependencies),
    ...createHoldingsActivities(dependencies),
    ...createAccountActivities(dependencies),
    ...createInvitationActivities(dependencies),
    ...createEntitlementActivities(dependencies),
    ...createWantedActivities(dependencies),
    ...createAccessBeforeActivities(dependencies),
    ...createChangeBudgetActivities(dependencies),
    ...createProtectionActivities(dependencies),
    ...createAwaitingActivities(dependencies),
    ...createPlanActivities(dependencies),
    ...createRecordActivities(dependencies),
    ...createEndingActivities(dependencies),
    ...createApprovalActivities(dependencies),
    ...createCapabilityActivities(dependencies),
    ...createSyncActivities(dependencies),
    ...createWatchActivities(dependencies),
    ...createEvidenceActivities(dependencies),
    ...createAccountScan(dependencies),
    ...createKindScans(dependencies),
    ...createFetchBackActivities(dependencies),
    ...createFindingActivities(dependencies),
    ...createRosterActivities(dependencies),
  };
  return hold(keepLastErrors(given.inventory, activities));
}
