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

test('attributes are written only where they differ', async () => {
  await using pair = await openPair();
  const { id } = await pair.api().createAccount(ada);
  const same = await pair.api().ensureAttributes(id, { email: 'ADA@example.com', name: 'Ada Alder' });
  expect(same.changed).toBe(false);
  expect(pair.simulator.requests.count('PATCH')).toBe(0);
  const ensured = await pair.api().ensureAttributes(id, { email: 'ada.oak@example.com', title: 'Manager' });
  expect(ensured).toMatchObject({
    changed: true,
    before: { email: 'ada@example.com', title: 'Engineer' },
    after: { email: 'ada.oak@example.com', title: 'Manager', name: 'Ada Alder' },
  });
});

test('a name that Datadog refuses is cut to fit, and counts as equal from then on', async () => {
  await using pair = await openPair();
  const name = `<b>${'Wolfeschlegelsteinhausen '.repeat(4)}`;
  const created = await pair.api().createAccount({ ...ada, name });
  expect(created.name.length).toBeLessThanOrEqual(55);
  expect(created.name).toMatch(/^bWolfeschlegelsteinhausen W/);
  expect((await pair.api().ensureAttributes(created.id, { name })).changed).toBe(false);
  const longer = 'Ada '.repeat(30);
  expect((await pair.api().ensureAttributes(created.id, { name: longer })).changed).toBe(true);
  expect((await pair.api().ensureAttributes(created.id, { name: longer })).changed).toBe(false);
});

test('an account is disabled once, and enabled once', async () => {
  await using pair = await openPair();
  const { id } = await pair.api().createAccount(ada);
  expect(await pair.api().ensureDisabled(id)).toMatchObject({ changed: true, after: { status: 'disabled' } });
  expect(await pair.api().ensureDisabled(id)).toMatchObject({ changed: false, after: { status: 'disabled' } });
  expect(pair.simulator.requests.count('DELETE')).toBe(1);
  expect(await pair.api().ensureEnabled(id)).toMatchObject({ changed: true, after: { status: 'pending' } });
  expect(await pair.api().ensureEnabled(id)).toMatchObject({ changed: false });
  expect(pair.simulator.requests.count('PATCH')).toBe(1);
  expect(userById(pair, id)?.status).toBe('Pending');
});

test('an account that somebody else disables in between is a success that this call did not make', async () => {
  let reads = 0;
  await using stub = await startStub(({ method }) => {
    if (method === 'DELETE') return { status: 404, body: { errors: ['u-1 not found'] } };
    reads += 1;
    return { body: { data: userOf('u-1', reads === 1 ? {} : { status: 'Disabled', disabled: true }) } };
  });
  expect(await stub.api().ensureDisabled('u-1')).toMatchObject({ changed: false, after: { status: 'disabled' } });
});

test.each([
  ['was accepted', 204],
  ['says that it is so already', 404],
])('a disabling that %s but does not read back is tried again', async (_, status) => {
  await using stub = await startStub(({ method }) =>
    method === 'DELETE' ? { status, body: '' } : { body: { data: userOf('u-1') } },
  );
  await expect(stub.api().ensureDisabled('u-1')).rejects.toMatchObject({
    type: 'UnexpectedResponse',
    message: 'account u-1 does not read back as disabled yet',
  });
});

test('an enabling that leaves the account disabled is tried again', async () => {
  await using stub = await startStub(() => ({ body: { data: userOf('u-1', { status: 'Disabled', disabled: true }) } }));
  await expect(stub.api().ensureEnabled('u-1')).rejects.toMatchObject({ type: 'UnexpectedResponse' });
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

test('cancelled invitations no longer let the person in, and nothing to cancel is a success', async () => {
  await using pair = await openPair();
  const { id } = await pair.api().createAccount(ada);
  await pair.api().sendInvitation(id);
  await pair.api().cancelInvitations(id);
  expect(() => pair.simulator.accept(id)).toThrow('no open invitation');
  await pair.api().cancelInvitations(id);
  await pair.api().cancelInvitations('00000000-0000-4000-8000-000000000000');
});
