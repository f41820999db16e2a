import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { post, sign, startGateway, type TestGateway } from '../support/gateway.ts';

/** What cannot be taken is refused on record, and keeps nothing else back. */

const secret = `whsec_${Buffer.from('the secret of the other source').toString('base64')}`;
const secrets = { people: secret };
const fields = '{ personId: /id, email: /mail, status: /state, leaveDate: /until, hireDate: /from }';
const people = (more = '') => `  - name: people
    verify: standardWebhooks
    map: { items: /all, types: { '*': person.updated }, fields: ${fields}, statuses: { active: [ACTIVE], ended: [INACTIVE] }${more} }
`;
const timed = people(', timestamp: /at');
const at = (minutesAgo: number): string => new Date(Date.now() - minutesAgo * 60_000).toISOString();
const one = (id: string, state: string, more: object = {}) => ({ id, mail: `${id}@example.com`, state, ...more });

let messages = 0;
function send(gateway: TestGateway, all: readonly object[], id = `m-${(messages += 1)}`) {
  const body = JSON.stringify({ all });
  return post(gateway, body, sign(body, { secret, id }), '/v1/events/people');
}
const refusals = ({ inventory }: TestGateway) => inventory.listRefusals({ limit: 100, offset: 0 });

test('one bad item of a delivery is refused on record, and the leavers beside it go on', async () => {
  await using gateway = await startGateway({ sources: timed, secrets });
  const all = [
    one('e-1', 'INACTIVE', { at: at(5) }),
    { ...one('e-2', 'ACTIVE', { at: at(5) }), mail: 'no address' },
    one('e-3', 'INACTIVE', { at: at(5) }),
    one('e-4', 'ACTIVE', { at: at(5), from: '31/02/2026' }),
    one('e-5', 'INACTIVE', { at: at(5) }),
  ];
  const answer = await send(gateway, all);
  expect(answer).toMatchObject({
    status: 202,
    body: {
      repeated: false,
      refused: [
        { index: 1, reason: expect.stringMatching(/^data\.email: /) },
        { index: 3, reason: expect.stringMatching(/^data\.hireDate: /) },
      ],
    },
  });
  expect(gateway.signalled.map(({ kind, personId }) => `${kind} ${personId}`)).toEqual([
    'leaver e-1',
    'leaver e-3',
    'leaver e-5',
  ]);
  const rows = await refusals(gateway);
  expect(rows.map(({ externalId, kind, times }) => [externalId, kind, times])).toEqual(
    expect.arrayContaining([
      ['e-2', 'updated', 1],
      ['e-4', 'updated', 1],
    ]),
  );
  const metrics = await gateway.metrics.registry.metrics();
  expect(metrics).toContain('muster_gateway_refused_items_total{source="people",kind="updated"} 2');
  expect(JSON.stringify([gateway.logged, rows])).not.toContain('no address');
});

test('above a bound it is 429, the rest is on record, and a repetition refuses nothing twice', async () => {
  await using gateway = await startGateway({ sources: timed, secrets });
  const busy = Array.from({ length: 101 }, (_none, index) => one('e-2', 'ACTIVE', { at: at(500 - index) }));
  const all = [...busy, one('e-1', 'INACTIVE', { at: at(5) }), { ...one('e-3', 'ACTIVE', { at: at(5) }), mail: '?' }];
  for (let turn = 0; turn < 2; turn += 1) {
    const answer = await send(gateway, all, 'm-429');
    expect(answer).toMatchObject({
      status: 429,
      body: { detail: expect.stringContaining('e-2: 100 events of people') },
    });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(await refusals(gateway)).toMatchObject([{ externalId: 'e-3', times: 1 }]);
    expect(await gateway.inventory.waitingEvents({ limit: 1_000 })).toHaveLength(101);
  }
});

const cannotSay = /says neither that nor when HR recorded this|they have left by the record, but people lists them/;

