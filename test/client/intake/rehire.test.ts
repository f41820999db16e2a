import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readEvent, settleEvent } from '../../../client/cli/eventInput.ts';
import { aliasOf } from '../../../client/intake/identity.ts';
import { applyPlan, planRosterFile } from '../../../client/intake/roster/apply.ts';
import { employmentAt } from '../../../domain/facts/employment.ts';
import { ranksOf } from '../../../domain/facts/ranks.ts';
import type { HrEvent } from '../../../domain/model.ts';
import { finished } from '../../inventory/samples.ts';
import { post, sign, startGateway, type TestGateway } from '../support/gateway.ts';
import { musterUser, scimClient, userBody, type Body } from '../support/scim.ts';

/** Somebody has left by the record, and a source says something else: who comes back by that, whichever way it comes in. */

const secret = `whsec_${Buffer.from('the secret of the other source').toString('base64')}`;
const fields = 'personId: /id, email: /email, status: /status, hireDate: /startDate, leaveDate: /endDate';
const statuses = '{ active: [Active], ended: [Terminated] }';
const map = `types: { '*': person.updated }, fields: { ${fields} }, statuses: ${statuses}`;
const sources = `  - { name: timed, verify: standardWebhooks, map: { ${map}, timestamp: /at } }
  - { name: timeless, verify: standardWebhooks, map: { ${map} } }
  - { name: listed, verify: standardWebhooks }
  - { name: provisioned, verify: standardWebhooks }
`;
let gateway: TestGateway;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-rehire-'));
  gateway = await startGateway({ sources, secrets: { timed: secret, timeless: secret } });
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** HR recorded the leave in December, before the employment's first day: it was for January. */
const recordedAt = '2025-12-01T09:00:00.000Z';
const leave = { occurredAt: recordedAt, effectiveAt: '2026-02-01T00:00:00.000Z' };

interface Said {
  readonly id: string;
  readonly startDate: string;
  readonly endDate: string;
  /** When HR recorded it; now where it does not say. */
  readonly at?: string;
}
const nowOr = (at: string | undefined): string => at ?? new Date().toISOString();

/** Returns the person, who has left by the word of that source. */
async function gone(source: string, id: string, how: Partial<HrEvent> = {}): Promise<string> {
  const { inventory, policy } = gateway;
  const named = { source, externalId: id, email: `${id}@example.com` };
  const { personId } = await aliasOf(inventory, named, { at: recordedAt, policy });
  const hire = { kind: 'joiner', personId, source, person: { email: named.email } } as const;
  const days = { occurredAt: '2025-11-30T09:00:00.000Z', effectiveAt: '2026-01-15T00:00:00.000Z' };
  const first: HrEvent = { ...hire, ...days, eventId: `${source}:${id}:hire` };
  const last: HrEvent = { ...leave, eventId: `${source}:${id}:leave`, kind: 'leaver', personId, source, ...how };
  await finished(inventory, [first]);
  await finished(inventory, [last], { process: 'offboarding', employment: 'left' });
  return personId;
}

const employed = async (personId: string): Promise<string> => {
  const { inventory, policy } = gateway;
  const word = employmentAt(await inventory.statementsOf(personId), ranksOf(policy), '2100-01-01T00:00:00.000Z');
  return word.state === 'employed' ? 'back' : 'gone';
};

let messages = 0;
const pushedBy =
  (source: string, how: Partial<HrEvent> = {}) =>
  async ({ id, at, ...dates }: Said): Promise<string> => {
    const personId = await gone(source, id, how);
    const body = JSON.stringify({ id, email: `${id}@example.com`, status: 'Active', ...dates, at: nowOr(at) });
    const headers = sign(body, { secret, id: `msg-${(messages += 1)}` });
    expect(await post(gateway, body, headers, `/v1/events/${source}`)).toMatchObject({ status: 202 });
    return personId;
  };

async function listed({ id, startDate, endDate }: Said): Promise<string> {
  const personId = await gone('listed', id);
  const path = join(folder, 'people.csv');
  await writeFile(
    path,
    `id,email,status,start date,end date\n${id},${id}@example.com,Active,${startDate},${endDate}\n`,
  );
  const planned = await planRosterFile(gateway.inventory, gateway.policy, {
    path,
    source: 'listed',
    isComplete: false,
  });
  await applyPlan(gateway, planned, { path });
  return personId;
}

