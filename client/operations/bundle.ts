import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type Logger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

/** Bundles the workflows: 1 to 2 seconds, so once in a process. `isVersioned`: for workers whose build Temporal knows. */
export async function bundleWorkflows(
  logger: Logger,
  { isVersioned = false }: { readonly isVersioned?: boolean } = {},
): Promise<WorkflowBundleWithSourceMap> {
  const entry = isVersioned ? 'versioned.ts' : 'index.ts';
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL(`../../workflows/${entry}`, import.meta.url)),
    payloadConverterPath: fileURLToPath(new URL('../../workflows/payloads.ts', import.meta.url)),
    logger,
  });
}