test('without a time of its own a late ACTIVE brings back nobody who has left', async () => {
  await using gateway = await startGateway({ sources: people(), secrets });
  await send(gateway, [one('e-1', 'ACTIVE')]);
  await send(gateway, [one('e-1', 'INACTIVE')]);
  const late = await send(gateway, [one('e-1', 'ACTIVE')]);
  expect(late.body).toMatchObject({ events: [], refused: [{ index: 0, reason: expect.stringMatching(cannotSay) }] });
  const planned = await send(gateway, [one('e-2', 'ACTIVE', { until: '2099-01-31' })]);
  expect(planned.body).toMatchObject({ refused: [] });
  expect((await send(gateway, [one('e-2', 'ACTIVE')])).body).toMatchObject({
    refused: [{ reason: expect.stringMatching(cannotSay) }],
  });
  const rehired = await send(gateway, [one('e-1', 'ACTIVE', { from: '2098-01-01' })]);
  expect(rehired.body).toMatchObject({ events: [{ personId: 'e-1' }], refused: [] });
});

test('with a time of its own the newer word counts, whatever its order of arrival', async () => {
  await using gateway = await startGateway({ sources: timed, secrets });
  await send(gateway, [one('e-1', 'INACTIVE', { at: at(5) })]);
  expect((await send(gateway, [one('e-1', 'ACTIVE', { at: at(9) })])).body).toMatchObject({ refused: [] });
  expect(gateway.signalled.map(({ occurredAt }) => Date.parse(occurredAt))).toEqual(
    gateway.signalled.map(({ occurredAt }) => Date.parse(occurredAt)).toSorted((a, b) => b - a),
  );
});

test('where HR can be asked, a word without a time has the record fetched anew', async () => {
  const fetching = `  - name: people
    verify: standardWebhooks
    map: { items: /all, type: /type, types: { said: person.updated, named: fetch }, fields: ${fields}, statuses: { active: [ACTIVE], ended: [INACTIVE] } }
    fetchBack: { url: 'https://hr.example.com/{id}', fields: { email: /mail, status: /state }, statuses: { active: [ACTIVE], ended: [INACTIVE] } }
`;
  await using gateway = await startGateway({ sources: fetching, secrets });
  await send(gateway, [one('e-1', 'INACTIVE', { type: 'said' })]);
  const late = await send(gateway, [one('e-1', 'ACTIVE', { type: 'said' })]);
  expect(late.body).toMatchObject({ events: [{ personId: 'e-1' }], refused: [] });
  expect(gateway.signalled.at(-1)).toMatchObject({ kind: 'updated', fetchId: 'e-1' });
  expect(gateway.signalled.at(-1)?.person).toBeUndefined();
});

test.each([
  ['a last working day that has passed', { until: '2025-12-31' }, /the last working day has passed/],
  ['a first day after the last one', { from: '2096-02-01', until: '2096-01-31' }, /before the first day/],
])('an active person with %s contradicts itself, and ends nothing', async (_what, more, reason) => {
  await using gateway = await startGateway({ sources: timed, secrets });
  const answer = await send(gateway, [one('e-1', 'ACTIVE', { at: at(5), ...more })]);
  expect(answer.body).toMatchObject({ events: [], refused: [{ reason: expect.stringMatching(reason) }] });
  expect(gateway.signalled).toEqual([]);
});

test.each(['Ping test', '"Ping test"', '{"text":"Ping test"}'])(
  'the connection check %s is answered without a secret, and nothing follows from it',
  async (body) => {
    await using gateway = await startGateway({ sources: '  - { name: bob, verify: hibob }\n' });
    const type = body === 'Ping test' ? 'text/plain; charset=utf-8' : 'application/json';
    const answer = await post(gateway, body, { 'content-type': type }, '/v1/events/bob');
    expect(answer).toMatchObject({ status: 200, body: { events: [], refused: [] } });
    expect(await refusals(gateway)).toEqual([]);
  },
);

