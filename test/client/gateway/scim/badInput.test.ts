import { expect, test } from '@jest/globals';
import {
  coreUser,
  enterpriseUser,
  musterUser,
  patchBody,
  scimClient,
  startScim,
  userBody,
  type Body,
} from '../../support/scim.ts';
import { giveToken } from '../../../support/operators.ts';

/** What a client gets for what it should not have sent: a status and a word of RFC 7644, and nothing reaches a person. */

test('a userName that another user has, in whatever case, is refused', async () => {
  await using scim = await startScim();
  expect(await scim.send('POST', '/Users', userBody('kim'))).toMatchObject({ status: 201 });
  const again = userBody('other', { userName: 'KIM@example.com' });
  expect(await scim.send('POST', '/Users', again)).toMatchObject({
    status: 409,
    body: { status: '409', scimType: 'uniqueness' },
  });
  expect(await scim.recorded()).toHaveLength(1);
});

test.each(['\u0430da@example.com', 'ad\u200ba@example.com', 'Ada <ada@example.com>'])(
  'the e-mail %j is refused as a value, at first and later, and nothing is kept of it',
  async (value) => {
    await using scim = await startScim();
    const wrong = { status: 400, body: { scimType: 'invalidValue' } };
    expect(await scim.send('POST', '/Users', userBody('ada', { emails: [{ value }] }))).toMatchObject(wrong);
    const { body } = await scim.send('POST', '/Users', userBody('ada'));
    const change = { op: 'replace', path: 'emails[type eq "work"].value', value };
    const url = `/Users/${String(body['id'])}`;
    expect(await scim.send('PATCH', url, patchBody(change))).toMatchObject(wrong);
    const { body: kept } = await scim.send('GET', url);
    expect(kept['emails']).toMatchObject([{ value: 'ada@example.com' }]);
    expect(await scim.recorded()).toHaveLength(1);
  },
);

test('a filter that cannot be read is refused as invalid', async () => {
  await using scim = await startScim();
  for (const filter of ['userName eq', 'userName is "a"', 'userName eq "a', '(userName pr', 'userName eq "a" and']) {
    const answer = await scim.send('GET', `/Users?filter=${encodeURIComponent(filter)}`);
    expect({ filter, ...answer }).toMatchObject({ filter, status: 400, body: { scimType: 'invalidFilter' } });
  }
});

test('a token that is unknown, of another role or without a source opens nothing', async () => {
  await using scim = await startScim();
  const ask = (authorization: string) => scim.send('GET', '/Users', undefined, { authorization });
  expect(await ask(`Bearer muster_${'x'.repeat(43)}`)).toMatchObject({ status: 401, body: { status: '401' } });
  expect(await ask('Basic a2ltOmtpbQ==')).toMatchObject({ status: 401 });
  for (const request of [{ role: 'auditor' }, { role: 'intake' }] as const) {
    const { token } = await giveToken(scim, request);
    expect(await ask(`Bearer ${token}`)).toMatchObject({ status: 403 });
  }
});

test('one source neither sees nor changes the users of another', async () => {
  await using scim = await startScim();
  const { body } = await scim.send('POST', '/Users', userBody('kim'));
  const other = await scimClient(scim, 'other');
  expect(await other.send('GET', '/Users')).toMatchObject({ status: 200, body: { totalResults: 0 } });
  expect(await other.send('DELETE', `/Users/${String(body['id'])}`)).toMatchObject({ status: 404 });
});

test('a PATCH with a wrong path, operation or value changes nothing at all', async () => {
  await using scim = await startScim();
  const created = await scim.send('POST', '/Users', userBody('kim'));
  const url = `/Users/${String(created.body['id'])}`;
  const right: Body = { op: 'replace', path: 'title', value: 'Engineer' };
  const wrong: readonly (readonly [Body, string])[] = [
    [{ op: 'replace', path: 'emails[type eq', value: 'x' }, 'invalidPath'],
    [{ op: 'replace', path: 'id', value: 'x' }, 'mutability'],
    [{ op: 'remove' }, 'noTarget'],
    [{ op: 'move', path: 'title', value: 'x' }, 'invalidSyntax'],
    [{ op: 'replace', path: 'active', value: 'perhaps' }, 'invalidValue'],
    [{ op: 'remove', path: 'userName' }, 'invalidValue'],
  ];
  for (const [operation, scimType] of wrong) {
    const answer = await scim.send('PATCH', url, patchBody(right, operation));
    expect({ operation, ...answer }).toMatchObject({ operation, status: 400, body: { scimType } });
  }
  expect(await scim.send('GET', url)).toMatchObject({ body: created.body });
  expect(await scim.recorded()).toHaveLength(1);
});

test('a change of an old version is refused', async () => {
  await using scim = await startScim();
  const created = await scim.send('POST', '/Users', userBody('kim'));
  const url = `/Users/${String(created.body['id'])}`;
  const etag = String(created.headers['etag']);
  const change = (title: string) =>
    scim.send('PATCH', url, patchBody({ op: 'replace', path: 'title', value: title }), { 'if-match': etag });
  expect(await change('Engineer')).toMatchObject({ status: 200, body: { title: 'Engineer' } });
  expect(await change('Director')).toMatchObject({ status: 412, body: { status: '412' } });
  expect(await scim.send('GET', url)).toMatchObject({ body: { title: 'Engineer' } });
  expect(await scim.send('GET', url, undefined, { 'if-none-match': etag })).toMatchObject({ status: 200 });
});

test('a body that is not JSON, lacks a name or has a wrong day does not take the name', async () => {
  await using scim = await startScim();
  const muster = { [musterUser]: { hireDate: '2026-02-30' } };
  const bodies: readonly (readonly [unknown, string])[] = [
    ['{"userName":', 'invalidSyntax'],
    [{ schemas: [coreUser] }, 'invalidValue'],
    [userBody('kim', { [enterpriseUser]: 'SRE' }), 'invalidValue'],
    [userBody('kim', muster), 'invalidValue'],
  ];
  for (const [body, scimType] of bodies) {
    expect(await scim.send('POST', '/Users', body)).toMatchObject({ status: 400, body: { scimType } });
  }
  expect(await scim.recorded()).toEqual([]);
  expect(await scim.send('POST', '/Users', userBody('kim'))).toMatchObject({ status: 201, body: { active: true } });
});

test('a wrong method is 405 with the right ones, a wrong address 404', async () => {
  await using scim = await startScim();
  const refused = await scim.send('DELETE', '/Schemas');
  expect(refused).toMatchObject({ status: 405, body: { status: '405' } });
  expect(refused.headers['allow']).toContain('GET');
  expect(await scim.send('GET', '/Printers')).toMatchObject({ status: 404, body: { status: '404' } });
});
