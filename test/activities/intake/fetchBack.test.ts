import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { askForRecord, FetchRefused } from '../../../activities/intake/ask.ts';
import { isPublic } from '../../../activities/intake/addresses.ts';
import { parsePolicy } from '../../../policy/file.ts';
import { checkHrEvent } from '../../../domain/guards.ts';
import type { ReadyRecord } from '../../../domain/policy/readyRecords.ts';
import { senders } from '../../../domain/policy/senders.ts';
import type { FetchBack } from '../../../domain/policy/sources.ts';

test.each([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['172.31.0.1', false],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['fd00::1', false],
  ['fe80::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:8.8.8.8', false],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::', false],
  ['localhost', false],
])('%s is public: %s', (address, is) => expect(isPublic(address)).toBe(is));

const fetchBack = {
  headers: {},
  fields: {},
  statuses: { active: [], leaveOfAbsence: [], ended: [] },
  privateHosts: [],
};

test.each([
  'https://localhost:9/{id}',
  'https://127.0.0.1:9/{id}',
  'https://[::1]:9/{id}',
  'https://2130706433:9/{id}',
])('a host whose address is not public is refused after the look-up: %s', async (url) => {
  await expect(askForRecord({ ...fetchBack, url: [url] }, { id: 'e-1' })).rejects.toThrow(FetchRefused);
});

const event = {
  eventId: 'hr:1',
  kind: 'updated',
  personId: 'p-1',
  occurredAt: '2026-01-05T09:00:00.000Z',
  effectiveAt: '2026-01-05T09:00:00.000Z',
  source: 'hr',
} as const;

test('an event may name a record instead of a person, but never one that leads elsewhere', () => {
  expect(checkHrEvent({ ...event, fetchId: 'e-1' }, 'p-1')).toEqual({ ok: true, value: { ...event, fetchId: 'e-1' } });
  for (const fetchId of ['..', '.', '../admin', 'e/1', 'e?x', '@other.example.com/', '', 7]) {
    expect(checkHrEvent({ ...event, fetchId }, 'p-1')).toMatchObject({ ok: false });
  }
  expect(checkHrEvent({ ...event, kind: 'leaver', fetchId: 'e-1' }, 'p-1')).toMatchObject({ ok: false });
  expect(checkHrEvent(event, 'p-1')).toMatchObject({ ok: false });
});

test.each<[string, string, RegExp]>([
  ['a body that is no JSON', "url: 'https://hr.example.com/p', body: '{id}'", /must be JSON/],
  ['an id in neither', `url: 'https://hr.example.com/p', body: '{"a":1}'`, /with \{id\} in it/],
  ['an id in both', `url: 'https://hr.example.com/{id}', body: '{"a":"{id}"}'`, /without \{id\}/],
  ['a second address without an id', "url: ['https://hr.example.com/{id}', 'https://hr.example.com/']", /with \{id\}/],
  ['a body without its address', `body: '{"a":"{id}"}'`, /needs the url/],
  ['a token without TLS', "url: 'https://hr.example.com/{id}', token: 'http://hr.example.com/t'", /https:/],
])('the policy refuses %s', (_what, fetchBack, said) =>
  expect(() => parsePolicy(finchWith(fetchBack), 'policy.yaml', { datadogIsSimulator: true })).toThrow(said),
);

const finchWith = (fetchBack: string) =>
  `version: 1\nrules: []\nsources:\n  - { name: finch, verify: finch, fetchBack: { ${fetchBack} } }\n`;

