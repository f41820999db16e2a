import { createApprovalActivities } from './approvals/approvals.ts';
import { createFetchBackActivities } from './intake/fetchBack.ts';
import { createFindingActivities } from './sync/findings/index.ts';
import { createLeavingActivities } from './person/leaving.ts';
import { createCapabilityActivities } from './person/keyHealth.ts';
import { skipRefusedCalls } from '../datadog/wrappers/skipRefused.ts';
import { refuseWritesWhenObserving } from '../datadog/wrappers/readOnly.ts';
import { createAwaitingActivities } from './person/awaiting.ts';
import { createPersonActivities } from './person/account.ts';
import { createIntentActivities } from './plan/activities.ts';
import { createRecordActivities } from './person/records.ts';
import { createRosterActivities } from './intake/rosters.ts';
import { createSyncActivities } from './sync/runs.ts';
import { createAccountScan } from './sync/accounts.ts';
import { createKindScans } from './sync/lists.ts';
import type { Dependencies } from './dependencies.ts';

export type Activities = ReturnType<typeof createActivities>;

export function createActivities(given: Dependencies) {
  const datadog = refuseWritesWhenObserving(skipRefusedCalls(given.datadog, given.inventory), given.policy);
  const dependencies = { ...given, datadog };
  return {
    ...createLeavingActivities(dependencies),
    ...createPersonActivities(dependencies),
    ...createAwaitingActivities(dependencies),
    ...createIntentActivities(dependencies),
    ...createRecordActivities(dependencies),
    ...createApprovalActivities(dependencies),
    ...createCapabilityActivities(dependencies),
    ...createSyncActivities(dependencies),
    ...createAccountScan(dependencies),
    ...createKindScans(dependencies),
    ...createFetchBackActivities(dependencies),
    ...createFindingActivities(dependencies),
    ...createRosterActivities(dependencies),
  };
}
