import { expect, test } from '@jest/globals';
import { ranksOf } from '../../../domain/facts/ranks.ts';
import { hrSecret, joinerBody, post, sign, startGateway, type TestGateway } from '../support/gateway.ts';

test('a signed event goes to the engine, and then returns 202', async () => {
  await using gateway = await startGateway();
  const answer = await post(gateway, joinerBody('e-1', { nonsense: 1 }));
  expect(answer).toMatchObject({
    status: 202,
    body: { repeated: false, events: [{ eventId: 'hr:msg-1', personId: 'e-1', workflowId: 'person/e-1' }] },
  });
  expect(gateway.signalled).toEqual([
    {
      eventId: 'hr:msg-1',
      kind: 'joiner',
      personId: 'e-1',
      source: 'hr',
      occurredAt: expect.any(String),
      effectiveAt: expect.any(String),
      person: { email: 'e-1@example.com', department: 'Engineering' },
      reason: 'left out, since it could not be read: data.nonsense: is not a field',
    },
  ]);
});

test('the same message again returns 202 and nothing else happens', async () => {
  await using gateway = await startGateway();
  const body = joinerBody('e-1');
  await post(gateway, body);
  expect(await post(gateway, body)).toMatchObject({ status: 202, body: { repeated: true, events: [] } });
  expect(gateway.signalled).toHaveLength(1);
});

test('another body under the same webhook-id is a message of its own: nothing in it is dropped', async () => {
  await using gateway = await startGateway();
  const joiner = joinerBody('e-1');
  const leaver = message('leaver', { personId: 'e-1' }, { timestamp: new Date().toISOString() });
  expect(await post(gateway, joiner)).toMatchObject({ status: 202, body: { repeated: false } });
  expect(await post(gateway, leaver)).toMatchObject({ status: 202, body: { repeated: false } });
  for (const body of [joiner, leaver]) {
    expect(await post(gateway, body)).toMatchObject({ status: 202, body: { repeated: true } });
  }
  expect(gateway.signalled).toMatchObject([
    { eventId: 'hr:msg-1', kind: 'joiner' },
    { eventId: expect.stringMatching(/^hr:msg-1:[0-9a-f]{16}$/), kind: 'leaver' },
  ]);
  expect(gateway.logged).toEqual([
    { message: expect.stringContaining('webhook-id used again'), source: 'hr', id: 'msg-1' },
  ]);
  expect(await gateway.metrics.registry.metrics()).toContain('muster_gateway_reused_ids_total{source="hr"} 1');
});

test('a message is taken while Temporal is away: it is on record, and its process is told later', async () => {
  await using gateway = await startGateway({
    signal: () => Promise.reject(Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: '', metadata: {} })),
  });
  const body = joinerBody('e-1');
  expect(await post(gateway, body)).toMatchObject({ status: 202, body: { repeated: false } });
  expect(gateway.signalled).toEqual([]);
  expect(await gateway.inventory.findEvent('hr:msg-1')).toMatchObject({ event: { personId: 'e-1', kind: 'joiner' } });
  const untold = await gateway.inventory.peopleNotTakenUp({ receivedBefore: '9999', limit: 9 });
  expect(untold).toEqual([{ eventId: 'hr:msg-1', personId: 'e-1', kind: 'joiner' }]);
  expect(await post(gateway, body)).toMatchObject({ status: 202, body: { repeated: true } });
});

test('any active secret of a source counts, and one that was removed no longer does', async () => {
  const other = `whsec_${Buffer.from('another secret, for the rotation').toString('base64')}`;
  await using gateway = await startGateway({ secrets: { hr: `# old\n${hrSecret}\n# new\n${other}\n` } });
  const bodies = [joinerBody('e-1'), joinerBody('e-2')];
  for (const [index, secret] of [hrSecret, other].entries()) {
    const body = bodies[index] ?? '';
    expect(await post(gateway, body, sign(body, { id: `m-${index}`, secret }))).toMatchObject({ status: 202 });
  }
  const stranger = `whsec_${Buffer.from('nobody knows this one, nobody at all').toString('base64')}`;
  const body = joinerBody('e-3');
  expect(await post(gateway, body, sign(body, { secret: stranger }))).toMatchObject({ status: 401 });
});

