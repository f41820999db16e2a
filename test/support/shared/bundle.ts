import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { shared } from './client.ts';

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The workflows with the tests' shorter waits between two tries. */
export async function bundleHastened(): Promise<{ readonly code: string }> {
  return bundleWorkflowCode({
    workflowsPath: pathOf('../../../workflows/index.ts'),
    payloadConverterPath: pathOf('../../../workflows/payloads.ts'),
    workflowInterceptorModules: [pathOf('hastened.ts')],
    logger: new DefaultLogger('ERROR'),
  });
}

/** Stands for the function of `client/operations/bundle.ts` in the programs of a run of Jest: the bundle is there already. */
export async function bundleWorkflows(): Promise<{ readonly code: string }> {
  const built = await shared('bundle');
  if (built === undefined) throw new Error('nothing is shared outside of a run of Jest');
  return { code: await readFile(built.codePath, 'utf8') };
}
