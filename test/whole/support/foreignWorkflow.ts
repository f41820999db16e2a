import { sleep } from '@temporalio/workflow';

/** It has the name of one of Muster's, and does something else. */
export async function rosterImport(): Promise<void> {
  await sleep('1 hour');
}
