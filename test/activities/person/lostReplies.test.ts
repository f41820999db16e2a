import { expect, test } from '@jest/globals';
import { hourMs, minuteMs } from '../../../domain/durations.ts';
import { openDatadog } from '../../../datadog/index.ts';
import type { FaultInput } from '../../../simulator/faults.ts';
import { failureOf } from '../../datadog/pair.ts';
import { evidenceOf, openWorld, type World } from '../../datadog/world.ts';

const because = { personId: 'p-1', eventId: 'e-1' };
const ada = { email: 'ada@example.com', name: 'Ada Alder', title: 'Engineer' };
const mails = ({ simulator }: World) => simulator.requests.count('POST', '/api/v2/user_invitations');
const inviting = { method: 'POST', path: '/user_invitations$' };

async function withAccount(world: World): Promise<string> {
  const { id } = await world.attempt(1, (muster) => muster.createAccount(because));
  world.simulator.requests.reset();
  return id;
}

const invite = (world: World, id: string, { round = 1, attempt = 1 } = {}) =>
  world.attempt(attempt, (muster) => muster.sendInvitation(id, because, round));

/** The invitation that is out ends in an hour. */
async function endSoon({ inventory }: World): Promise<void> {
  const [pending] = await inventory.listPending('p-1');
  if (pending === undefined) throw new Error('nobody is invited');
  await inventory.recordInvitation({ ...pending, expiresAt: new Date(Date.now() + hourMs).toISOString() });
}

const losses: readonly Omit<FaultInput, 'match'>[] = [
  { kind: 'reply', when: 'after', reply: { status: 502, body: '<html>Bad Gateway</html>' } },
  { kind: 'lostReply' },
  { kind: 'torn' },
  { kind: 'hang', when: 'after' },
];

test.concurrent.each(losses)('an invitation whose reply is lost counts as sent ($kind)', async (loss) => {
  await using world = await openWorld({ word: ada });
  const id = await withAccount(world);
  world.simulator.faults.add({ ...loss, match: inviting });
  const { expiresAt } = await invite(world, id);
  expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(47 * hourMs);
  for (const round of [1, 1, 2, 3]) await invite(world, id, { round, attempt: 2 });
  expect(mails(world)).toBe(1);
  const [, link] = await world.inventory.listEvidence({ personId: 'p-1', limit: 9, offset: 0 });
  expect(link).toMatchObject({ step: 'sendInvitation:1', lostReply: 'unknown' });
  expect(await world.inventory.listOpenWrites('p-1')).toEqual([]);

  await endSoon(world);
  await invite(world, id, { round: 2 });
  expect(mails(world)).toBe(2);
});

test('an invitation that never left is sent again at once', async () => {
  await using world = await openWorld({ word: ada });
  const id = await withAccount(world);
  world.simulator.faults.add({ kind: '429', match: inviting, times: 1 });
  expect(await failureOf(invite(world, id))).toMatchObject({ type: 'RateLimited' });
  expect(await world.inventory.listPending('p-1')).toEqual([]);
  expect(await world.inventory.listOpenWrites('p-1')).toEqual([]);

  // Nothing listens there.
  await using closed = openDatadog({ baseUrl: 'http://127.0.0.1:1', keys: () => ({ apiKey: 'one', appKey: 'two' }) });
  await using gone = await openWorld({ word: ada }, () => closed);
  await gone.inventory.bindAccount('p-1', id, new Date().toISOString());
  expect(await failureOf(invite(gone, id))).toMatchObject({ type: 'DatadogUnavailable' });
  expect(await gone.inventory.listPending('p-1')).toEqual([]);
  expect(await gone.inventory.listOpenWrites('p-1')).toEqual([]);
});

test('nobody who has accepted is invited again', async () => {
  await using world = await openWorld({ word: ada });
  const id = await withAccount(world);
  await invite(world, id);
  await endSoon(world);
  world.simulator.accept(id);
  expect(await invite(world, id, { round: 2 })).toMatchObject({ isAccepted: true });
  expect(mails(world)).toBe(1);
});

test('an invitation of another account that may have been sent keeps nobody from theirs', async () => {
  await using world = await openWorld({ word: ada });
  const { inventory } = world;
  const first = await withAccount(world);
  const askedAt = new Date().toISOString();
  const step = 'sendInvitation:1';
  const entry = { ...because, step, at: askedAt, action: 'send invitation', actor: 'hr' };
  await inventory.beginWrite({ personId: 'p-1', accountId: first, step, askedAt, wanted: { kind: 'invited' }, entry });
  // An operator says that another one is theirs.
  const { id } = await world.api().createAccount({ email: 'ada.alder@example.com', name: 'Ada Alder' });
  await inventory.unlinkAccount('p-1');
  await inventory.bindAccount('p-1', id, askedAt);
  expect((await invite(world, id)).id).not.toBe('unknown');
  expect(mails(world)).toBe(1);
  expect(await inventory.listPending('p-1')).toMatchObject([{ accountId: id }]);
});

