import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultPayloadConverter } from '@temporalio/common';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { toReplay, type StoredRun } from './histories.ts';
import { PlaceMarker, type Place } from './places.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Which place of a workflow has an activity more stands in the run's memo, so that one bundle serves all of them. */
const memoField = 'activityAddedAt';

const helper = `
import { inWorkflowContext, proxyActivities, proxySinks, workflowInfo } from '@temporalio/workflow';

const { added } = proxyActivities({ startToCloseTimeout: '1 minute' });
const { places } = proxySinks();
const reached = new Set();

export function isHere(place) {
  if (!inWorkflowContext()) return false;
  if (!reached.has(place)) places.reach(place);
  reached.add(place);
  return workflowInfo().memo?.${memoField} === place;
}

export const addActivity = () => added();
`;

/** A replay that fails is what is expected here: no line of it is worth reading. */
export function silentRuntime(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: 'off' } },
  });
}

export interface MarkedWorkflows {
  readonly places: readonly Place[];
  readonly workflowBundle: WorkflowBundleWithSourceMap;
}

/** The workflows, bundled once, each place of them ready to have an activity added. */
export async function markWorkflows(): Promise<MarkedWorkflows> {
  const copy = await mkdtemp(join(tmpdir(), 'muster-marked-'));
  try {
    for (const part of ['domain', 'workflows', 'package.json']) {
      await cp(join(root, part), join(copy, part), { recursive: true });
    }
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    const helperPath = join(copy, 'addActivity.ts');
    await writeFile(helperPath, helper);
    const marker = new PlaceMarker();
    for (const file of globSync('workflows/**/*.ts', { cwd: copy }).toSorted()) {
      const path = join(copy, file);
      await writeFile(path, marker.mark(file, await readFile(path, 'utf8'), helperPath));
    }
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath: join(copy, 'workflows/index.ts'),
      payloadConverterPath: join(copy, 'workflows/payloads.ts'),
      logger: new DefaultLogger('ERROR'),
    });
    return { places: marker.places, workflowBundle };
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

interface Replay {
  readonly run: StoredRun;
  /** Without one the run is to replay as it went. */
  readonly place?: number;
}

interface Replayed extends Replay {
  readonly error: Error | undefined;
  readonly reached: readonly number[];
}

/** Replays one after the other in one worker; what comes next may depend on how the one before ended. */
export async function* replayEach(
  { workflowBundle }: MarkedWorkflows,
  replays: Iterable<Replay>,
): AsyncGenerator<Replayed> {
  let reached: number[] = [];
  let current: Replay | undefined;
  const sinks = {
    places: { reach: { fn: (_: unknown, place: number) => void reached.push(place), callDuringReplay: true } },
  };
  function* histories() {
    for (const replay of replays) {
      current = replay;
      reached = [];
      yield { workflowId: replay.run.workflowId, history: withPlace(replay) };
    }
  }
  for await (const { error } of Worker.runReplayHistories({ workflowBundle, sinks }, histories())) {
    if (current !== undefined) yield { ...current, error, reached };
  }
}

function withPlace({ run, place }: Replay) {
  const history = toReplay(run);
  const started = history.events[0]?.workflowExecutionStartedEventAttributes;
  if (started && place !== undefined)
    started.memo = { fields: { [memoField]: defaultPayloadConverter.toPayload(place) } };
  return history;
}