const minute = 60_000;
test.each([
  ['just inside the window, late', -4.9 * minute, 202],
  ['too old', -5.2 * minute, 401],
  ['just inside the window, early', 4.9 * minute, 202],
  ['too new', 5.2 * minute, 401],
])('a signature whose time is %s', async (_what, offset, status) => {
  await using gateway = await startGateway();
  const body = joinerBody('e-1');
  const answer = await post(gateway, body, sign(body, { at: new Date(Date.now() + offset) }));
  expect(answer.status).toBe(status);
  expect(answer.body['detail'] ?? 'accepted').toMatch(status === 401 ? /timestamp/ : /accepted/);
  expect(gateway.signalled).toHaveLength(status === 202 ? 1 : 0);
});

const message = (type: string, data: object, more: object = {}): string =>
  JSON.stringify({ type, timestamp: '2026-01-05T09:00:00Z', data, ...more });
const ada = { personId: 'e-1', email: 'ada@example.com' };

test.each<[string, number, RegExp, string, ((body: string) => Record<string, string>)?]>([
  ['no signature', 401, /webhook-id/, message('joiner', ada), () => ({ 'content-type': 'application/json' })],
  ['a body that was altered', 401, /signature/, `${message('joiner', ada)} `, (body) => sign(body.trim())],
  ['another content type', 415, /content type/, '<x/>', (body) => ({ ...sign(body), 'content-type': 'text/xml' })],
  ['no JSON', 400, /JSON/, '{"type":'],
  ['a body that is too large', 413, /large/, message('joiner', { ...ada, name: 'x'.repeat(1_100_000) })],
])('%s returns %i, and nothing happens', async (_what, status, detail, body, headersOf = sign) => {
  await using gateway = await startGateway();
  const answer = await post(gateway, body, headersOf(body));
  expect(answer).toMatchObject({ status, type: 'application/problem+json', body: { status, type: 'about:blank' } });
  expect(answer.body['detail']).toMatch(detail);
  expect(gateway.signalled).toEqual([]);
  expect(gateway.errors).toEqual([]);
});

test.each<[string, RegExp, string]>([
  ['a type that is none', /^type: /, message('promotion', ada)],
  ['no e-mail', /^data\.email: must be a text/, message('joiner', { personId: 'e-1' })],
  ['an e-mail with a name around it', /^data\.email: /, message('joiner', { ...ada, email: 'Ada <ada@example.com>' })],
  ['an e-mail with white space', /^data\.email: /, message('joiner', { ...ada, email: 'ada @example.com' })],
  ['a personId with a slash', /^data\.personId: /, message('joiner', { ...ada, personId: 'a/b' })],
  ['a day that the calendar lacks', /^data\.effective: /, message('joiner', { ...ada, effective: '2026-02-30' })],
  ['a day in words', /^data\.effective: .*2026-01-31/, message('joiner', { ...ada, effective: 'soon' })],
  ['a fact from the future', /future/, message('joiner', ada, { timestamp: '2199-01-01T00:00:00Z' })],
  ['a mover of whom nobody knows', /email is missing/, message('mover', { personId: 'e-9', department: 'SRE' })],
  ['a list', /^the message is no object/, '[]'],
])('%s is refused on record, in words, and nothing happens', async (_what, reason, body) => {
  await using gateway = await startGateway();
  const answer = await post(gateway, body);
  expect(answer).toMatchObject({
    status: 202,
    body: { events: [], refused: [{ index: 0, reason: expect.stringMatching(reason) }] },
  });
  expect(gateway.signalled).toEqual([]);
  const [row, ...others] = await gateway.inventory.listRefusals({ limit: 10, offset: 0 });
  expect(others).toEqual([]);
  expect(row).toMatchObject({ source: 'hr', way: 'webhook', ref: 'hr:msg-1', state: 'open' });
  expect(await gateway.inventory.refusedPayload(row?.refusalId ?? '')).toEqual({ item: JSON.parse(body) });
  expect(await gateway.inventory.listPeople({ limit: 10, offset: 0 })).toEqual([]);
  expect(gateway.logged).toMatchObject([{ message: 'items of a delivery were refused', items: 1, source: 'hr' }]);
  expect(gateway.errors).toEqual([]);
});

