import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { parsePolicy } from '../../../../policy/file.ts';
import { senders } from '../../../../domain/policy/senders.ts';
import { verifyDelivery } from '../../../../client/intake/webhooks/signatures.ts';
import type { Verifier } from '../../../../domain/policy/sources.ts';

const now = new Date('2026-11-24T12:00:00Z');
const secondsAgo = (seconds: number): string => String(Math.floor(now.getTime() / 1_000) - seconds);
const body = '{"employee":{"id":"7","name":"Zoë"}}';
const secret = 'c2VjcmV0LXdpdGgtMzItY2hhcmFjdGVycy1hdC1sZWFzdA==';

const judge = (verify: Verifier, headers: Record<string, string>, content = body, secrets = [secret]) =>
  verifyDelivery(verify, secrets, { headers, body: Buffer.from(content) }, now);

type Headers = (content: string, key: string, at: string) => Record<string, string>;

/** Signed here by the words of each sender's own documentation, not by the code under test. */
const signers: Readonly<Record<string, Headers>> = {
  bamboohr: (content, key, at) => ({
    'x-bamboohr-timestamp': at,
    'x-bamboohr-signature': createHmac('sha256', key).update(content).update(at).digest('hex'),
  }),
  hibob: (content, key) => ({ 'bob-signature': createHmac('sha512', key).update(content).digest('base64') }),
  merge: (content, key) => ({
    'x-merge-webhook-signature': createHmac('sha256', key)
      .update(content)
      .digest('base64')
      .replaceAll('+', '-')
      .replaceAll('/', '_'),
  }),
  deel: (content, key) => ({ 'x-deel-signature': createHmac('sha256', key).update(`POST${content}`).digest('hex') }),
  finch: (content, key, at) => ({
    'finch-event-id': 'evt-1',
    'finch-timestamp': at,
    'finch-signature': `v1,${createHmac('sha256', Buffer.from(key, 'base64')).update(`evt-1.${at}.${content}`).digest('base64')}`,
  }),
};

const names = Object.keys(signers) as ('bamboohr' | 'hibob' | 'merge' | 'deel' | 'finch')[];

test.each(names)('%s: what it signs is accepted; other bytes, another secret or no signature are not', (name) => {
  const { verify } = senders[name];
  const headers = signers[name]?.(body, secret, secondsAgo(10)) ?? {};
  expect(judge(verify, headers)).toMatchObject({ ok: true });
  expect(judge(verify, headers, body, ['old', secret, 'new'])).toMatchObject({ ok: true });
  expect(judge(verify, headers, `${body} `)).toMatchObject({ ok: false, reason: 'notSigned' });
  expect(judge(verify, headers, body, ['b3RoZXI='])).toMatchObject({ ok: false, reason: 'notSigned' });
  expect(judge(verify, headers, body, [])).toMatchObject({ ok: false, reason: 'notSigned' });
  expect(judge(verify, {})).toMatchObject({ ok: false, reason: 'unsigned' });
});

test.each(['bamboohr', 'finch'] as const)('%s: what was signed too long ago, or is to come, is stale', (name) => {
  const { verify } = senders[name];
  for (const seconds of [301, -301]) {
    const headers = signers[name]?.(body, secret, secondsAgo(seconds)) ?? {};
    expect(judge(verify, headers)).toMatchObject({ ok: false, reason: 'stale' });
  }
  const shifted = { ...signers[name]?.(body, secret, secondsAgo(301)), 'x-bamboohr-timestamp': secondsAgo(1) };
  expect(judge(verify, { ...shifted, 'finch-timestamp': secondsAgo(1) })).toMatchObject({
    ok: false,
    reason: 'notSigned',
  });
});

test('finch: a signature that its own client library accepts is accepted, alone and among others', () => {
  const at = new Date(1_676_312_382_000);
  const content = '{"company_id":"720be419-0293-4d32-a707-32179b0827ab"}';
  const signature = 'v1,m7y0TV2C+hlHxU42wCieApTSTaA8/047OAplBqxIV/s=';
  const headers = { 'finch-event-id': 'msg_2Lh9KRb0pzN4LePd3XiA4v12Axj', 'finch-timestamp': '1676312382' };
  const judgeAs = (signatures: string) =>
    verifyDelivery(
      senders.finch.verify,
      ['5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH'],
      { headers: { ...headers, 'finch-signature': signatures }, body: Buffer.from(content) },
      at,
    );
  expect(judgeAs(signature)).toEqual({ ok: true, id: 'msg_2Lh9KRb0pzN4LePd3XiA4v12Axj', at });
  expect(judgeAs(`v2,AAAA ${signature}`)).toMatchObject({ ok: true });
  expect(judgeAs(signature.replace('v1', 'v2'))).toMatchObject({ ok: false, reason: 'notSigned' });
});