/** The same user is pushed again; `active` is what came before. */
const provisionedWith =
  (active: Body) =>
  async ({ id, startDate, endDate }: Said): Promise<string> => {
    const { send } = await scimClient(gateway, 'provisioned');
    const created = await send('POST', '/Users', userBody(id));
    const url = `/Users/${String(created.body['id'])}`;
    await send('PUT', url, userBody(id, { active: false }));
    const alias = await gateway.inventory.findAlias({ source: 'provisioned', externalId: id });
    expect(await employed(alias?.personId ?? '')).toBe('gone');
    await send('PUT', url, userBody(id, { ...active, [musterUser]: { hireDate: startDate, leaveDate: endDate } }));
    return alias?.personId ?? '';
  };

/** Another source, which ranks below, has the user of somebody who has left by HR. */
async function provisionedBelow({ id, startDate, endDate }: Said): Promise<string> {
  const personId = await gone('timed', id);
  const { send } = await scimClient(gateway, 'provisioned');
  const user = userBody(id, { active: true, [musterUser]: { hireDate: startDate, leaveDate: endDate } });
  await send('POST', '/Users', user);
  return personId;
}

async function typed({ id, startDate, endDate, at }: Said): Promise<string> {
  const personId = await gone('hr', id);
  let later = Date.parse(nowOr(at));
  const submit = async (kind: 'joiner' | 'leaver', effective: string): Promise<void> => {
    const clock = { now: new Date(), newId: () => `typed:${kind}:${id}` };
    const about = kind === 'joiner' ? { email: `${id}@example.com` } : {};
    const occurredAt = new Date((later += 1)).toISOString();
    const input = readEvent(kind, { personId, effective, ...about }, { occurredAt }, clock);
    await gateway.muster.submitEvent(
      await settleEvent(gateway.inventory, input, () => Promise.resolve(gateway.policy)),
    );
  };
  await submit('joiner', startDate === '' ? 'now' : startDate);
  if (endDate !== '') await submit('leaver', endDate);
  return personId;
}

const ways = {
  timed: pushedBy('timed'),
  timeless: pushedBy('timeless'),
  listed,
  provisioned: provisionedWith({ active: true }),
  'provisioned without active': provisionedWith({}),
  'provisioned by a lower source': provisionedBelow,
  typed,
};
type Way = keyof typeof ways;

const all = Object.keys(ways) as Way[];
/** They say when they say it, by themselves or because somebody does it now. */
const now: readonly Way[] = ['timed', 'provisioned', 'typed'];
/** They do not say when, or not that somebody is back, or may not say it. */
const others = all.filter((way) => !now.includes(way));
const before = '2025-11-30T12:00:00.000Z';

test.each<[string, Partial<Said>, 'back' | 'gone', readonly Way[]]>([
  ['who is active with the last day of the employment that has ended', { endDate: '2026-01-31' }, 'gone', all],
  ['who is active again, and still has that last day', { startDate: '2026-03-01', endDate: '2026-01-31' }, 'gone', all],
  ['who was active when HR recorded it, before the leave', { at: before }, 'gone', ['timed', 'typed']],
  ['who is active, as nobody says since when', {}, 'gone', others],
  ['who is active from a day before their last one on', { startDate: '2026-01-15' }, 'gone', others],
  ['who is active, as is said now', {}, 'back', now],
  [
    'who is active from a day after their last one on',
    { startDate: '2026-03-01' },
    'back',
    [...now, 'timeless', 'listed'],
  ],
])('somebody who has left, and %s, has one answer', async (what, said, expected, from) => {
  const answers: Partial<Record<Way, string>> = {};
  for (const way of from) {
    const id = `${what} ${way}`.replaceAll(/[^a-z]/g, '').slice(-60);
    answers[way] = await employed(await ways[way]({ id, startDate: '', endDate: '', ...said }));
  }
  expect(answers).toEqual(Object.fromEntries(from.map((way) => [way, expected])));
});

test('who left at once is back from a day after that on, whichever day the leave was to be', async () => {
  const push = pushedBy('timeless', { immediate: true, effectiveAt: '2026-06-30T00:00:00.000Z' });
  const said = { id: 'at-once', startDate: '2026-03-01', endDate: '' };
  expect(await employed(await push(said))).toBe('back');
});
