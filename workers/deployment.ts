import type { Client } from '@temporalio/client';
import type { Logger, WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { describeDeployment, makeCurrent, releasePinned } from '../client/operations/deployment.ts';
import { replayOpenRuns } from '../client/operations/replayOpenRuns.ts';
import { buildId } from '../config/version.ts';
import { aliveSince } from '../domain/instances.ts';
import type { Inventory } from '../inventory/port/inventory.ts';

interface FollowOptions {
  readonly client: Client;
  readonly inventory: Pick<Inventory, 'listInstances'>;
  readonly workflowBundle: Pick<WorkflowBundleWithSourceMap, 'code'>;
  readonly logger: Logger;
}

const lookEveryMs = 30_000;

/** Whether Temporal knows versions of workers at all. */
export async function knowsVersions(client: Client, logger: Logger): Promise<boolean> {
  const isKnown = (await describeDeployment(client)) !== undefined;
  if (!isKnown) {
    logger.warn(
      'this Temporal knows no versions of workers: an upgrade stops the old worker before the new one starts',
    );
  }
  return isKnown;
}

/**
 * A worker whose build is not current gets no work but what is pinned to it: where no worker of the current build has reported lately, as
 * after a replaced container, it replays all open runs and takes over where none fails. Else it waits for `npx muster upgrade promote`, and
 * says so.
 */
export async function followDeployment(options: FollowOptions): Promise<Disposable> {
  const { logger } = options;
  const look = createLook(options);
  await look();
  const timer = setInterval(
    () => void look().catch((error: unknown) => logger.error('the builds could not be looked up', { error })),
    lookEveryMs,
  ).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function createLook({ client, inventory, workflowBundle, logger }: FollowOptions): () => Promise<void> {
  const mine = buildId();
  let said = '';
  const say = (text: string, fields: object = {}): void => {
    if (text !== said) logger.warn(text, { ...fields });
    said = text;
  };
  let isLooking = false;
  const look = async (): Promise<void> => {
    const current = (await describeDeployment(client))?.current;
    if (current === mine) return void (said = '');
    if (current === undefined) return makeCurrent(client, mine);
    const alive = await inventory.listInstances(aliveSince(Date.now()));
    if (alive.some(({ kind, version }) => kind === 'worker' && version === current)) {
      return say(
        `this worker is build ${mine}, and ${current} is current: it waits for \`npx muster upgrade promote\``,
      );
    }
    const { runs, failing } = await replayOpenRuns(client, { workflowBundle });
    const [first] = failing;
    if (first === undefined) {
      logger.info('this build is current now: no worker of the one before runs, and every open run replays', {
        ...{ before: current, after: mine, runs },
      });
      await makeCurrent(client, mine);
      return releasePinned(client);
    }
    say(
      `${failing.length} of ${runs} open runs would fail with build ${mine}, the first is ${first.workflowId}: nothing is done. ` +
        `Start build ${current} again; \`npx muster upgrade check\` says more`,
    );
  };
  return async () => {
    if (isLooking) return;
    isLooking = true;
    try {
      await look();
    } finally {
      isLooking = false;
    }
  };
}
