import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { isAlive, type Runtime } from '../../config/runtime.ts';
import { eventually } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { cleanEnvironment, startProgram, type Program } from '../support/processes.ts';
import { gatewayPort } from '../support/ports.ts';

const left: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of left.splice(0).toReversed()) await undo();
});

async function makeHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'muster-line-'));
  left.push(() => rm(home, { recursive: true, force: true }));
  return home;
}

/** What a user has: `npm start` in one terminal, `npx muster` in another. */
async function openTerminal(home: string) {
  const env = {
    ...cleanEnvironment(),
    MUSTER_HOME: home,
    MUSTER_PORT: String(await gatewayPort()),
    NO_COLOR: '1',
  };
  return {
    start(...args: string[]): Program {
      const program = startProgram('workers/local.ts', { args, env });
      left.push(() => program.end('SIGTERM'));
      return program;
    },
    async muster(...args: string[]) {
      const { code, out, err } = await startProgram('client/cli/main.ts', { args, env }).exited;
      return { code, out, err };
    },
    /** The one JSON value on stdout of a command that must succeed. */
    async read<T>(...args: string[]): Promise<T> {
      const { code, out, err } = await this.muster(...args, '--json');
      if (code !== 0) throw new Error(`muster ${args.join(' ')} ended with ${String(code)}: ${out}${err}`);
      return JSON.parse(out) as T;
    },
    runtime: async () => JSON.parse(await readFile(join(home, 'runtime.json'), 'utf8')) as Runtime,
    enginePid: async () => (JSON.parse(await readFile(join(home, 'engine.json'), 'utf8')) as { pid: number }).pid,
  };
}

type Terminal = Awaited<ReturnType<typeof openTerminal>>;

interface Shown {
  readonly person: { readonly employment: string; readonly phase?: string };
  readonly account?: { readonly status: string };
  readonly grants: readonly { readonly name: string; readonly until?: string }[];
}
interface Submitted {
  readonly outcome?: { readonly kind: string };
}

/** Until `npx muster doctor --json` says ok. */
async function becomeReady(terminal: Terminal, program: Program): Promise<void> {
  await eventually(
    'doctor to say ok',
    async () => {
      if (!program.isRunning()) throw new Error(`npm start ended: ${program.said.out}${program.said.err}`);
      const { code, out } = await terminal.muster('doctor', '--json');
      const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: { status: string }[] };
      if (!ok) throw new Error(JSON.stringify(checks.filter(({ status }) => status !== 'ok')));
      return code === 0;
    },
    90_000,
  );
}

async function simulatorOf(terminal: Terminal) {
  const { simulator } = await terminal.runtime();
  if (simulator === undefined) throw new Error('runtime.json names no simulator');
  return simulator;
}

/** The person follows the link as soon as there is one; simulated people do so by themselves a little later. */
async function accept(terminal: Terminal, personId: string): Promise<void> {
  const { url } = await simulatorOf(terminal);
  await eventually(`${personId} to be invited`, async () => {
    const response = await fetch(`${url}/control/accept`, {
      method: 'POST',
      body: JSON.stringify({ email: `${personId}@example.com` }),
    });
    return response.ok || (await response.text()).includes('is Active');
  });
}

/** Read from the simulator by Datadog's own client. */
async function heldBy(terminal: Terminal, personId: string) {
  const official = officialClient(await simulatorOf(terminal));
  const email = `${personId}@example.com`;
  const accounts = await official.listAllUsers({ text: email });
  const own = accounts.filter(({ attributes }) => attributes?.email === email);
  const names = new Map(
    (await official.roles.listRoles({ pageSize: 100 })).data?.map((r) => [r.id, r.attributes?.name]),
  );
  const handles = new Map(
    (await official.teams.listTeams({ pageSize: 100 })).data?.map((t) => [t.id, t.attributes.handle]),
  );
  return Promise.all(
    own.map(async ({ id = '', attributes }) => ({
      status: attributes?.status,
      roles: (await official.rolesOf(id)).map((role) => names.get(role) ?? role).toSorted((a, b) => (a < b ? -1 : 1)),
      teams: (await official.teamsOf(id)).map((team) => handles.get(team)),
    })),
  );
}

const joinerOf = (personId: string, department: string) => [
  'joiner',
  ...['--person-id', personId, '--email', `${personId}@example.com`, '--name', 'Pat Example'],
  ...['--department', department, '--event-id', `${personId}:joiner`],
];

