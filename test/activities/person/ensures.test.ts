import { expect, test } from '@jest/globals';
import type { FaultInput } from '../../../simulator/index.ts';
import type { Because } from '../../../domain/evidence.ts';
import { drive } from '../../datadog/pair.ts';
import { evidenceOf, openWorld, type PersonActivities, type World } from '../../datadog/world.ts';

const ada = { email: 'ada@example.com', name: 'Ada Alder' };

/** The account, and the event that is the reason. */
interface About {
  readonly id: string;
  readonly because: Because;
}

interface Step {
  readonly name: string;
  /** What the fault strikes when it strikes the write. */
  readonly write: { readonly method: string; readonly path: string };
  /** What HR says before. An event that it returns is the reason from then on. */
  readonly given?: (world: World, id: string) => Promise<Because | void>;
  readonly run: (activities: PersonActivities, world: World, about: About) => Promise<unknown>;
  /** What is so afterwards, of status, name, roles and teams. */
  readonly leaves: Readonly<Partial<Picture>>;
}

interface Picture {
  readonly status: string;
  readonly name: string | null;
  readonly roles: readonly string[];
  readonly teams: readonly string[];
}

const steps: readonly Step[] = [
  {
    name: 'createAccount',
    write: { method: 'POST', path: '/users$' },
    run: (activities, _, { because }) => activities.createAccount(because),
    leaves: { status: 'Pending', name: 'Ada Alder', roles: [], teams: [] },
  },
  {
    name: 'sendInvitation:1',
    write: { method: 'POST', path: '/user_invitations$' },
    run: (activities, _, { id, because }) => activities.sendInvitation(id, because, 1),
    leaves: {},
  },
  {
    name: 'updateAccount',
    write: { method: 'PATCH', path: '/users/' },
    given: (world) => world.tell({ ...ada, name: 'Ada Oak' }),
    run: (activities, _, { id, because }) => activities.updateAccount(id, ['name'], because),
    leaves: { name: 'Ada Oak' },
  },
  {
    name: 'grant role',
    write: { method: 'POST', path: '/roles/.*/users$' },
    run: (activities, { role }, { id, because }) => activities.grant(id, role, because),
    leaves: { roles: ['Datadog Standard Role'] },
  },
  {
    name: 'grant team',
    write: { method: 'POST', path: '/team/.*/memberships$' },
    run: (activities, { team }, { id, because }) => activities.grant(id, team, because),
    leaves: { teams: ['engineering'] },
  },
  {
    name: 'revoke role',
    given: (world, id) => world.leave(id),
    write: { method: 'DELETE', path: '/roles/.*/users$' },
    run: (activities, { role }, { id, because }) => activities.revoke(id, role, because),
    leaves: { roles: [] },
  },
  {
    name: 'revoke team',
    write: { method: 'DELETE', path: '/team/.*/memberships/' },
    run: (activities, { team }, { id, because }) => activities.revoke(id, team, because),
    leaves: { teams: [] },
  },
  {
    name: 'disableAccount',
    write: { method: 'DELETE', path: '/users/[^/]*$' },
    run: (activities, _, { id, because }) => activities.disableAccount(id, because),
    leaves: { status: 'Disabled' },
  },
  {
    name: 'enableAccount',
    given: (world) => world.comeBack(ada),
    write: { method: 'PATCH', path: '/users/' },
    run: (activities, _, { id, because }) => activities.enableAccount(id, because),
    leaves: { status: 'Pending' },
  },
  {
    name: 'cancelInvitations',
    write: { method: 'DELETE', path: '/users/.*/invitations$' },
    run: (activities, _, { id, because }) => activities.cancelInvitations(id, because),
    leaves: {},
  },
];

const reading = { method: 'GET', path: '^/api/v2/(users|team)' };

/** All steps one after the other, each struck once, each repeated until it succeeds. Returns what was so after each. */
async function walk(world: World, faultsOf: (step: Step) => readonly FaultInput[]) {
  const { simulator } = world;
  const { faults } = simulator;
  const after: Record<string, Picture & { accounts: number }> = {};
  const struck: number[] = [];
  let id = '';
  let because: Because = { personId: 'p-1', eventId: 'e-1' };
  for (const step of steps) {
    because = (await step.given?.(world, id)) ?? because;
    for (const fault of faultsOf(step)) faults.add({ ...fault, times: 1 });
    await drive((attempt) => world.attempt(attempt, (activities) => step.run(activities, world, { id, because })));
    struck.push(...faults.list().map((fault) => fault.struck));
    faults.clear();
    const found = simulator.users().filter(({ email }) => email === ada.email);
    const [user] = found;
    if (user === undefined) throw new Error(`no account after ${step.name}`);
    ({ id } = user);
    const { status, name, roles, teams } = user;
    after[step.name] = { status, name, roles, teams, accounts: found.length };
  }
  return { id, after, struck };
}

