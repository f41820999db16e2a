import type { ProcessType } from './model.ts';

/** The part of the contracts without Temporal, so that a command line that only parses loads fast. */

export const taskQueues = { muster: 'muster', datadog: 'datadog', leavers: 'datadog-leavers' } as const;
/** Temporal's name for all workers of a Muster, of whichever build. */
export const deploymentName = 'muster';
export const accessSyncType = 'accessSync';
export const workflowTypes = ['onboarding', 'roleChange', 'offboarding', accessSyncType, 'rosterImport'] as const;
export const isLeaving = (workflowType: string): boolean => workflowType === ('offboarding' satisfies ProcessType);

/** Who goes first where many wait for a worker: 1 is the highest of Temporal's five. */
export function priorityOf(workflowType: string): number {
  if (isLeaving(workflowType)) return 1;
  return workflowType === accessSyncType ? 5 : 3;
}

/** Runs at the full depth, by the policy's cron. */
export const accessSyncScheduleId = 'access-sync';
/** Imports the rosters of the watched folder, by the policy's cron. */
export const rosterImportType = 'rosterImport';
export const rosterScheduleId = 'roster-import';
/** Runs at the light depth, at a short interval; a run ends at once while nobody waits. */
export const lightSyncScheduleId = 'access-sync-light';
/** Never runs: its note says which inventory the namespace belongs to. */
export const knownInventoryScheduleId = 'muster-inventory';

/** Never an option of a command, never `.` or `..` in a path. */
export const personIdPattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
/** The pattern in words, after *personId must be*. */
export const personIdRule = '1 to 128 letters, digits or any of . _ : -, the first a letter or digit';
export const personWorkflowId = (personId: string): string => `person/${personId}`;
/** Undefined for an id that is no person's. */
export function personIdOf(workflowId: string): string | undefined {
  const personId = workflowId.slice(personWorkflowId('').length);
  return personWorkflowId(personId) === workflowId && personIdPattern.test(personId) ? personId : undefined;
}
