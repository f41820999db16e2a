import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { recordDecision, type Why } from '../../auth/operator.ts';
import { buildId } from '../../config/version.ts';
import { FailedError, NotFoundError, RefusedError } from '../../domain/errors.ts';
import { bundleWorkflows } from './bundle.ts';
import { describeDeployment, makeCurrent } from './deployment.ts';
import { replayOpenRuns, type Replayed } from './replayOpenRuns.ts';
import type { OperatorContext } from './wake.ts';

export interface UpgradeCheck extends Replayed {
  readonly build: string;
}

/** Replays every open run with the code that this runs from. */
export async function checkUpgrade(client: Client, onProgress?: (runs: number) => void): Promise<UpgradeCheck> {
  const logger = new DefaultLogger('ERROR', () => undefined);
  // The SDK would say each failure at length: here they are the result.
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' });
  Runtime.install({ logger, telemetryOptions: { logging: { forward: {}, filter } }, shutdownSignals: [] });
  try {
    const workflowBundle = await bundleWorkflows(logger);
    return { build: buildId(), ...(await replayOpenRuns(client, { workflowBundle, onProgress })) };
  } finally {
    await Runtime.instance().shutdown();
  }
}

interface Promotion {
  /** This build where it is absent. */
  readonly build?: string;
  readonly why?: Why;
  readonly onProgress?: (runs: number) => void;
}

/** Makes a build current, with evidence. This one is checked before; of another one its code is not here. */
export async function promote(
  context: OperatorContext,
  { build = buildId(), why = {}, onProgress }: Promotion,
): Promise<{ readonly before: string | undefined; readonly after: string; readonly runs: number | undefined }> {
  const { client, inventory } = context;
  const deployment = await describeDeployment(client);
  if (deployment === undefined) throw new FailedError('this Temporal does not know versions of workers');
  const { current, builds } = deployment;
  if (current === build) throw new FailedError(`build ${build} is current already`);
  const isHere = build === buildId();
  if (!isHere && !builds.includes(build)) {
    const known = builds.join(', ');
    throw new NotFoundError(
      `no worker of build ${build} has ever started; known are: ${known === '' ? 'none' : known}`,
    );
  }
  const checked = isHere ? await checkUpgrade(client, onProgress) : undefined;
  const [first] = checked?.failing ?? [];
  if (first !== undefined) {
    throw new RefusedError(
      `${checked?.failing.length} of ${checked?.runs} open runs would fail with build ${build}, the first is ${first.workflowId}: ` +
        '`npx muster upgrade check` names them all',
    );
  }
  await inventory.inTransaction((trx) =>
    recordDecision(trx, context, {
      personId: 'deployment',
      eventId: `promote:${randomUUID()}`,
      step: 'promote',
      action: 'promote build',
      ...why,
      before: current ?? null,
      after: build,
    }),
  );
  await makeCurrent(client, build);
  return { before: current, after: build, runs: checked?.runs };
}