/** What must be so after each step, whatever went wrong. */
function expectedAfter() {
  let picture: Picture = { status: '', name: null, roles: [], teams: [] };
  return Object.fromEntries(
    steps.map((step) => {
      picture = { ...picture, ...step.leaves };
      return [step.name, { ...picture, accounts: 1 }];
    }),
  );
}

async function expectOnce(world: World, id: string): Promise<void> {
  const { role, team, inventory } = world;
  const steps = [
    'createAccount',
    'sendInvitation:1',
    'updateAccount',
    `grant:role:${role.id}`,
    `grant:team:${team.id}`,
    `revoke:role:${role.id}`,
    `revoke:team:${team.id}`,
    'disableAccount',
    'enableAccount',
    'cancelInvitations',
  ];
  expect(await evidenceOf(world)).toEqual(steps);
  expect(await inventory.personBoundTo(id)).toBe('p-1');
  const grants = await inventory.listGrants({ personId: 'p-1', limit: 100, offset: 0 });
  expect(grants.map(({ kind }) => kind).toSorted()).toEqual(['role', 'team']);
  expect(grants.every(({ until }) => until !== undefined)).toBe(true);
  expect(await inventory.listPending()).toEqual([]);
  const sent = await inventory.listEvidence({ personId: 'p-1', limit: 100, offset: 0 });
  expect(sent.filter(({ step }) => step === 'sendInvitation:1')).toHaveLength(1);
}

test('without a fault each step writes once', async () => {
  // A machine that stalls for a moment must not make a deadline pass, which would be one more attempt.
  await using world = await openWorld({ word: ada, httpMs: 30_000 });
  const { id, after } = await walk(world, () => []);
  expect(after).toEqual(expectedAfter());
  await expectOnce(world, id);
  expect(world.simulator.requests.list().filter(({ method }) => method !== 'GET')).toHaveLength(steps.length);
});

const writeFaults: readonly Omit<FaultInput, 'match'>[] = [
  { kind: '429', resetSeconds: 1 },
  { kind: '500' },
  { kind: '500', when: 'after' },
  { kind: '502', when: 'after' },
  { kind: '503' },
  { kind: '503', when: 'after' },
  { kind: 'hang' },
  { kind: 'hang', when: 'after' },
  { kind: 'slow', ms: 400 },
  { kind: 'torn' },
  { kind: 'lostReply' },
  { kind: 'notJson' },
  { kind: 'wrongTypes' },
  { kind: 'lag', ms: 200 },
  { kind: '401' },
  { kind: '403' },
];

/** Only what waits for the deadline needs a short one: on a loaded machine it would pass for other requests too. */
const deadlineFor = ({ kind }: Pick<FaultInput, 'kind'>) =>
  ['hang', 'slow'].includes(String(kind)) ? {} : { httpMs: 10_000 };

test.concurrent.each(writeFaults)('every write converges, once, after %j', async (fault) => {
  await using world = await openWorld({ word: ada, ...deadlineFor(fault) });
  const { id, after, struck } = await walk(world, ({ write }) => [{ ...fault, match: write }]);
  expect(struck).toEqual(steps.map(() => 1));
  expect(after).toEqual(expectedAfter());
  await expectOnce(world, id);
});

const readFaults: readonly Omit<FaultInput, 'match'>[] = [
  { kind: '429', resetSeconds: 1 },
  { kind: '500' },
  { kind: '502', when: 'after' },
  { kind: 'hang' },
  { kind: 'torn' },
  { kind: 'lostReply' },
  { kind: 'notJson' },
  { kind: 'wrongTypes' },
  { kind: '401' },
  { kind: '403' },
];

const isRefusal = ({ kind }: Pick<FaultInput, 'kind'>): boolean => kind === '401' || kind === '403';

test.concurrent.each(readFaults)('every reading before a write is repeated after %j', async (fault) => {
  await using world = await openWorld({ word: ada });
  const { id, after } = await walk(world, ({ name, write }) => [
    // Creating reads only what a lost reply left; a refusal after it is a case of its own.
    ...(name === 'createAccount' && !isRefusal(fault) ? ([{ kind: 'lostReply', match: write }] as const) : []),
    { ...fault, match: reading },
  ]);
  expect(after).toEqual(expectedAfter());
  await expectOnce(world, id);
});
