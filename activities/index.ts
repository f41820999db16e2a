import { createApprovalActivities } from './approvals.ts';
import { createFetchBackActivities } from './fetchBack/index.ts';
import { createFindingActivities } from './findings/index.ts';
import { createBrakeActivities } from './brakes.ts';
import { createCapabilityActivities } from './capabilities.ts';
import { leaveOutWhatIsRefused } from '../datadog/wrappers/skipRefused.ts';
import { refuseWritesWhenObserving } from '../datadog/wrappers/readOnly.ts';
import { createAwaitingActivities } from './awaiting.ts';
import { createPersonActivities } from './person.ts';
import { createIntentActivities } from './intent.ts';
import { createRecordActivities } from './records.ts';
import { createRosterActivities } from './rosters.ts';
import { createSyncActivities } from './sync.ts';
import { createAccountScan } from './syncAccounts.ts';
import { createKindScans } from './syncKinds.ts';
import type { Dependencies } from './dependencies.ts';

export type Activities = ReturnType<typeof createActivities>;

export function createActivities(given: Dependencies) {
  const datadog = refuseWritesWhenObserving(leaveOutWhatIsRefused(given.datadog, given.inventory), given.policy);
  const dependencies = { ...given, datadog };
  return {
    ...createBrakeActivities(dependencies),
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