test('what another account may have been given is no reason to take over what this one holds', async () => {
  await using world = await openWorld({ word: ada });
  const { inventory } = world;
  const id = await withAccount(world);
  const [role] = await world.api().resolve([{ kind: 'role', name: 'Datadog Read Only Role' }]);
  if (role === undefined) throw new Error('not resolved');
  await world.api().assign(id, role);
  const askedAt = new Date().toISOString();
  const step = `grant:role:${role.id}`;
  const entry = { ...because, step, at: askedAt, action: 'assign role', actor: 'hr' };
  const wanted = { kind: 'given', entitlement: role, reason: 'birthright' } as const;
  await inventory.beginWrite({ personId: 'p-1', accountId: 'another', step, askedAt, wanted, entry });
  const grant = world.attempt(1, (muster) => muster.grant(id, role, because));
  expect(await failureOf(grant)).toMatchObject({ type: 'NotOwed' });
  expect(await inventory.listGrants({ personId: 'p-1', limit: 9, offset: 0 })).toEqual([]);
});

type Run = (world: World, id: string) => Promise<unknown>;

/** What is done with an account that Datadog does not show everywhere yet. */
const onNewAccount: readonly (readonly [what: string, run: Run, hidden: FaultInput['match']])[] = [
  ['is read', (world, id) => world.attempt(1, (muster) => muster.readHoldings(because, id)), { path: '/users/[^/]+$' }],
  [
    'is correlated',
    (world) => world.attempt(1, (muster) => muster.correlateAccount(because)),
    { method: 'GET', path: '/users/[^/]+$' },
  ],
  ['is invited', (world, id) => invite(world, id), inviting],
  [
    'is granted a role',
    (world, id) => world.attempt(1, (muster) => muster.grant(id, world.role, because)),
    { method: 'POST', path: '/roles/' },
  ],
  [
    'is disabled',
    async (world, id) => {
      const leave = await world.leave();
      return world.attempt(3, (muster) => muster.disableAccount(id, leave));
    },
    { path: '/users/[^/]+$' },
  ],
];

test.each(onNewAccount)(
  'an account that was just created and is not found is lag when it %s',
  async (_, run, hidden) => {
    await using world = await openWorld({ word: ada });
    const id = await withAccount(world);
    const reply = { status: 404, body: { errors: ['user not found'] } };
    world.simulator.faults.add({ kind: 'reply', match: hidden ?? {}, reply });
    expect(await failureOf(run(world, id))).toMatchObject({
      type: 'UnexpectedResponse',
      nonRetryable: false,
    });
  },
);

test('a list that does not show the account yet after a lost reply is lag for a minute', async () => {
  await using world = await openWorld({ word: ada });
  world.simulator.faults.add({ kind: 'lostReply', match: { method: 'POST', path: '/users$' }, times: 1 });
  await failureOf(world.attempt(1, (muster) => muster.createAccount(because)));
  const none = { data: [], meta: { page: { total_count: 1, total_filtered_count: 0 } } };
  world.simulator.faults.add({ kind: 'reply', match: { method: 'GET' }, reply: { status: 200, body: none } });
  const again = (unshownForMs: number) =>
    failureOf(world.attempt(2, (muster) => muster.createAccount(because), { forMs: hourMs, unshownForMs }));
  expect(await again(1_000)).toMatchObject({ type: 'UnexpectedResponse', nonRetryable: false });
  expect(await again(2 * minuteMs)).toMatchObject({ type: 'CorrelationConflict' });
  world.simulator.faults.clear();
  await world.attempt(3, (muster) => muster.createAccount(because));
  expect(await evidenceOf(world)).toEqual(['createAccount']);
  expect(world.simulator.users().filter(({ email }) => email === ada.email)).toHaveLength(1);
});

test.each(['role', 'team'] as const)(
  'a %s that Datadog grants and does not give has failed in ten minutes',
  async (kind) => {
    await using world = await openWorld({ word: ada });
    const id = await withAccount(world);
    const match = { method: 'POST', path: '/(roles|team)/' };
    world.simulator.faults.add({ kind: 'reply', match, reply: { status: 200, body: { data: [] } } });
    // However long Datadog was down before.
    const grant = (unshownForMs: number) =>
      failureOf(world.attempt(4, (muster) => muster.grant(id, world[kind], because), { forMs: hourMs, unshownForMs }));
    for (const ms of [0, 5 * minuteMs]) expect(await grant(ms)).toMatchObject({ nonRetryable: false });
    expect(await grant(10 * minuteMs)).toMatchObject({
      type: 'UnexpectedResponse',
      nonRetryable: true,
      message: expect.stringContaining('ten minutes after Datadog said yes'),
    });
  },
);

test('a disabling that changes nothing is lag for a minute, and refused after it', async () => {
  await using world = await openWorld({ word: ada });
  const id = await withAccount(world);
  const leave = await world.leave(id);
  world.simulator.faults.add({ kind: 'reply', match: { method: 'DELETE' }, reply: { status: 204 } });
  const disable = (unshownForMs: number) =>
    failureOf(world.attempt(6, (muster) => muster.disableAccount(id, leave), { forMs: hourMs, unshownForMs }));
  for (const ms of [0, 30_000])
    expect(await disable(ms)).toMatchObject({ type: 'UnexpectedResponse', nonRetryable: false });
  expect(await disable(61_000)).toMatchObject({ type: 'DisableRefused' });
});
