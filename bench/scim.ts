import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { median, round, type Figure } from './figures.ts';
import { base, startGateway } from './gateway.ts';
import { pause, residentMiB } from './measure.ts';
import type { Program } from '../test/support/processes.ts';
import { ensureSearchAttributes } from '../workers/searchAttributes.ts';
import { giveToken } from '../test/support/operators.ts';
import pLimit from 'p-limit';
import { startStage, type BenchOptions, type Stage } from './stage.ts';

const memberCount = 5_000;
const goneCount = 2_000;
const everyMs = 25;

interface Client {
  readonly gateway: Program;
  readonly send: (method: string, path: string, body?: object) => Promise<Readonly<Record<string, unknown>>>;
}

/**
 * A group of 5,000 users who are people: how long its changes take, and how long everything else waits beside them and beside what
 * follows from them. No worker runs.
 */
export async function measureScim({ findOptions, say }: BenchOptions): Promise<readonly Figure[]> {
  await using stage = await startStage(findOptions);
  await ensureSearchAttributes(stage.client);
  const client = await openClient(stage);
  try {
    const ids = await createUsers(client, say);
    await settled(stage);
    const idleMiB = await residentMiB(client.gateway.pid);
    await using beside = watch(client);
    const answers = await changeGroup(client, ids, say);
    const recordedMs = await timed(() => settled(stage));
    say(`movers of everybody on record ${round(recordedMs / 1_000)} s after the last answer`);
    const { othersMs, livezMs, peakMiB } = await beside.end();
    say(`${othersMs.length} other changes, median ${round(median(othersMs))} ms; ${livezMs.length} of /livez`);
    const lost = await countUntold(stage);
    return [
      { name: `slowest answer about a group of ${memberCount}`, value: most(answers), unit: ' ms', target: 5_000 },
      { name: 'slowest other change of the source meanwhile', value: most(othersMs), unit: ' ms', target: 1_000 },
      { name: 'slowest /livez meanwhile', value: most(livezMs), unit: ' ms', target: 100 },
      { name: 'memory above idle', value: peakMiB - idleMiB, unit: ' MiB', target: 150 },
      { name: 'members whose last groups are not on record', value: lost, target: 0 },
    ];
  } finally {
    await client.gateway.end('SIGKILL');
  }
}

const most = (all: readonly number[]): number => Math.max(...all);

async function openClient(stage: Stage): Promise<Client> {
  const { token } = await giveToken(stage, { role: 'intake', source: 'idp' });
  const gateway = await startGateway(stage, stage.engine.address);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' };
  const client: Client = {
    gateway,
    async send(method, path, body) {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(`${base}/scim/v2${path}`, { method, headers, ...sent });
      const text = await answer.text();
      // Above its limit a source waits, as providers do.
      if (answer.status === 429) {
        await pause(Number(answer.headers.get('retry-after') ?? 1) * 1_000);
        return client.send(method, path, body);
      }
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 500)}`);
      return text === '' ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>);
    },
  };
  return client;
}

async function createUsers({ send }: Client, say: BenchOptions['say']): Promise<readonly string[]> {
  const names = Array.from({ length: memberCount }, (_, index) => `m-${index}`);
  const ids: string[] = [];
  const ms = await timed(async () => {
    const bodies = names.map((name) => {
      const userName = `${name}@example.com`;
      return { userName, externalId: name, emails: [{ value: userName }] };
    });
    const users = await pLimit(4).map(bodies, (body) => send('POST', '/Users', body));
    ids.push(...users.map(({ id }) => String(id)));
  });
  say(`${memberCount} users created in ${round(ms / 1_000)} s`);
  return ids;
}

/** Created, renamed, left by 2,000 in one PATCH, joined by one, and read. Returns the milliseconds of each answer. */
async function changeGroup({ send }: Client, ids: readonly string[], say: BenchOptions['say']) {
  const members = ids.map((value, index) => ({ value, display: `Person ${index} Example` }));
  const took: number[] = [];
  let path = '';
  const step = async (what: string, work: () => Promise<unknown>) => {
    const ms = await timed(work);
    took.push(ms);
    say(`${what}: ${round(ms)} ms`);
  };
  const change = (...Operations: readonly object[]) => send('PATCH', path, { Operations });
  await step('created', async () => {
    const { id } = await send('POST', '/Groups', { displayName: 'Everybody', externalId: 'g-1', members });
    path = `/Groups/${String(id)}`;
  });
  await step('renamed', () => change({ op: 'replace', path: 'displayName', value: 'Everyone' }));
  const gone = ids.slice(0, goneCount);
  await step(`${goneCount} removed`, () =>
    change(...gone.map((id) => ({ op: 'remove', path: `members[value eq "${id}"]` }))),
  );
  await step('one added', () => change({ op: 'add', path: 'members', value: [{ value: ids[0] }] }));
  await step('replaced', () => send('PUT', path, { displayName: 'Everyone', externalId: 'g-1', members }));
  await step('read', () => send('GET', path));
  return took;
}

/** Beside it other users join, and `/livez` is asked, each after the other. */
function watch({ send, gateway }: Client) {
  const othersMs: number[] = [];
  const livez = askSteadily();
  let peakMiB = 0;
  const over = new AbortController();
  const join = (index: number) => send('POST', '/Users', { userName: `o-${index}@example.com` });
  const others = (async () => {
    for (let index = 0; !over.signal.aborted; index += 1, await pause(everyMs * 4)) {
      othersMs.push(await timed(() => join(index)));
    }
  })();
  const memory = (async () => {
    for (; !over.signal.aborted; await pause(everyMs)) {
      peakMiB = Math.max(peakMiB, await residentMiB(gateway.pid));
    }
  })();
  const all = (async () => {
    await Promise.all([others, memory]);
    return { othersMs, livezMs: await livez.end(), peakMiB };
  })();
  const end = () => {
    over.abort();
    return all;
  };
  return { end, [Symbol.asyncDispose]: async () => void (await end()) };
}

/** In a process of its own: what this one does meanwhile delays no answer. */
function askSteadily() {
  const path = fileURLToPath(new URL('livez.ts', import.meta.url));
  const child = spawn(process.execPath, [path, `${base}/livez`, String(everyMs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const said = text(child.stdout);
  const end = async (): Promise<readonly number[]> => {
    child.stdin.end();
    return JSON.parse(await said) as readonly number[];
  };
  return { end };
}

async function settled({ inventory }: Stage): Promise<void> {
  for (const end = Date.now() + 300_000; ; await pause(100)) {
    if ((await inventory.owedScim({ limit: 1, offset: 0 })).length === 0) return;
    if (Date.now() > end) throw new Error('events are owed for five minutes');
  }
}

/** Everybody is in the group at last: whose last event does not say so? */
async function countUntold({ inventory }: Stage): Promise<number> {
  let wrong = 0;
  for (let index = 0; index < memberCount; index += 1) {
    const events = await inventory.eventsOf(`m-${index}`);
    const [last] = events.map(({ event }) => event).toSorted((a, b) => (a.occurredAt < b.occurredAt ? 1 : -1));
    const { groups } = last?.person?.extra ?? {};
    if (String(groups) !== 'Everyone') wrong += 1;
  }
  return wrong;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