test.each<[string, object, object]>([
  ['a time zone that is none', { timeZone: 'Mars/Olympus' }, {}],
  ['a NUL in a name', { name: 'A\u0000da' }, {}],
  ['a department that is a list', { department: ['SRE'] }, {}],
  ['one attribute too long', { extra: { location: 'x'.repeat(1_001), team: 'core' } }, { extra: { team: 'core' } }],
])('a joiner with %s is taken without it, which is said', async (_what, more, kept) => {
  await using gateway = await startGateway();
  expect(await post(gateway, message('joiner', { ...ada, ...more }))).toMatchObject({
    status: 202,
    body: { refused: [] },
  });
  const [field = ''] = Object.keys(more);
  expect(gateway.signalled).toEqual([
    expect.objectContaining({
      person: { email: 'ada@example.com', ...kept },
      reason: expect.stringContaining(`could not be read: data.${field}`),
    }),
  ]);
});

test.each<[string, string]>([
  ['an e-mail that is no address', message('leaver', { personId: 'e-1', email: 'none' })],
  ['a time zone that nobody knows', message('leaver', { personId: 'e-1', timeZone: 'CEST/Berlin' })],
  ['a reason that is too long', message('leaver', { personId: 'e-1', reason: 'x'.repeat(2_000) })],
  ['a record without an e-mail', message('person.updated', { personId: 'e-1', status: 'inactive' })],
  ['unreadable dates', message('person.updated', { ...ada, status: 'inactive', hireDate: '?', leaveDate: '31/31' })],
  ['a time that is none', message('leaver', { personId: 'e-1' }, { timestamp: 'yesterday' })],
])('a leaver with %s is a leaver', async (_what, body) => {
  await using gateway = await startGateway();
  expect(await post(gateway, body)).toMatchObject({ status: 202, body: { refused: [] } });
  expect(gateway.signalled).toMatchObject([{ kind: 'leaver', personId: 'e-1' }]);
});

test.each(["o'brien+dd@example.com", 'jörg@exämple.example', 'UPPER@Example.COM', '!#$%&*/=?^_`{|}~@example.com'])(
  'the odd but valid e-mail %s is taken as it is',
  async (email) => {
    await using gateway = await startGateway();
    expect(await post(gateway, message('joiner', { ...ada, email }))).toMatchObject({ status: 202 });
    expect(gateway.signalled[0]?.person?.email).toBe(email);
  },
);

test("CloudEvents are taken, and a day of HR begins and ends in the person's time zone", async () => {
  await using gateway = await startGateway();
  const zoned = { ...ada, timeZone: 'Asia/Tokyo' };
  const joiner = JSON.stringify({
    specversion: '1.0',
    id: '1',
    source: '/hr',
    type: 'joiner',
    time: '2026-01-05T10:00:00+01:00',
    data: { ...zoned, effective: '2026-02-01' },
  });
  const type = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
  expect(await post(gateway, joiner, { ...sign(joiner, { id: 'a' }), ...type })).toMatchObject({ status: 202 });
  const leaver = message('leaver', { ...zoned, effective: '2026-02-28' });
  expect(await post(gateway, leaver, sign(leaver, { id: 'b' }))).toMatchObject({ status: 202 });
  expect(gateway.signalled).toMatchObject([
    { kind: 'joiner', occurredAt: '2026-01-05T09:00:00.000Z', effectiveAt: '2026-01-31T15:00:00.000Z' },
    { kind: 'leaver', effectiveAt: '2026-02-28T15:00:00.000Z', person: { email: 'ada@example.com' } },
  ]);
});

