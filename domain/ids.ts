/** The part of the contracts that needs nothing of Temporal: a command line that only parses loads it at once. */

export const taskQueues = { muster: 'muster', datadog: 'datadog' } as const;
export const accessSyncType = 'accessSync';
/** The full depth, by the policy's cron. */
export const accessSyncScheduleId = 'access-sync';
/** The rosters of the watched folder, by the policy's cron. */
export const rosterImportType = 'rosterImport';
export const rosterScheduleId = 'roster-import';
/** The light depth, at a short interval; its runs end at once while nobody waits. */
export const lightSyncScheduleId = 'access-sync-light';

export const personIdPattern = /^[A-Za-z0-9._:-]{1,128}$/;
export const personWorkflowId = (personId: string): string => `person/${personId}`;