test('a ready source asks in its way, unless the policy says another address', () => {
  const of = (text: string) => parsePolicy(text, 'policy.yaml', { datadogIsSimulator: true }).sources[0]?.fetchBack;
  const ready = of('version: 1\nrules: []\nsources: [{ name: finch, verify: finch }]\n');
  expect(ready).toEqual({ ...senders.finch.fetchBack, privateHosts: [] });
  const own = of(finchWith("url: 'https://hr.example.com/{id}'"));
  expect(own).toEqual({ ...ready, url: ['https://hr.example.com/{id}'], body: undefined });
});

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** HR's API on this machine: each path has its answer, anything else is 404. */
async function startHr(answers: Readonly<Record<string, unknown>>) {
  const asked: Asked[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, url, headers } = request;
    asked.push({ method, url, authorization: headers.authorization, body: await text(request) });
    const answer = answers[url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}));
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const here = (address: string) => address.replace(/^https:\/\/[^/]+/, `http://127.0.0.1:${port}`);
  return {
    asked,
    /** The ready source, at this API. */
    of: (ready: ReadyRecord): FetchBack => ({
      ...fetchBack,
      ...ready,
      url: (ready.url ?? []).map(here),
      ...(ready.token === undefined ? {} : { token: here(ready.token) }),
      privateHosts: ['127.0.0.1'],
    }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const sampleOf = async (file: string): Promise<unknown> =>
  JSON.parse(await readFile(join(import.meta.dirname, '../../intake/corpus/vendors', file), 'utf8'));

test("Finch is asked twice with POST, and both answers are the person's record", async () => {
  const sample = await sampleOf('finchRecord.json');
  const [individual, employment] = sample as readonly unknown[];
  await using hr = await startHr({ '/employer/individual': individual, '/employer/employment': employment });
  const id = '5d0b10a1-a09a-430f-81f1-20be735dc5e9';
  expect(await askForRecord(hr.of(senders.finch.fetchBack), { id, secret: 'token' })).toEqual(sample);
  const asked = { method: 'POST', authorization: 'Bearer token', body: `{"requests":[{"individual_id":"${id}"}]}` };
  expect(hr.asked).toEqual([
    { ...asked, url: '/employer/individual' },
    { ...asked, url: '/employer/employment' },
  ]);
});

test('an id stays one text in a body, whatever it holds', async () => {
  await using hr = await startHr({ '/employer/individual': {}, '/employer/employment': {} });
  await askForRecord(hr.of(senders.finch.fetchBack), { id: 'a"}],"x":"$&', secret: 'token' });
  expect(JSON.parse(hr.asked[0]?.body ?? '')).toEqual({ requests: [{ individual_id: 'a"}],"x":"$&' }] });
});

test('Personio gets the token that its secret is exchanged for, and the record holds neither', async () => {
  const [person, employments] = (await sampleOf('personioRecord.json')) as readonly unknown[];
  const token = { access_token: 'short-lived', expires_in: 86_400, token_type: 'Bearer' };
  await using hr = await startHr({
    '/v2/auth/token': token,
    '/v2/persons/5005': { person, leak: 'short-lived and own:secret' },
    '/v2/persons/5005/employments?limit=1': employments,
  });
  const record = await askForRecord(hr.of(senders.personio.fetchBack), { id: '5005', secret: 'papi-1:own:secret' });
  expect(record).toEqual([{ person, leak: '[secret] and [secret]' }, employments]);
  expect(hr.asked.map(({ method, authorization, body }) => ({ method, authorization, body }))).toEqual([
    {
      ...{ method: 'POST', authorization: undefined },
      body: 'grant_type=client_credentials&client_id=papi-1&client_secret=own%3Asecret',
    },
    { method: 'GET', authorization: 'Bearer short-lived', body: '' },
    { method: 'GET', authorization: 'Bearer short-lived', body: '' },
  ]);
});

test('HiBob is asked with POST for the fields that its map reads', async () => {
  await using hr = await startHr({ '/v1/people/7': {} });
  await askForRecord(hr.of(senders.hibob.fetchBack), { id: '7', secret: 'c2VjcmV0' });
  expect(hr.asked).toMatchObject([{ method: 'POST', authorization: 'Basic c2VjcmV0' }]);
  const { fields, humanReadable } = JSON.parse(hr.asked[0]?.body ?? '') as Record<string, unknown>;
  expect(humanReadable).toBe('APPEND');
  expect(fields).toEqual(
    expect.arrayContaining(['root.email', 'internal.lifecycleStatus', 'internal.terminationDate']),
  );
});

test.each<[string, Readonly<Record<string, unknown>>, string | undefined, RegExp, object]>([
  ['no token', {}, 'id:secret', /refused the source's secret \(404\)/, { about: {} }],
  ['a token that is none', { '/v2/auth/token': { access_token: 7 } }, 'id:secret', /no access_token/, {}],
  ['a secret without an id', {}, 'secret', /must be ID:SECRET/, {}],
  ['a secret that is not there', {}, undefined, /not there yet/, { name: 'HrUnavailable' }],
  [
    'no such person',
    { '/v2/auth/token': { access_token: 't' } },
    'id:secret',
    /this person/,
    { about: { isGone: true } },
  ],
])('of %s nothing is taken for a leave that is none', async (_what, answers, secret, said, more) => {
  await using hr = await startHr(answers);
  const asking = askForRecord(hr.of(senders.personio.fetchBack), { id: '5005', secret });
  await expect(asking).rejects.toThrow(said);
  await expect(asking).rejects.toMatchObject(more);
});

const policyOf = (url: string, more = '') =>
  parsePolicy(
    `
version: 1
rules: []
sources:
  - name: hr
    verify: hibob
    map: { type: /type, types: { '*': fetch }, fields: { personId: /employee/id } }
    fetchBack:
      url: ${url}
      fields: { email: /email, status: /status }
      statuses: { active: [Active], ended: [Terminated, Inactive] }
${more}`,
    'policy.yaml',
    { datadogIsSimulator: true },
  );

test.each([
  ['http://hr.example.com/{id}', /https:/],
  ['https://{id}.example.com/', /after the host/],
  ['https://hr.example.com/', /\{id\}/],
  ['https://me:secret@hr.example.com/{id}', /no secret/],
])('the policy refuses %s', (url, said) => expect(() => policyOf(url)).toThrow(said));

test('the policy takes an address with TLS, and one without for a host that it lists', () => {
  expect(policyOf('https://hr.example.com/v1/{id}').sources[0]?.fetchBack?.privateHosts).toEqual([]);
  expect(() => policyOf('http://hr.internal/{id}', '      privateHosts: [hr.internal]')).not.toThrow();
});
