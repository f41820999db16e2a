import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FetchRefused } from '../../../activities/intake/ask.ts';
import { createFetchRecord } from '../../../client/intake/fetchBack/record.ts';
import { aliasOf } from '../../../client/intake/identity.ts';
import { planRosterFile } from '../../../client/intake/roster/apply.ts';
import { readSecretsIn } from '../../../client/intake/webhooks/secrets.ts';
import type { HrEvent } from '../../../domain/model.ts';
import { post, sign, startGateway, type TestGateway } from '../support/gateway.ts';

/** HR's record of somebody is judged alike as a webhook, as a record that was fetched, and as a row of a roster. */

type HrRecord = Readonly<Record<'id' | 'email' | 'status' | 'startDate' | 'endDate', string>>;

const secret = `whsec_${Buffer.from('the secret of the other source').toString('base64')}`;
const statuses = '{ active: [Active], leaveOfAbsence: [On leave], ended: [Terminated] }';
const fields = 'email: /email, status: /status, hireDate: /startDate, leaveDate: /endDate';
let opened: AsyncDisposableStack;
let gateway: TestGateway;
let folder: string;
let served: HrRecord | undefined;

beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  folder = await mkdtemp(join(tmpdir(), 'muster-same-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const api = createServer((_request, response) => response.end(JSON.stringify(served)));
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  stack.defer(() => {
    api.close();
    api.closeAllConnections();
  });
  const { port } = api.address() as AddressInfo;
  const sources = `  - name: pushed
    verify: standardWebhooks
    map: { types: { '*': person.updated }, timestamp: /at, fields: { personId: /id, ${fields} }, statuses: ${statuses} }
  - name: asked
    verify: standardWebhooks
    map: { types: { '*': fetch }, fields: { personId: /id } }
    fetchBack:
      url: http://127.0.0.1:${port}/{id}
      fields: { ${fields} }
      statuses: ${statuses}
      privateHosts: [127.0.0.1]
`;
  gateway = stack.use(await startGateway({ sources, secrets: { pushed: secret } }));
  opened = stack.move();
});
afterAll(() => opened?.disposeAsync());

/** `refused`, or when they leave. */
const leaveIn = (events: readonly Pick<HrEvent, 'kind' | 'effectiveAt'>[]): string =>
  events.find(({ kind }) => kind === 'leaver')?.effectiveAt ?? 'stays';

async function pushed(record: HrRecord): Promise<string> {
  const before = gateway.signalled.length;
  const body = JSON.stringify({ ...record, at: new Date().toISOString() });
  const answer = await post(gateway, body, sign(body, { secret, id: record.id }), '/v1/events/pushed');
  expect(answer.status).toBe(202);
  const { refused } = answer.body as { refused: unknown[] };
  return refused.length > 0 ? 'refused' : leaveIn(gateway.signalled.slice(before));
}

async function fetched(record: HrRecord): Promise<string> {
  served = record;
  const { inventory, policy, home } = gateway;
  const at = new Date().toISOString();
  const { personId } = await aliasOf(inventory, { source: 'asked', externalId: record.id }, { at, policy });
  const ask = createFetchRecord({ inventory, policy: () => policy, secrets: readSecretsIn(home) });
  const event = { eventId: `asked:${record.id}`, kind: 'updated', source: 'asked', fetchId: record.id } as const;
  try {
    return leaveIn(await ask({ ...event, personId, occurredAt: at, effectiveAt: at }, AbortSignal.timeout(10_000)));
  } catch (error) {
    if (error instanceof FetchRefused) return 'refused';
    throw error;
  }
}

async function listed(record: HrRecord): Promise<string> {
  const path = join(folder, `${record.id}.csv`);
  await writeFile(path, `${Object.keys(record).join(',')}\n${Object.values(record).join(',')}\n`);
  const { inventory, policy } = gateway;
  const { plan } = await planRosterFile(inventory, policy, { path, source: 'listed', isComplete: false });
  expect(plan.decisions).toEqual([]);
  const items = plan.items.map(({ kind, effectiveAt = '' }) => ({ kind, effectiveAt }));
  if (items.length > 0) return leaveIn(items);
  return plan.problems.length + plan.contradictions.length > 0 ? 'refused' : 'said nothing';
}

const june = '2099-07-01T00:00:00.000Z';
test.each<[string, Partial<HrRecord>, string]>([
  ['a last day that is for ever', { endDate: '9999-12-31' }, 'stays'],
  ['a last day of zeros', { endDate: '0000-00-00' }, 'stays'],
  ['a last day as a midnight with an offset', { endDate: '2099-06-30T00:00:00+01:00' }, june],
  ['a last day as an offset without a colon', { endDate: '2099-06-30T00:00:00+0100' }, june],
  ['a blank before the midnight', { endDate: '2099-06-30 00:00:00' }, june],
  ['a last day of which nobody knows the month', { endDate: '03/04/2099' }, 'refused'],
  ['a day that the calendar lacks', { endDate: '2099-02-30' }, 'refused'],
  ['a last day before the first one', { startDate: '2098-01-01', endDate: '2097-12-31' }, 'refused'],
  ['a last day of an earlier employment', { endDate: '2025-12-31' }, 'refused'],
  ['a status that nobody knows', { status: 'Gardening' }, 'refused'],
  ['a leave of absence', { status: 'On leave' }, 'stays'],
  ['a status in capitals with blanks around it', { status: ' ACTIVE ' }, 'stays'],
  ['blanks around the e-mail', { email: ' ada@example.com ' }, 'stays'],
  ['an e-mail that is none', { email: 'none' }, 'refused'],
  ['an id with a slash', { id: 'a/b' }, 'refused'],
])('%s has the same answer by webhook, by fetching and by roster', async (what, more, expected) => {
  const id = what.replaceAll(/[^a-z]/g, '');
  const record = { id, email: `${id}@example.com`, status: 'Active', startDate: '', endDate: '', ...more };
  const answers = [await pushed(record), record.id === id ? await fetched(record) : expected];
  expect([...answers, record.id === id ? await listed(record) : expected]).toEqual([expected, expected, expected]);
});
