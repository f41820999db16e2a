import { setWorkflowOptions } from '@temporalio/workflow';
import { accessSync } from './accessSync.ts';

/** The workflows for a Temporal that knows versions of workers: another one refuses to be told what to do with them. */
export * from './index.ts';

// It takes minutes: it ends with the code that it began with, and the next one begins with the new.
setWorkflowOptions({ versioningBehavior: 'PINNED' }, accessSync);
