import { expect, test } from '@jest/globals';
import { at, firstAt, itemsOf, readItem } from '../../../../client/intake/webhooks/mapping.ts';
import type { Source } from '../../../../domain/policy/sources.ts';
import { parsePolicy } from '../../../../policy/file.ts';
import { post, startGateway } from '../../support/gateway.ts';

const zone = { timeZone: 'Europe/Berlin' };
const messagesOf = (source: Source, payload: unknown) =>
  itemsOf(source, payload).map((item) => {
    const read = readItem(source, item, zone);
    return read !== 'unmapped' && 'message' in read ? read.message : read;
  });

const sourceOf = (source: string) => {
  const text = `version: 1\nrules: []\nsources:\n${source}`;
  const [first] = parsePolicy(text, 'p.yaml', { datadogIsSimulator: true }).sources;
  if (first === undefined) throw new Error('there is one');
  return first;
};

test('pointers reach into objects and lists, and take nothing that is inherited', () => {
  const value = { 'a/b': [{ '~': 1 }], n: null };
  expect(at(value, '/a~1b/0/~0')).toBe(1);
  expect(at(value, '')).toBe(value);
  for (const pointer of ['/n/x', '/missing', '/constructor', '/a~1b/5', '/a~1b/length/x']) {
    expect(at(value, pointer)).toBeUndefined();
  }
});

test('a pointer finds the first element of a list by what one of its fields says', () => {
  const emails = [null, { type: 'home', value: 'a' }, { type: 'work', value: 'b' }, { type: 'work', value: 'c' }];
  expect(at({ emails }, '/emails/type=work/value')).toBe('b');
  expect(at({ emails }, '/emails/type=other/value')).toBeUndefined();
  expect(at({ emails: { 'type=work': 1 } }, '/emails/type=work')).toBe(1);
});

test.each<[object, unknown]>([
  [{ last: '2026-12-31', first: '2026-11-30' }, '2026-11-30'],
  [{ last: '2026-12-31', first: null }, '2026-12-31'],
  [{ last: '2026-12-31', first: '' }, '2026-12-31'],
  [{ last: null }, null],
])('of several pointers the first that leads to a value counts: %j', (record, said) => {
  expect(firstAt(record, ['/first', '/last']).said).toBe(said);
});

test('a policy may name several pointers for a field, and none that is no pointer', () => {
  const source = (email: string) =>
    sourceOf(
      `  - { name: hr, verify: merge, map: { types: { '*': person.updated }, fields: { personId: /id, email: ${email} } } }`,
    );
  expect(source('[/work, /home]').map?.fields['email']).toEqual(['/work', '/home']);
  expect(() => source('[/work, home]')).toThrow(/must be a JSON pointer/);
  expect(() => source('[]')).toThrow(/must be a JSON pointer/);
});

test('a payload of several employees becomes one message each, in the words of Muster', () => {
  const bamboo = sourceOf(`
  - name: bamboo
    verify: bamboohr
    map:
      items: /employees
      types: { '*': person.updated }
      timestamp: /timestamp
      fields:
        personId: /id
        email: /fields/workEmail/value
        department: /fields/department/value
        extra.location: /fields/location/value
        status: /fields/status/value
        hireDate: /fields/hireDate/value
      statuses: { active: [Active], ended: [Terminated, Inactive] }
`);
  const employee = (id: number, status: string) => ({
    id,
    timestamp: '2026-01-05T09:00:00+00:00',
    fields: {
      workEmail: { value: `e${id}@example.com` },
      department: { value: 'SRE' },
      location: { value: 'Berlin' },
      status: { value: status },
      hireDate: { value: '2020-01-01T00:00:00Z' },
      salary: { value: 'secret' },
    },
  });
  const messages = messagesOf(bamboo, { employees: [employee(1, 'Active'), employee(2, 'Terminated')] });
  expect(messages).toMatchObject([
    {
      type: 'person.updated',
      data: { personId: '1', email: 'e1@example.com', status: 'active', hireDate: '2020-01-01' },
    },
    { type: 'person.updated', data: { personId: '2', status: 'inactive', extra: { location: 'Berlin' } } },
  ]);
  expect(JSON.stringify(messages)).not.toContain('secret');
});

test('a Merge payload is read by the ready map, and its other types are ignored', () => {
  const merge = sourceOf('  - { name: merge, verify: merge }\n');
  const data = {
    id: 'm-1',
    work_email: 'ada@example.com',
    display_full_name: 'Ada Example',
    employment_status: 'INACTIVE',
    termination_date: '2026-02-28T00:00:00Z',
  };
  expect(messagesOf(merge, { hook: { event: 'Employee.changed' }, data })).toMatchObject([
    { type: 'person.updated', data: { personId: 'm-1', status: 'inactive', leaveDate: '2026-02-28' } },
  ]);
  expect(messagesOf(merge, { hook: { event: 'Company.changed' }, data })).toEqual(['unmapped']);
});

test('Okta: the challenge is returned, its events are leavers, other types are acknowledged', async () => {
  await using gateway = await startGateway({
    sources: '  - { name: okta, verify: okta }\n',
    secrets: { okta: 'the-secret-in-the-header' },
  });
  const url = '/v1/events/okta';
  const challenge = await gateway.app.inject({ url, headers: { 'x-okta-verification-challenge': 'abc-123' } });
  expect(challenge.json()).toEqual({ verification: 'abc-123' });
  const event = (eventType: string) => ({
    eventType,
    published: '2026-01-05T09:00:00.000Z',
    target: [{ id: '00u1', type: 'User', alternateId: 'ada@example.com', displayName: 'Ada' }],
  });
  const events = [event('user.lifecycle.deactivate'), event('user.session.start')];
  const body = JSON.stringify({ eventId: 'okta-1', data: { events } });
  const headers = { 'content-type': 'application/json', authorization: 'the-secret-in-the-header' };
  const answer = await post(gateway, body, headers, url);
  expect(answer).toMatchObject({ status: 202, body: { leftOut: 1 } });
  expect(gateway.signalled).toMatchObject([
    { kind: 'leaver', personId: '00u1', person: { email: 'ada@example.com' }, occurredAt: '2026-01-05T09:00:00.000Z' },
  ]);
  expect(await post(gateway, body, { ...headers, authorization: 'wrong' }, url)).toMatchObject({ status: 401 });
  expect(await post(gateway, body, headers, '/v1/events/nobody')).toMatchObject({ status: 401 });
  expect(await post(gateway, '{"data":{}}', headers, url)).toMatchObject({
    status: 202,
    body: { events: [], refused: [{ index: 0, reason: '/data/events is no list' }] },
  });
});

test('an event that only names whose record has changed is not judged by what is beside the id', () => {
  const source = sourceOf(`
  - name: people
    verify: standardWebhooks
    map: { types: { '*': fetch }, fields: { personId: /id, status: /state, leaveDate: /until }, statuses: { active: [ACTIVE], ended: [INACTIVE] } }
    fetchBack: { url: 'https://hr.example.com/{id}', fields: { email: /mail, status: /state }, statuses: { active: [ACTIVE], ended: [INACTIVE] } }
`);
  expect(messagesOf(source, { id: 'e-1', state: 'INACTIVE', until: '2026-01-31' })).toMatchObject([
    { type: 'fetch', data: { personId: 'e-1' } },
  ]);
});
