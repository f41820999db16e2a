import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { ensureSearchAttributes } from '../workers/searchAttributes.ts';
import type { Figure } from './figures.ts';
import { secret, startGateway, url } from './gateway.ts';
import { pause, residentMiB } from './measure.ts';
import { startStage, type BenchOptions } from './stage.ts';

const items = 1_500;
const oddEvery = 100;
const sampleEveryMs = 20;
/** The memory that is left from starting has been given back by then. */
const idleMs = 5_000;

const policy = `version: 1
rules: []
sources:
  - name: people
    verify: standardWebhooks
    map:
      items: /all
      types: { '*': person.updated }
      timestamp: /at
      fields: { personId: /id, email: /mail, name: /name, department: /unit, status: /state }
      statuses: { active: [ACTIVE], ended: [INACTIVE] }
`;

interface Answer {
  readonly events?: readonly unknown[];
  readonly refused?: readonly unknown[];
}

/** One delivery of many people at once, with a few that cannot be taken. */
export async function measureIntake({ findOptions, say }: BenchOptions): Promise<readonly Figure[]> {
  await using stage = await startStage(findOptions);
  await ensureSearchAttributes(stage.client);
  await mkdir(join(stage.home, 'secrets'));
  await writeFile(join(stage.home, 'secrets', 'people'), secret);
  const policyPath = join(stage.home, 'people.yaml');
  await writeFile(policyPath, policy);
  const gateway = await startGateway(stage, stage.engine.address, policyPath);
  try {
    await pause(idleMs);
    const idle = await residentMiB(gateway.pid);
    let peak = idle;
    const sampling = setInterval(() => {
      // One that is under way at the end finds no process any more.
      residentMiB(gateway.pid).then(
        (now) => (peak = Math.max(peak, now)),
        () => undefined,
      );
    }, sampleEveryMs);
    const startedAt = performance.now();
    const { events = [], refused = [] } = await deliver();
    const tookMs = performance.now() - startedAt;
    await pause(idleMs);
    clearInterval(sampling);
    say(`${events.length} events taken, ${refused.length} items refused`);
    return [
      { name: `answer to a webhook of ${items} items`, value: tookMs, unit: ' ms', target: 5_000 },
      { name: 'items neither taken nor refused', value: items - events.length - refused.length, target: 0 },
      { name: 'memory of the gateway above idle', value: peak - idle, unit: ' MiB', target: 150 },
    ];
  } finally {
    await gateway.end('SIGKILL');
  }
}

async function deliver(): Promise<Answer> {
  const at = new Date();
  const all = Array.from({ length: items }, (_none, index) => ({
    id: `p-${index}`,
    mail: index % oddEvery === 0 ? 'none' : `p-${index}@example.com`,
    name: `Person ${index}`,
    unit: 'Engineering',
    state: 'ACTIVE',
    at: at.toISOString(),
  }));
  const body = JSON.stringify({ all });
  const headers = {
    'content-type': 'application/json',
    'webhook-id': 'all',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign('all', at, body),
  };
  const answer = await fetch(`${url}/people`, { method: 'POST', body, headers });
  if (answer.status !== 202) throw new Error(`the webhook was answered with ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Answer;
}
