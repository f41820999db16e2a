import { findInEngine } from '../../activities/sync/engine.ts';
import { leavesDue } from '../../activities/sync/leaves.ts';
import { findingKinds } from '../../domain/findings/catalog.ts';
import type { Found } from '../../domain/findings/found.ts';
import { judgeLeaves } from '../../domain/findings/leaves.ts';
import { minuteMs } from '../../domain/durations.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Config } from '../../config/types.ts';
import type { Check } from './checks.ts';
import { explainFailure } from './failures.ts';
import { connect, exists, openPlace } from './open.ts';

/** The light sync tells them by then. */
const toldWithinMs = 5 * minuteMs;
const listed = 10;

/** What the sync watches, asked once more from here: the sync may be what is stuck. */
export async function checkWatch(
  config: Config,
  policy: Policy | undefined,
  now = Date.now(),
): Promise<readonly Check[]> {
  const place = config.inventory;
  // That they are missing is said by other lines.
  if (policy === undefined || ('file' in place && !(await exists(place.file)))) return [];
  await using inventory = await openPlace(config).catch(() => undefined);
  if (inventory === undefined) return [];
  return [
    ...(await checkRecord(inventory, policy, now)),
    ...(config.temporal.connection === undefined ? [] : await askEngine(config, { inventory, policy, now })),
  ];
}

/** Leavers whose access has not ended, and events that nobody has taken up, by the record alone. */
export async function checkRecord(
  inventory: Pick<Inventory, 'openLeaves' | 'peopleNotTakenUp'>,
  policy: Pick<Policy, 'times' | 'identity' | 'sources'>,
  now: number,
): Promise<readonly Check[]> {
  const { found } = judgeLeaves(await inventory.openLeaves(leavesDue(policy, now)), now);
  const receivedBefore = new Date(now - toldWithinMs).toISOString();
  const untold = await inventory.peopleNotTakenUp({ receivedBefore, limit: 1_000 });
  const people = untold.slice(0, listed).map(({ personId }) => personId);
  return [
    found.length === 0
      ? { name: 'leavers', status: 'ok', detail: 'the access of everybody who has left has ended' }
      : {
          name: 'leavers',
          status: 'missing',
          detail: `the access of ${found.length} has not ended: ${listOf(found.map(wordsOfLeave))}`,
          fix: findingKinds.leaverNotEnded.advice,
        },
    untold.length === 0
      ? { name: 'events', status: 'ok', detail: 'none waits to be taken up' }
      : {
          name: 'events',
          status: 'missing',
          detail: `no process has taken up what came for ${untold.length} people: ${listOf(people)}`,
          fix: 'the light sync tells their processes: see that a worker runs and that the sync is not paused',
        },
  ];
}

async function askEngine(
  config: Config,
  { inventory, policy, now }: { readonly inventory: Inventory; readonly policy: Policy; readonly now: number },
): Promise<readonly Check[]> {
  const connected = await connect(config).catch(() => undefined);
  if (connected === undefined) return [];
  const { createEngineWatch } = await import('../operations/engineWatch.ts');
  const { client } = connected;
  try {
    return await client.withDeadline(now + 10_000, async () =>
      judgeEngine(await findInEngine({ engine: createEngineWatch(client), inventory, policy }, now)),
    );
  } catch (error) {
    return [
      { name: 'watch', status: 'missing', detail: explainFailure(error), fix: 'Temporal 1.30 or newer is needed' },
    ];
  } finally {
    await connected.close();
  }
}

/** One line for each kind of trouble. */
export const judgeEngine = (found: readonly Found[]): readonly Check[] =>
  (['strangeInventory', 'runFailing', 'syncStopped'] as const).map((kind) => {
    const { title, advice } = findingKinds[kind];
    const troubles = found.filter((one) => one.kind === kind);
    const [name, well] = namesOf[kind];
    if (troubles.length === 0) return { name, status: 'ok', detail: well };
    return { name, status: 'missing', detail: `${title}: ${listOf(troubles.map(wordsOfTrouble))}`, fix: advice };
  });

const namesOf = {
  strangeInventory: ['inventory', 'the one that the namespace knows'],
  runFailing: ['processes', 'none fails again and again'],
  syncStopped: ['sync', 'on, and no run goes on without end'],
} as const;

const wordsOfLeave = ({ name, since, evidence }: Found): string =>
  [`${name} since ${since}`, `outcome ${String(evidence['outcome'])}`, `account ${String(evidence['account'])}`].join(
    ', ',
  ) + (evidence['waitingFor'] === undefined ? '' : `, waits for: ${String(evidence['waitingFor'])}`);

const wordsOfTrouble = ({ name, evidence }: Found): string =>
  `${name} (${Object.entries(evidence)
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key} ${String(value)}`]))
    .join(', ')})`;

const listOf = (words: readonly string[]): string =>
  words.length <= listed ? words.join('; ') : `${words.slice(0, listed).join('; ')}; and ${words.length - listed} more`;
