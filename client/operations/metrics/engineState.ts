import type { Client } from '@temporalio/client';
import { findInEngine, type AskedEngine } from '../../../activities/sync/engine.ts';
import { kindsFoundAt } from '../../../domain/findings/catalog.ts';
import { alivePollers, kindsOfWork } from '../../../domain/workers.ts';
import { createEngineWatch } from '../engineWatch.ts';

/** What Temporal says of now. */
export interface EngineState {
  readonly isUp: number;
  /** NaN while Temporal does not answer, as all of them. */
  readonly troubles: Readonly<Record<string, number>>;
  readonly pollers: Readonly<Record<string, number>>;
}

const answersWithinMs = 5_000;

export async function readEngineState(
  client: Client,
  { inventory, policy }: Pick<AskedEngine, 'inventory' | 'policy'>,
  now: number,
): Promise<EngineState> {
  const engine = createEngineWatch(client);
  const asked = await client
    .withDeadline(Date.now() + answersWithinMs, async () => {
      const pollers = await engine.pollers();
      const known = { ...engine, pollers: async () => pollers };
      return { pollers, found: await findInEngine({ engine: known, inventory, policy }, now) };
    })
    .catch(() => undefined);
  return {
    isUp: asked === undefined ? 0 : 1,
    troubles: Object.fromEntries(
      kindsFoundAt('engine').map((kind) => [
        kind,
        asked === undefined ? Number.NaN : asked.found.filter((one) => one.kind === kind).length,
      ]),
    ),
    pollers: Object.fromEntries(
      kindsOfWork.map(({ name }) => {
        const one = asked?.pollers.find(({ work }) => work.name === name);
        return [name, one === undefined ? Number.NaN : alivePollers(one, now)];
      }),
    ),
  };
}
