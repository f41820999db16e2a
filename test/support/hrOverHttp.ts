import { writeFile } from 'node:fs/promises';
import { keysIn } from './operators.ts';
import { join } from 'node:path';
import { readSecretsIn } from '../../client/intake/webhooks/secrets.ts';
import { serveGateway } from '../../client/gateway/serve.ts';
import type { PolicyRule } from '../../domain/policy/rules.ts';
import { hrSecret, sign } from '../client/support/gateway.ts';
import { eventually, type TestMuster } from './muster.ts';
import type { useDevServer } from './onDevServer.ts';

type Data = Readonly<Record<string, unknown>>;

/** A Muster with its gateway, and HR's side of it. `minute` orders HR's words; the newest is of a moment ago. */
export async function startHr(
  server: ReturnType<typeof useDevServer>,
  { rules }: { readonly rules?: readonly PolicyRule[] } = {},
) {
  await using opened = new AsyncDisposableStack();
  const stage = opened.use(
    await server.startMuster({ policy: (example) => ({ ...example, rules: rules ?? example.rules }) }),
  );
  const { muster, inventory, policy, home } = stage;
  await writeFile(join(home, 'hr'), hrSecret);
  const gateway = opened.use(
    await serveGateway({
      ...{ client: server.client(), muster, inventory, keys: keysIn(home), secrets: readSecretsIn(home) },
      policy: () => policy,
      ...{ host: '127.0.0.1', port: 0, metricsPort: 0 },
    }),
  );
  const beganAt = Date.now() - 3_600_000;
  const kept = opened.move();
  return {
    stage,
    /** Answers the ids of the events. */
    async say(minute: number, type: string, data: Data): Promise<readonly string[]> {
      const timestamp = new Date(beganAt + minute * 60_000).toISOString();
      const body = JSON.stringify({ type, timestamp, data });
      const headers = sign(body, { id: `${String(data['personId'])}-${type}-${minute}` });
      const answer = await fetch(`${gateway.url}/v1/events`, { method: 'POST', headers, body });
      if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
      const { events } = (await answer.json()) as { events: { eventId: string }[] };
      return events.map(({ eventId }) => eventId);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** How the event ended. */
export const endOf = ({ inventory }: TestMuster, eventId = '') =>
  eventually(`the outcome of ${eventId}`, async () => (await inventory.findEvent(eventId))?.outcome, 30_000);
export const inFuture = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();
