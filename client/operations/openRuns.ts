import { workflowTypes } from '../../domain/ids.ts';

/** A query of the runs of Muster's types that are open. */
export const openRuns = `ExecutionStatus = "Running" AND WorkflowType IN (${workflowTypes.map((type) => `"${type}"`).join(', ')})`;