test('a repeated delivery keeps its id: the signed id, else that of the signed bytes', () => {
  const signed = signers['finch']?.(body, secret, secondsAgo(1)) ?? {};
  expect(judge(senders.finch.verify, signed)).toMatchObject({ id: 'evt-1' });
  const first = judge(senders.deel.verify, signers['deel']?.(body, secret, '') ?? {});
  const other = judge(senders.deel.verify, signers['deel']?.(`${body}\n`, secret, '') ?? {}, `${body}\n`);
  expect(judge(senders.deel.verify, signers['deel']?.(body, secret, '') ?? {})).toEqual(first);
  expect(other).not.toEqual(first);
});

test('a format of one’s own: prefix, encoding, template and tolerance come from the policy', () => {
  const source = `
version: 1
rules: []
sources:
  - name: payroll
    verify:
      signatureHeader: X-Signature
      prefix: sha256=
      encoding: base64url
      template: 'v0:{timestamp}:{body}'
      timestampHeader: X-Time
      tolerance: 1 minute
`;
  const [payroll] = parsePolicy(source, 'policy.yaml', { datadogIsSimulator: true }).sources;
  const verify = payroll?.verify as Verifier;
  const headersAt = (at: string) => ({
    'x-time': at,
    'x-signature': `sha256=${createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('base64url')}`,
  });
  expect(judge(verify, headersAt(secondsAgo(59)))).toMatchObject({ ok: true });
  expect(judge(verify, headersAt(new Date(now.getTime() - 1_000).toISOString()))).toMatchObject({ ok: true });
  expect(judge(verify, headersAt(secondsAgo(61)))).toMatchObject({ ok: false, reason: 'stale' });
  const unmarked = { ...headersAt(secondsAgo(1)) };
  unmarked['x-signature'] = unmarked['x-signature'].replace('sha256=', '');
  expect(judge(verify, unmarked)).toMatchObject({ ok: false });
});

test('a shared secret in a header, as Okta sends it', () => {
  const { verify } = senders.okta;
  expect(judge(verify, { authorization: secret })).toMatchObject({ ok: true });
  expect(judge(verify, { authorization: `${secret}x` })).toMatchObject({ ok: false, reason: 'notSigned' });
  expect(judge(verify, {})).toMatchObject({ ok: false, reason: 'unsigned' });
});

const policyOf = (source: string) =>
  parsePolicy(`version: 1\nrules: []\nsources:\n  - ${source}\n`, 'p.yaml', { datadogIsSimulator: true });

test.each([
  ['{ name: Hr, verify: standardWebhooks }', /sources\[0\]\.name: must be 1 to 40 small letters/],
  ['{ name: hr, verify: nobody }', /sources\[0\]\.verify: must be one of standardWebhooks, bamboohr/],
  ['{ name: hr, verify: { signatureHeader: x-s, template: "{time}" } }', /verify/],
  ['{ name: hr, verify: deel, map: { fields: { email: /e } } }', /fields: must say where personId stands/],
  ['{ name: hr, verify: deel, map: { fields: { personId: id } } }', /must be a JSON pointer/],
  ['{ name: hr, verify: deel, map: { fields: { personId: /id, salary: /s } } }', /is not known: use personId, email/],
  ['{ name: hr, verify: deel, map: { fields: { personId: /id, status: /s } } }', /statuses: is missing/],
])('a source that could not work is refused: %s', (source, problem) => {
  expect(() => policyOf(source)).toThrow(problem);
});

test('an id that is not signed is not believed', () => {
  const verify = '{ signatureHeader: x-s, template: "{body}", idHeader: x-id }';
  expect(() => policyOf(`{ name: hr, verify: ${verify} }`)).toThrow(/verify/);
});

const key = Buffer.from([0xfb, 0xef, 0xff, ...Buffer.from('twenty-nine further characters')]);
test.each([
  ['base64', key.toString('base64')],
  ['base64url', key.toString('base64url')],
  ['base64url with its padding', `${key.toString('base64url')}==`],
  ['base64url with the prefix', `whsec_${key.toString('base64url')}`],
])('a secret in %s is the same key', (_what, given) => {
  const id = 'msg-1';
  const at = new Date();
  const signature = new Webhook(`whsec_${key.toString('base64')}`).sign(id, at, body);
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': signature,
  };
  const standard = { kind: 'standardWebhooks' } as const;
  expect(judge(standard, headers, body, [given])).toMatchObject({ ok: true });
  const unusable = judge(standard, headers, body, ['a secret in words!']);
  expect(unusable).toEqual({ ok: false, reason: 'noUsableSecret', why: expect.stringContaining('not that of this') });
});