test.each(['America/Los_Angeles', 'Asia/Tokyo'])(
  'an event of HiBob, whose time has no zone, is of the time at which it came: %s',
  async (timeZone) => {
    const sources = `  - { name: bob, verify: hibob, timeZone: ${timeZone} }\n`;
    await using gateway = await startGateway({ sources, secrets: { bob: 'the-key' } });
    const began = Date.now();
    const triggeredAt = new Date(began).toISOString().replace('Z', '456');
    const body = JSON.stringify({ type: 'employee.left', triggeredAt, version: 'v2', data: { employeeId: '7' } });
    const signature = createHmac('sha512', 'the-key').update(body).digest('base64');
    const headers = { 'content-type': 'application/json', 'bob-signature': signature };
    const answer = await post(gateway, body, headers, '/v1/events/bob');
    expect(answer).toMatchObject({ status: 202, body: { refused: [] } });
    expect(gateway.signalled).toMatchObject([{ kind: 'updated', fetchId: '7' }]);
    expect(Date.parse(gateway.signalled[0]?.occurredAt ?? '')).toBeGreaterThanOrEqual(began);
  },
);

test('a form with nested names is read as the same JSON would be', async () => {
  const bamboo = `  - name: bamboo
    verify: bamboohr
    map:
      items: /employees
      types: { '*': person.updated }
      fields: { personId: /id, email: /fields/Work Email, status: /fields/Status }
      statuses: { active: [Active], ended: [Inactive] }
`;
  await using gateway = await startGateway({ sources: bamboo, secrets: { bamboo: 'the-key' } });
  const form = new URLSearchParams({
    'employees[0][id]': '7',
    'employees[0][fields][Work Email]': 'ada+hr@example.com',
    'employees[0][fields][Status]': 'Active',
    'employees[1][id]': '8',
    'employees[1][fields][Status]': 'Inactive',
  }).toString();
  const now = String(Math.floor(Date.now() / 1_000));
  const headers = {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    'x-bamboohr-timestamp': now,
    'x-bamboohr-signature': createHmac('sha256', 'the-key').update(`${form}${now}`).digest('hex'),
  };
  const answer = await post(gateway, form, headers, '/v1/events/bamboo');
  expect(answer).toMatchObject({ status: 202, body: { refused: [] } });
  expect(gateway.signalled).toMatchObject([
    { kind: 'updated', personId: '7', person: { email: 'ada+hr@example.com' } },
    { kind: 'leaver', personId: '8' },
  ]);
});

test('a proven delivery that cannot be read at all is 400, counted and logged', async () => {
  await using gateway = await startGateway();
  expect(await post(gateway, '{"type":', sign('{"type":'))).toMatchObject({ status: 400 });
  expect(await gateway.metrics.registry.metrics()).toContain('muster_gateway_refused_total{reason="unreadable"} 1');
  expect(gateway.logged).toMatchObject([{ message: 'a delivery cannot be read', source: 'hr', id: 'msg-1' }]);
});

test('what is larger than a statement is a refusal that nobody sends again; a leaver leaves', async () => {
  await using gateway = await startGateway();
  const extra = Object.fromEntries(Array.from({ length: 100 }, (_none, index) => [`x${index}`, 'y']));
  const body = (personId: string, status: string) =>
    JSON.stringify({
      type: 'person.updated',
      timestamp: at(5),
      data: { personId, email: `${personId}@example.com`, status, extra },
    });
  const [joins, leaves] = [body('e-1', 'active'), body('e-2', 'inactive')];
  expect(await post(gateway, joins, sign(joins, { id: 'm-joins' }))).toMatchObject({
    status: 202,
    body: { events: [], refused: [{ reason: 'a statement holds at most 100 attributes, not 101' }] },
  });
  expect(await post(gateway, leaves, sign(leaves, { id: 'm-leaves' }))).toMatchObject({ body: { refused: [] } });
  expect(gateway.signalled).toMatchObject([{ kind: 'leaver', personId: 'e-2', person: { email: 'e-2@example.com' } }]);
  expect(await refusals(gateway)).toMatchObject([{ externalId: 'e-1', kind: 'updated' }]);
});