test('a user takes people through everything with the command line, and a restart loses nothing', async () => {
  const home = await makeHome();
  const terminal = await openTerminal(home);
  const { muster, read } = { muster: terminal.muster, read: terminal.read.bind(terminal) };
  const started = terminal.start();
  await becomeReady(terminal, started);
  const enginePid = await terminal.enginePid();

  // A joiner without approvals.
  const joining = read<Submitted>(...joinerOf('e-1', 'Engineering'), '--wait', '--timeout', '60s');
  await accept(terminal, 'e-1');
  const summary = await read<Record<string, unknown>>('sync', 'run');
  expect(Object.keys(summary).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    ...['added', 'changed', 'complete', 'durationMs', 'findings', 'keys', 'odd', 'removed', 'requests', 'roles'],
    ...['serviceAccounts', 'teams', 'users'],
  ]);
  expect(summary).toMatchObject({ complete: true, users: expect.any(Number), serviceAccounts: expect.any(Number) });
  expect(await joining).toMatchObject({
    workflowId: 'person/e-1',
    eventId: 'e-1:joiner',
    outcome: { kind: 'completed' },
  });
  const engineer = {
    status: 'Active',
    roles: ['Datadog Read Only Role', 'Datadog Standard Role'],
    teams: ['engineering'],
  };
  expect(await heldBy(terminal, 'e-1')).toEqual([engineer]);
  const shown = await read<Shown>('person', 'show', 'e-1');
  expect(shown.person.employment).toBe('employed');
  expect(shown.grants.map(({ name }) => name).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'Datadog Read Only Role',
    'Datadog Standard Role',
    'engineering',
  ]);

  // A joiner whose admin role somebody must allow.
  await read(...joinerOf('e-2', 'SRE'));
  const approval = await eventually('the approval of e-2', async () => {
    const open = await read<{ approvalId: string; personId: string }[]>('approvals', 'list');
    return open.find(({ personId }) => personId === 'e-2');
  });
  const decide = (actor: string) => muster('approvals', 'approve', approval.approvalId, '--as', actor, '--json');
  const byStranger = await decide('stranger@example.com');
  expect(byStranger).toMatchObject({ code: 3, out: '', err: expect.stringContaining('is not among its approvers') });
  const byThemself = await decide('E-2@example.com');
  expect(byThemself).toMatchObject({ code: 3, out: '', err: expect.stringContaining('own access') });
  const byApprover = await decide('security-lead@example.com');
  expect(byApprover).toMatchObject({ code: 0, out: expect.stringContaining('"approved"') });
  expect(await decide('security-lead@example.com')).toMatchObject({ code: 3, out: '' });
  await accept(terminal, 'e-2');
  await read('sync', 'run');
  expect(await read(...joinerOf('e-2', 'SRE'), '--wait', '--timeout', '60s')).toMatchObject({
    outcome: { kind: 'completed' },
  });
  const admin = { status: 'Active', roles: ['Datadog Admin Role', 'Datadog Read Only Role'], teams: [] };
  expect(await heldBy(terminal, 'e-2')).toEqual([admin]);

  // Mover, then leaver.
  const moved = await read('mover', '--person-id', 'e-1', '--department', 'Sales', '--wait');
  expect(moved).toMatchObject({ outcome: { kind: 'completed' } });
  expect(await heldBy(terminal, 'e-1')).toEqual([{ status: 'Active', roles: ['Datadog Read Only Role'], teams: [] }]);
  const gone = await read('leaver', '--person-id', 'e-1', '--immediate', '--wait');
  expect(gone).toMatchObject({ outcome: { kind: 'completed' } });
  expect(await heldBy(terminal, 'e-1')).toEqual([{ status: 'Disabled', roles: [], teams: [] }]);

  await read('sync', 'run');
  const users = await read<{ email: string; status: string; personId?: string }[]>('inventory', 'users');
  expect(users.find(({ email }) => email === 'e-1@example.com')).toMatchObject({ status: 'disabled', personId: 'e-1' });
  expect(users.find(({ email }) => email === 'e-2@example.com')).toMatchObject({
    status: 'active',
    roleNames: ['Datadog Admin Role', 'Datadog Read Only Role'],
  });
  expect(await read('audit', 'verify')).toMatchObject({ ok: true });

  const second = await terminal.start().exited;
  expect(second).toMatchObject({
    code: 2,
    err: expect.stringContaining(`Muster runs already in ${home} (pid ${started.pid})`),
  });

  // A person who waits while everything is stopped and started again.
  await read(...joinerOf('e-3', 'Engineering'));
  await eventually(
    'e-3 to wait',
    async () => (await read<Shown>('person', 'show', 'e-3')).person.phase === 'waitingForAcceptance',
  );
  expect(await started.end('SIGTERM')).toMatchObject({ code: 0, signal: null });
  expect(isAlive(enginePid)).toBe(false);
  expect((await muster('doctor', '--json')).code).toBe(1);

  const again = terminal.start();
  await becomeReady(terminal, again);
  expect(await heldBy(terminal, 'e-2')).toEqual([admin]);
  await accept(terminal, 'e-3');
  await read('sync', 'run');
  expect(await read(...joinerOf('e-3', 'Engineering'), '--wait', '--timeout', '60s')).toMatchObject({
    outcome: { kind: 'completed' },
  });
  expect(await heldBy(terminal, 'e-3')).toEqual([engineer]);
  expect(await again.end('SIGTERM')).toMatchObject({ code: 0, signal: null });
}, 400_000);

test('npm start -- --once plays the demonstration on a fresh folder and ends with 0', async () => {
  const terminal = await openTerminal(await makeHome());
  const ended = await terminal.start('--once').exited;
  expect(ended).toMatchObject({ code: 0, signal: null, out: expect.stringContaining('ended as it should') });
}, 60_000);
