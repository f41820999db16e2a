import { expect, test } from '@jest/globals';
import { askForRecord, FetchRefused } from '../../../activities/intake/ask.ts';
import { isPublic } from '../../../activities/intake/addresses.ts';
import { parsePolicy } from '../../../policy/file.ts';
import { checkHrEvent } from '../../../domain/guards.ts';

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
  await expect(askForRecord({ ...fetchBack, url }, { id: 'e-1' })).rejects.toThrow(FetchRefused);
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