test("a leaver's last day ends in their known time zone where the message names none", async () => {
  await using gateway = await startGateway();
  for (const [personId, timeZone, ends] of [
    ['e-1', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    ['e-2', 'America/Sao_Paulo', '2026-03-30T03:00:00.000Z'],
    ['e-3', undefined, '2026-03-30T00:00:00.000Z'],
  ] as const) {
    const email = `${personId}@example.com`;
    const person = { employment: 'employed', attributes: { email, ...(timeZone && { timeZone }) } } as const;
    await gateway.inventory.inTransaction((trx) =>
      trx.adoptPerson({ personId, ...person, at: '2026-01-01T00:00:00.000Z' }),
    );
    const body = message('leaver', { personId, effective: '2026-03-29' });
    expect(await post(gateway, body, sign(body, { id: personId }))).toMatchObject({ status: 202 });
    expect(gateway.signalled.at(-1)).toMatchObject({ kind: 'leaver', personId, effectiveAt: ends });
  }
});

test('a contractor is refused without an end date and a sponsor, and accepted with one of them', async () => {
  await using gateway = await startGateway();
  const contractor = { ...ada, extra: { contractType: 'Contractor' } };
  const sponsored = { ...ada, extra: { contractType: 'Contractor', sponsor: 'boss@example.com' } };
  const send = (id: string, body: string) => post(gateway, body, sign(body, { id }));
  const record = { ...contractor, status: 'active' };
  for (const body of [message('joiner', contractor), message('person.updated', record)]) {
    const answer = await send('refused', body);
    const refused = [{ index: 0, reason: expect.stringContaining('end date or a sponsor') }];
    expect(answer).toMatchObject({ status: 202, body: { events: [], refused } });
  }
  expect(gateway.signalled).toEqual([]);
  expect(await send('1', message('joiner', sponsored))).toMatchObject({ status: 202 });
  expect(await send('2', message('person.updated', { ...record, leaveDate: '2037-01-31' }))).toMatchObject({
    status: 202,
  });
  const later = { personId: 'e-2', email: 'e-2@example.com', extra: contractor.extra };
  expect(await send('3', message('leaver', { personId: 'e-2', effective: '2027-01-31' }))).toMatchObject({
    status: 202,
  });
  expect(await send('4', message('joiner', later))).toMatchObject({ status: 202 });
});

test("HR's whole record becomes one event, with its leave a second one that stays newer", async () => {
  await using gateway = await startGateway();
  const record = { ...ada, status: 'active', hireDate: '2020-01-01', leaveDate: '2036-06-30', title: null };
  await post(gateway, message('person.updated', record));
  expect(gateway.signalled).toMatchObject([
    { eventId: 'hr:msg-1', kind: 'updated', effectiveAt: '2020-01-01T00:00:00.000Z' },
    { eventId: 'hr:msg-1:leave', kind: 'leaver', effectiveAt: '2036-07-01T00:00:00.000Z' },
  ]);
  const gone = message('person.updated', { ...ada, status: 'inactive' });
  await post(gateway, gone, sign(gone, { id: 'msg-2' }));
  expect(gateway.signalled[2]).toMatchObject({ kind: 'leaver', effectiveAt: '2026-01-05T09:00:00.000Z' });
});

test('the same id in two sources is two people', async () => {
  const sources = '  - { name: vendors, verify: standardWebhooks }\n';
  const secret = `whsec_${Buffer.from('the secret of the other source').toString('base64')}`;
  await using gateway = await startGateway({ sources, secrets: { vendors: secret } });
  await post(gateway, joinerBody('7'));
  const body = joinerBody('7', { email: 'bob@example.com' });
  const answer = await post(gateway, body, sign(body, { secret }));
  expect(answer.status).toBe(202);
  const [first, second] = gateway.signalled;
  expect(first?.personId).toBe('7');
  expect(second?.personId).not.toBe('7');
});

const vendors = `whsec_${Buffer.from('the secret of the other source').toString('base64')}`;
const lower = '  - { name: vendors, verify: standardWebhooks, mayAdd: [location] }\n';
const today = () => new Date().toISOString();
/** What the record says of the person named last, by the gateway's policy. */
async function recordOf({ inventory, signalled, policy }: TestGateway) {
  const personId = signalled.at(-1)?.personId ?? '';
  const [attributes, { state }] = await Promise.all([
    inventory.attributesAt(personId, today(), ranksOf(policy)),
    inventory.employmentAt(personId, today(), ranksOf(policy)),
  ]);
  return { attributes, state };
}

test("a lower source's word is taken, and changes nothing that it may not say", async () => {
  await using gateway = await startGateway({ sources: lower, secrets: { vendors } });
  await post(gateway, joinerBody('e-1', { email: 'ada@example.com' }));
  await gateway.inventory.inTransaction((trx) =>
    trx.adoptPerson({ personId: 'e-1', employment: 'employed', attributes: { email: 'ada@example.com' }, at: today() }),
  );
  const say = async (id: string, type: string, data: object) => {
    const body = message(type, { personId: 'v-1', email: 'ada@example.com', ...data });
    expect(await post(gateway, body, sign(body, { id, secret: vendors }))).toMatchObject({ status: 202 });
  };
  const planted = { department: 'SRE', manager: 'eve@example.com', timeZone: 'Pacific/Kiritimati' };
  await say('1', 'mover', { ...planted, extra: { location: 'Rome', contractType: 'employee' } });
  await say('2', 'person.updated', { ...planted, status: 'active' });
  await say('3', 'leaver', {});
  expect(gateway.signalled.map(({ personId }) => personId)).toEqual(['e-1', 'e-1', 'e-1', 'e-1']);
  expect(await recordOf(gateway)).toEqual({
    attributes: { email: 'ada@example.com', department: 'Engineering' },
    state: 'employed',
  });
});

test('HR takes over whom a lower source named first, with evidence, and its leaver counts', async () => {
  await using gateway = await startGateway({ sources: lower, secrets: { vendors } });
  const first = joinerBody('v-7', { email: 'ada@example.com', department: 'Academy' });
  expect(await post(gateway, first, sign(first, { secret: vendors }))).toMatchObject({ status: 202 });
  await gateway.inventory.inTransaction((trx) =>
    trx.adoptPerson({ personId: 'v-7', employment: 'employed', attributes: { email: 'ada@example.com' }, at: today() }),
  );
  const joiner = joinerBody('e-1', { email: 'ada@example.com', department: 'Sales' });
  expect(await post(gateway, joiner, sign(joiner, { id: '2' }))).toMatchObject({ status: 202 });
  expect(await recordOf(gateway)).toMatchObject({ attributes: { department: 'Sales' }, state: 'employed' });
  expect(await gateway.inventory.listEvidence({ personId: 'v-7', limit: 9, offset: 0 })).toMatchObject([
    { actor: 'hr', action: 'take over person', before: { source: 'vendors' }, after: { source: 'hr' } },
  ]);
  const leaver = message('leaver', { personId: 'e-1' }, { timestamp: today() });
  expect(await post(gateway, leaver, sign(leaver, { id: '3' }))).toMatchObject({ status: 202 });
  expect(gateway.signalled.at(-1)).toMatchObject({ kind: 'leaver', personId: 'v-7' });
  expect((await recordOf(gateway)).state).toBe('ended');
});
