import { expect, test } from '@jest/globals';
import { openPair, type Pair } from './pair.ts';
import { startStub, userOf } from './stub.ts';

const ada = { email: 'Ada@Example.com', name: 'Ada Alder', title: 'Engineer' };

const userById = ({ simulator }: Pair, id: string) => simulator.users().find((user) => user.id === id);

test('an account is created pending, without roles and without an e-mail', async () => {
  await using pair = await openPair();
  const account = await pair.api().createAccount(ada);
  expect(account).toMatchObject({
    email: 'ada@example.com',
    name: 'Ada Alder',
    title: 'Engineer',
    status: 'pending',
    roleIds: [],
    isServiceAccount: false,
  });
  expect(pair.simulator.requests.count(undefined, /invitation/)).toBe(0);
  await expect(pair.api().createAccount(ada)).rejects.toMatchObject({ type: 'Conflict' });
});

test('accounts are found by exactly their e-mail, whatever its case', async () => {
  await using pair = await openPair({ people: 12 });
  const account = await pair.api().createAccount(ada);
  await pair.api().createAccount({ email: 'not-ada@example.com' });
  expect((await pair.api().findAccountsByEmail('ADA@example.com')).map(({ id }) => id)).toEqual([account.id]);
  expect(await pair.api().findAccountsByEmail('da@example.com')).toEqual([]);
  const plus = await pair.api().createAccount({ email: 'ada+test@example.com' });
  expect((await pair.api().findAccountsByEmail('ada+test@example.com')).map(({ id }) => id)).toEqual([plus.id]);
});

test('an account that does not exist reads as nothing', async () => {
  await using pair = await openPair();
  expect(await pair.api().getAccount('00000000-0000-4000-8000-000000000000')).toBeUndefined();
});

test('the attributes that are named change, and no others', async () => {
  await using pair = await openPair();
  const { id } = await pair.api().createAccount(ada);
  expect(await pair.api().updateAccount(id, { email: 'ada.oak@example.com', title: 'Manager' })).toMatchObject({
    email: 'ada.oak@example.com',
    title: 'Manager',
    name: 'Ada Alder',
  });
});

test('a name that Datadog refuses is cut to fit', async () => {
  await using pair = await openPair();
  const name = `<b>${'Wolfeschlegelsteinhausen '.repeat(4)}`;
  const created = await pair.api().createAccount({ ...ada, name });
  expect(created.name.length).toBeLessThanOrEqual(55);
  expect(created.name).toMatch(/^bWolfeschlegelsteinhausen W/);
  const changed = await pair.api().updateAccount(created.id, { name: 'Ada '.repeat(30) });
  expect(changed.name).toBe('Ada '.repeat(14).slice(0, 55));
});

test('an account is disabled and enabled, and a second disabling is not found', async () => {
  await using pair = await openPair();
  const { id } = await pair.api().createAccount(ada);
  await pair.api().disableAccount(id);
  expect(await pair.api().getAccount(id)).toMatchObject({ status: 'disabled' });
  await expect(pair.api().disableAccount(id)).rejects.toMatchObject({ type: 'NotFound' });
  expect(await pair.api().enableAccount(id)).toMatchObject({ status: 'pending' });
  expect(userById(pair, id)?.status).toBe('Pending');
});

test.each([
  [{ status: 'Active', disabled: true }, 'disabled'],
  [{ status: 'Pending', disabled: true }, 'disabled'],
  [{ status: 'Disabled' }, 'disabled'],
  [{ status: 'PENDING', disabled: false }, 'pending'],
  [{ status: null, verified: true }, 'active'],
  [{ status: 'Unheard of', verified: false }, 'pending'],
])('an account with %j is %s', async (attributes, status) => {
  await using stub = await startStub(() => ({ body: { data: userOf('u-1', attributes) } }));
  expect(await stub.api().getAccount('u-1')).toMatchObject({ status });
});

test('an account with nothing but an id and its roles can be read', async () => {
  const roles = { data: [{ id: 'r-2' }, { id: 'r-1' }] };
  await using stub = await startStub(() => ({
    body: { data: { id: 'u-1', attributes: {}, relationships: { roles } } },
  }));
  expect(await stub.api().getAccount('u-1')).toEqual({
    id: 'u-1',
    email: '',
    handle: '',
    name: '',
    title: '',
    status: 'pending',
    isServiceAccount: false,
    roleIds: ['r-1', 'r-2'],
  });
});

test('an invitation says when its link expires', async () => {
  await using pair = await openPair({ now: () => Date.UTC(2026, 0, 5) });
  const { id } = await pair.api().createAccount(ada);
  const { expiresAt } = await pair.api().sendInvitation(id);
  expect(Date.parse(expiresAt)).toBe(Date.UTC(2026, 0, 7));
  pair.simulator.setOrgConfig('30d_invite_expiration', true);
  expect(Date.parse((await pair.api().sendInvitation(id)).expiresAt)).toBe(Date.UTC(2026, 1, 4));
});

test.each([undefined, null, 'some day'])(
  'an invitation whose expiry is %j is taken to live two days',
  async (expires_at) => {
    await using stub = await startStub(() => ({ body: { data: [{ id: 'i-1', attributes: { expires_at } }] } }));
    const from = Date.now();
    const { expiresAt } = await stub.api().sendInvitation('u-1');
    const lifetimeMs = Date.parse(expiresAt) - 2 * 24 * 60 * 60_000;
    expect(lifetimeMs).toBeGreaterThanOrEqual(from);
    expect(lifetimeMs).toBeLessThanOrEqual(Date.now());
  },
);

test('cancelled invitations no longer let the person in', async () => {
  await using pair = await openPair();
  const { id } = await pair.api().createAccount(ada);
  await pair.api().sendInvitation(id);
  await pair.api().cancelInvitations(id);
  expect(() => pair.simulator.accept(id)).toThrow('no open invitation');
});

test.each(['', '<html>Created</html>', '{"data":[]}'])(
  'an invitation that is answered with 201 and %j is out',
  async (body) => {
    await using stub = await startStub(() => ({ status: 201, body }));
    const { id, expiresAt } = await stub.api().sendInvitation('u-1');
    expect(id).toBe('unknown');
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    expect(stub.requests).toHaveLength(1);
  },
);
