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
import { readEvent, settleEvent, type SubmittableKind } from '../../../client/cli/eventInput.ts';
import { UsageError } from '../../../domain/errors.ts';
import type { HrEvent } from '../../../domain/model.ts';
import { post, sign, startGateway, type TestGateway } from '../support/gateway.ts';
import { musterUser, scimClient, userBody } from '../support/scim.ts';

/**
 * HR's record of somebody is judged alike as a webhook, as a record that was fetched, as a row of a roster, as a user of SCIM, and as it
 * is typed.
 */

type HrRecord = Readonly<Record<'id' | 'email' | 'title' | 'status' | 'startDate' | 'endDate', string>>;

const secret = `whsec_${Buffer.from('the secret of the other source').toString('base64')}`;
const statuses = '{ active: [Active], leaveOfAbsence: [On leave], ended: [Terminated] }';
const fields = 'email: /email, title: /title, status: /status, hireDate: /startDate, leaveDate: /endDate';
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

let messages = 0;
async function pushed(record: HrRecord): Promise<string> {
  const before = gateway.signalled.length;
  const body = JSON.stringify({ ...record, at: new Date().toISOString() });
  const id = `msg-${(messages += 1)}`;
  const answer = await post(gateway, body, sign(body, { secret, id }), '/v1/events/pushed');
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
  const times = { occurredAt: at, effectiveAt: at };
  const event = { eventId: `asked:${record.id}`, kind: 'updated', source: 'asked', fetchId: record.id } as const;
  try {
    return leaveIn(await ask({ event: { ...event, ...times, personId }, receivedAt: at }, AbortSignal.timeout(10_000)));
  } catch (error) {
    if (error instanceof FetchRefused) return 'refused';
    throw error;
  }
}

async function listed(record: HrRecord): Promise<string> {
  const path = join(folder, 'people.csv');
  await writeFile(path, `${Object.keys(record).join(',')}\n${Object.values(record).join(',')}\n`);
  const { inventory, policy } = gateway;
  const { plan } = await planRosterFile(inventory, policy, { path, source: 'listed', isComplete: false });
  expect(plan.decisions).toEqual([]);
  const items = plan.items.map(({ kind, effectiveAt = '' }) => ({ kind, effectiveAt }));
  if (items.length > 0) return leaveIn(items);
  return plan.problems.length + plan.contradictions.length > 0 ? 'refused' : 'said nothing';
}

async function provisioned({ id, email, title, startDate, endDate }: HrRecord): Promise<string> {
  const { send } = await scimClient(gateway, 'provisioned');
  const before = gateway.signalled.length;
  const user = { userName: id, externalId: id, title, emails: [{ value: email, type: 'work' }] };
  const dates = { [musterUser]: { hireDate: startDate, leaveDate: endDate } };
  const { status } = await send('POST', '/Users', userBody('kim', { ...user, ...dates }));
  if (status !== 201) return 'refused';
  const said = gateway.signalled.slice(before);
  const alias = await gateway.inventory.findAlias({ source: 'provisioned', externalId: id.trim() });
  return said.length > 0 && said.every(({ personId }) => personId === alias?.personId) ? leaveIn(said) : 'refused';
}

/** `joiner`, and `leaver` where there is a last day. */
async function typed({ id, email, title, startDate, endDate }: HrRecord): Promise<string> {
  const clock = { now: new Date(), newId: () => `typed:${id}` };
  const about = { email, ...(title === '' ? {} : { title }) };
  const events: [SubmittableKind, string, object][] = [['joiner', startDate === '' ? 'now' : startDate, about]];
  if (endDate !== '') events.push(['leaver', endDate, {}]);
  try {
    const drafts = events.map(([kind, effective, more]) =>
      settleEvent(undefined, readEvent(kind, { personId: id, effective, ...more }, {}, clock), () =>
        Promise.resolve(gateway.policy),
      ),
    );
    return leaveIn(await Promise.all(drafts));
  } catch (error) {
    if (error instanceof UsageError) return 'refused';
    throw error;
  }
}

const ways = { pushed, fetched, listed, provisioned, typed };
type Way = keyof typeof ways;

/** SCIM says `active`, and who types says what is to happen: neither has a status of HR. */
const noStatus: readonly Way[] = ['provisioned', 'typed'];
/** Who types names a last day, or gives no leaver, and reads at once what is wrong with a text. */
const noTyping: readonly Way[] = ['typed'];
/** These ways give a person an id of Muster's own beside the one of their source, which may be any text that is seen. */
const ownIds: readonly Way[] = ['fetched', 'listed', 'provisioned'];

const june = '2099-07-01T00:00:00.000Z';
test.each<[string, Partial<HrRecord>, string, (readonly Way[])?]>([
  ['a last day that is for ever', { endDate: '9999-12-31' }, 'stays', noTyping],
  ['a last day of zeros', { endDate: '0000-00-00' }, 'stays', noTyping],
  ['a last day', { endDate: '2099-06-30' }, june],
  ['a last day as a midnight with an offset', { endDate: '2099-06-30T00:00:00+01:00' }, june],
  ['a last day as an offset without a colon', { endDate: '2099-06-30T00:00:00+0100' }, june],
  ['a blank before the midnight', { endDate: '2099-06-30 00:00:00' }, june],
  ['a last day of which nobody knows the month', { endDate: '03/04/2099' }, 'refused'],
  ['a day that the calendar lacks', { endDate: '2099-02-30' }, 'refused'],
  ['a first day that is a word', { startDate: 'soon' }, 'refused'],
  ['a last day before the first one', { startDate: '2098-01-01', endDate: '2097-12-31' }, 'refused', noTyping],
  ['a last day of an earlier employment', { endDate: '2025-12-31' }, 'refused', noTyping],
  ['a status that nobody knows', { status: 'Gardening' }, 'refused', noStatus],
  ['a leave of absence', { status: 'On leave' }, 'stays', noStatus],
  ['a status in capitals with blanks around it', { status: ' ACTIVE ' }, 'stays', noStatus],
  ['blanks around the e-mail', { email: ' ada@example.com ' }, 'stays'],
  ['an e-mail that is none', { email: 'none' }, 'refused'],
  ['an e-mail with an invisible letter', { email: 'a\u200bda@example.com' }, 'refused'],
  ['an e-mail of blanks', { email: '  ' }, 'refused'],
  ['a title with a control character', { title: 'Head\u0007 of' }, 'stays', noTyping],
  ['a title of blanks', { title: '   ' }, 'stays'],
  ['an id with a slash', { id: 'a/b' }, 'refused', ownIds],
  ['an id with an invisible letter', { id: 'a\u200b7' }, 'refused', ['fetched']],
  ['an id with a control character', { id: 'a\u00017' }, 'refused', ['fetched']],
  ['blanks around the id', { id: ' a7 ' }, 'stays', ['fetched']],
  ['an id of blanks', { id: '  ' }, 'refused', ownIds],
])('%s has one answer, whichever way it comes in', async (what, more, expected, not = []) => {
  const id = what.replaceAll(/[^a-z]/g, '');
  const plain = { id, email: `${id}@example.com`, title: '', status: 'Active', startDate: '', endDate: '' };
  const answers: Partial<Record<Way, string>> = {};
  for (const way of Object.keys(ways) as Way[]) {
    if (!not.includes(way)) answers[way] = await ways[way]({ ...plain, ...more });
  }
  expect(answers).toEqual(Object.fromEntries(Object.keys(answers).map((way) => [way, expected])));
});
