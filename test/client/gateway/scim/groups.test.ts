import { expect, test } from '@jest/globals';
import { coreGroup, patchBody, startScim, userBody, type Body, type TestScim } from '../../support/scim.ts';

/** Groups: once each, however often they are sent, and large ones without keeping anybody waiting. */

const groupBody = (displayName: string, members: readonly string[], more: Body = {}): Body => ({
  ...{ schemas: [coreGroup], displayName, members: members.map((value) => ({ value })) },
  ...more,
});

async function createUsers(scim: TestScim, names: readonly string[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const name of names) ids.push(String((await scim.send('POST', '/Users', userBody(name))).body['id']));
  return ids;
}

/** The groups that were last said of each. */
async function groupsSaid(scim: TestScim): Promise<Readonly<Record<string, unknown>>> {
  const said = await scim.recorded();
  return Object.fromEntries(said.map(({ personId, person }) => [personId, person?.extra?.['groups']]));
}

test('a group that is created again is the same one, by externalId, else by name', async () => {
  await using scim = await startScim();
  const [kim = '', lee = ''] = await createUsers(scim, ['kim', 'lee']);
  const first = await scim.send('POST', '/Groups', groupBody('On call', [kim]));
  const bodies = [
    groupBody('On call', [kim]),
    groupBody('ON CALL', [kim], { externalId: 'g-1' }),
    groupBody('SRE', [kim, lee], { externalId: 'g-1' }),
    { schemas: [coreGroup], displayName: 'SRE', externalId: 'g-1' },
  ];
  for (const body of bodies) {
    expect(await scim.send('POST', '/Groups', body)).toMatchObject({ status: 201, body: { id: first.body['id'] } });
  }
  const together = bodies.slice(0, 1).concat(groupBody('Both', [kim]), groupBody('Both', [kim]));
  await Promise.all(together.slice(1).map((body) => scim.send('POST', '/Groups', body)));
  expect(await scim.send('GET', '/Groups')).toMatchObject({ body: { totalResults: 2 } });
  const other = await scim.send('POST', '/Groups', groupBody('SRE', [], { externalId: 'g-2' }));
  expect(other.body['id']).not.toBe(first.body['id']);
  expect(await groupsSaid(scim)).toEqual({ kim: ['Both', 'SRE'], lee: ['SRE'] });
  const url = `/Groups/${String(first.body['id'])}`;
  await scim.send('PATCH', url, patchBody({ op: 'remove', path: `members[value eq "${kim}"]` }));
  expect(await groupsSaid(scim)).toEqual({ kim: ['Both'], lee: ['SRE'] });
  await scim.send('PUT', url, groupBody('Operators', [kim, lee]));
  expect(await groupsSaid(scim)).toEqual({ kim: ['Both', 'Operators'], lee: ['Operators'] });
  await scim.send('DELETE', url);
  expect(await groupsSaid(scim)).toEqual({ kim: ['Both'], lee: [] });
});

test('members who are no users are counted in the log, and count as members when they arrive', async () => {
  await using scim = await startScim();
  const [kim = ''] = await createUsers(scim, ['kim']);
  const created = await scim.send('POST', '/Groups', groupBody('On call', [kim, 'lee', 'nobody']));
  expect(created.body['members']).toHaveLength(3);
  expect(scim.logged).toContainEqual(expect.objectContaining({ what: 'member', count: 2 }));
  await createUsers(scim, ['lee']);
  expect(await groupsSaid(scim)).toEqual({ kim: ['On call'], lee: ['On call'] });
});

test('changes of one group at the same moment all count', async () => {
  await using scim = await startScim();
  const ids = await createUsers(scim, ['a', 'b', 'c', 'd', 'e']);
  const { body } = await scim.send('POST', '/Groups', groupBody('On call', []));
  const url = `/Groups/${String(body['id'])}`;
  const add = (value: string) => scim.send('PATCH', url, patchBody({ op: 'add', path: 'members', value: [{ value }] }));
  const answers = await Promise.all(ids.map(add));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect(Object.values(await groupsSaid(scim))).toEqual(Array.from({ length: 5 }, () => ['On call']));
});

test('2,000 of 5,000 members are removed in one PATCH, one operation each', async () => {
  await using scim = await startScim();
  const members = Array.from({ length: 5_000 }, (_, index) => `m-${index}`);
  const { body } = await scim.send('POST', '/Groups', groupBody('Everybody', members));
  const url = `/Groups/${String(body['id'])}`;
  const gone = members.slice(0, 2_000).map((id) => ({ op: 'Remove', path: `members[value eq "${id}"]` }));
  const startedAt = performance.now();
  const { body: kept } = await scim.send(
    'PATCH',
    url,
    patchBody(...gone, { op: 'Add', path: 'members', value: 'm-1' }),
  );
  // What is gone through for each of them takes ten times as long.
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(kept['members']).toHaveLength(3_001);
});

test('the answer does not wait for Temporal, which is told of what is on record', async () => {
  const held = Promise.withResolvers<void>();
  await using scim = await startScim({ signal: () => held.promise });
  const [kim = ''] = await createUsers(scim, ['kim']);
  await scim.send('POST', '/Groups', groupBody('On call', [kim]));
  expect(await scim.recorded()).toHaveLength(2);
  expect(scim.signalled).toEqual([]);
  held.resolve();
  for (const end = Date.now() + 10_000; scim.signalled.length < 2 && Date.now() < end;) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(scim.signalled.map(({ kind }) => kind)).toEqual(['joiner', 'mover']);
});

test('what a gateway has left is taken up by the next one', async () => {
  await using scim = await startScim();
  const [kim = ''] = await createUsers(scim, ['kim']);
  await scim.send('PATCH', `/Users/${kim}`, patchBody({ op: 'replace', path: 'title', value: 'x' }));
  const row = await scim.inventory.findScim({ source: 'idp', id: kim });
  if (row === undefined) throw new Error('no row');
  // As a gateway leaves it that was killed after the group was on record.
  const group = { ...row, id: 'g-1', resourceType: 'Group', name: 'on call', displayName: 'On call' } as const;
  await scim.inventory.writeScim({ ...group, personId: undefined, externalId: undefined, said: undefined });
  await scim.inventory.writeScimMembers(group, [kim]);
  await scim.inventory.oweScim('idp', [kim]);
  await using next = await startScim({ database: { file: `${scim.home}/inventory.db` } });
  await next.app.ready();
  expect((await next.recorded()).at(-1)).toMatchObject({ kind: 'mover', person: { extra: { groups: ['On call'] } } });
});

test('a source with too many changes under way is told when to come back', async () => {
  await using scim = await startScim();
  const [kim = ''] = await createUsers(scim, ['kim']);
  const title = (value: string) =>
    scim.send('PATCH', `/Users/${kim}`, patchBody({ op: 'replace', path: 'title', value }));
  const { inTransaction } = scim.inventory;
  const held = Promise.withResolvers<void>();
  const slowly: typeof inTransaction = (work) => held.promise.then(() => inTransaction(work));
  Object.assign(scim.inventory, { inTransaction: slowly });
  const asked = Array.from({ length: 230 }, (_, index) => title(String(index)));
  await Promise.any(asked.map(async (one) => (await one).status === 503 || Promise.reject(new Error('taken'))));
  held.resolve();
  const answers = await Promise.all(asked);
  const late = answers.filter(({ status }) => status === 503);
  expect(late.length).toBeGreaterThan(0);
  expect(late.every(({ headers }) => headers['retry-after'] === '5')).toBe(true);
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(200);
}, 60_000);
