/** The part of the contracts without Temporal, so that a command line that only parses loads fast. */

export const taskQueues = { muster: 'muster', datadog: 'datadog' } as const;
export const accessSyncType = 'accessSync';
/** Runs at the full depth, by the policy's cron. */
export const accessSyncScheduleId = 'access-sync';
/** Imports the rosters of the watched folder, by the policy's cron. */
export const rosterImportType = 'rosterImport';
export const rosterScheduleId = 'roster-import';
/** Runs at the light depth, at a short interval; a run ends at once while nobody waits. */
export const lightSyncScheduleId = 'access-sync-light';

export const personIdPattern = /^[A-Za-z0-9._:-]{1,128}$/;
export const personWorkflowId = (personId: string): string => `person/${personId}`;
