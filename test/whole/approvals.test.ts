import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { startSimulator } from '../../simulator/index.ts';
import { eventually } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { cleanEnvironment, startProgram, type Program } from '../support/processes.ts';
import { gatewayPort } from '../support/ports.ts';

const left: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of left.splice(0).toReversed()) await undo();
});

const policy = `version: 1
approvals: { acceptClaimed: false }
sync: { lightEvery: 2 seconds }
rules:
  - { name: everyone, roles: Datadog Read Only Role }
  - name: sre
    when: { department: SRE }
    roles: Datadog Admin Role
    approval: { people: [security-lead@example.com], manager: true, fallback: [it-lead@example.com] }
`;

/** `npm start` and `npx muster` with a simulated Datadog that the test controls. */
async function openStage() {
  const home = await mkdtemp(join(tmpdir(), 'muster-approvals-'));
  left.push(() => rm(home, { recursive: true, force: true }));
  const simulator = await startSimulator();
  left.push(() => simulator.close());
  await writeFile(join(home, 'policy.yaml'), policy);
  const env = {
    ...cleanEnvironment(),
    MUSTER_HOME: home,
    MUSTER_PORT: String(await gatewayPort()),
    MUSTER_POLICY: join(home, 'policy.yaml'),
    MUSTER_DATADOG_URL: simulator.url,
    DD_API_KEY: simulator.apiKey,
    DD_APP_KEY: simulator.appKey,
    NO_COLOR: '1',
  };
  const muster = (args: readonly string[], more: Record<string, string> = {}) =>
    startProgram('client/cli/main.ts', { args: [...args, '--json'], env: { ...env, ...more } }).exited;
  return {
    home,
    simulator,
    muster,
    async start(): Promise<Program> {
      const program = startProgram('workers/local.ts', { env });
      left.push(() => program.end('SIGTERM'));
      await eventually('doctor to say ok', async () => (await muster(['doctor'])).code === 0, 60_000);
      return program;
    },
    /** The one JSON value of a command that must succeed. */
    async read<T>(args: readonly string[], more?: Record<string, string>): Promise<T> {
      const { code, out, err } = await muster(args, more);
      if (code !== 0) throw new Error(`muster ${args.join(' ')} ended with ${String(code)}: ${out}${err}`);
      return JSON.parse(out) as T;
    },
    /** Role names of the person's account, by Datadog's own client. */
    async roles(email: string): Promise<readonly string[]> {
      const { roles, rolesOf, listAllUsers } = officialClient(simulator);
      const user = (await listAllUsers()).find(({ attributes }) => attributes?.email === email);
      const held = await rolesOf(user?.id ?? '');
      const all = (await roles.listRoles({ pageSize: 100 })).data ?? [];
      return all.flatMap(({ id, attributes }) => (held.includes(id ?? '') ? [attributes?.name ?? ''] : [])).toSorted();
    },
  };
}

test('only an approver’s token approves by the command line, and a killed worker forgets nothing', async () => {
  const stage = await openStage();
  const { muster, read, simulator } = stage;
  const first = await stage.start();
  await read(['mover', '--person-id', 'l-1', '--email', 'security-lead@example.com', '--wait']);
  await read(['mover', '--person-id', 's-1', '--email', 's-1@example.com', '--wait']);
  await read(['joiner', '--person-id', 'e-1', '--email', 'e-1@example.com', '--department', 'SRE']);
  const [{ approvalId } = { approvalId: '' }] = await eventually('the approval', async () => {
    const open = await read<{ approvalId: string }[]>(['approvals', 'list']);
    return open.length > 0 && open;
  });
  const approve = ['approvals', 'approve', approvalId];
  const tokenFor = (role: string, ...more: string[]) =>
    read<{ id: string; token: string }>(['token', 'create', '--role', role, ...more]);
  const lead = await tokenFor('approver', '--person', 'l-1');
  const own = await tokenFor('approver', '--person', 'e-1');
  const stranger = await tokenFor('approver', '--person', 's-1');
  const auditor = await tokenFor('auditor');
  const lost = await tokenFor('approver', '--person', 'l-1');
  await read(['token', 'revoke', lost.id]);

  const refused: readonly [RegExp, readonly string[], Record<string, string>][] = [
    [/only claimed/, ['--as', 'security-lead@example.com'], {}],
    [/own access/, [], { MUSTER_TOKEN: own.token }],
    [/not among its approvers/, [], { MUSTER_TOKEN: stranger.token }],
    [/proves s-1, not security-lead/, ['--as', 'security-lead@example.com'], { MUSTER_TOKEN: stranger.token }],
    [/role auditor/, [], { MUSTER_TOKEN: auditor.token }],
    [/was revoked/, [], { MUSTER_TOKEN: lost.token }],
    [/proves nobody: it is unknown/, [], { MUSTER_TOKEN: `muster_${'A'.repeat(43)}` }],
  ];
  for (const [why, args, more] of refused) {
    const { code, out, err } = await muster([...approve, ...args], more);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toMatch(why);
  }
  const tokenFile = join(stage.home, 'token');
  await writeFile(tokenFile, `${lead.token}\n`);
  expect(await read(approve, { MUSTER_TOKEN_FILE: tokenFile })).toMatchObject({ approvalId, state: 'approved' });

  await first.end('SIGKILL');
  await stage.start();
  expect(await stage.roles('e-1@example.com')).toEqual([]);
  const invited = simulator.users().find(({ email }) => email === 'e-1@example.com');
  simulator.accept(invited?.id ?? '');
  await eventually('the roles', async () => (await stage.roles('e-1@example.com')).length === 2, 60_000);
  expect(await stage.roles('e-1@example.com')).toEqual(['Datadog Admin Role', 'Datadog Read Only Role']);
  const evidence = await read<{ action: string; actor: string }[]>(['audit', 'export', '--person', 'e-1']);
  expect(evidence.filter(({ actor }) => actor === 'l-1').map(({ action }) => action)).toEqual([
    'approve',
    'assign role',
  ]);
  expect(await read(['audit', 'verify'])).toMatchObject({ ok: true });

  // What proves somebody is nowhere but with them.
  for (const file of ['muster.log', 'inventory.db', 'inventory.db-wal']) {
    const text = await readFile(join(stage.home, file), 'latin1').catch(() => '');
    for (const { token } of [lead, own, stranger, auditor, lost]) expect(text.includes(token)).toBe(false);
  }
}, 180_000);
