import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runCli } from '../../client/cli/run.ts';
import { applySchedules } from '../../client/operations/schedule.ts';
import { examplePolicyPath } from '../../config/config.ts';
import { aliveSince } from '../../domain/instances.ts';
import { policySubject } from '../../inventory/port/evidence.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { loadPolicy } from '../../policy/file.ts';
import { startSimulator, type Simulator } from '../../simulator/index.ts';
import { createShell } from '../client/support/shell.ts';
import { startDevServer } from '../support/engine.ts';
import { openInventory } from '../support/inventory.ts';
import { accountOf, eventually } from '../support/muster.ts';
import { giveToken } from '../support/operators.ts';
import { gatewayPort } from '../support/ports.ts';
import { startProgram } from '../support/processes.ts';

/** A policy file is changed under a worker and a gateway that run: what was typed, what is said and what is done are one. */

const withinMs = 120_000;
let opened: AsyncDisposableStack;
let engine: Awaited<ReturnType<typeof startDevServer>>;
let simulator: Simulator;
let inventory: Inventory;
let home: string;
/** The file that the worker and the gateway have, and another one, as a stale mount would be. */
let policyPath: string;
let otherPath: string;
let token: string;

async function write(path: string, mode: string, cron: string): Promise<void> {
  const example = await readFile(examplePolicyPath, 'utf8');
  const text = example
    .replace(/^# mode: observe$/m, `mode: ${mode}`)
    .replace(/^( +cron:) .*$/m, (_, field: string) => `${field} '${cron}'`);
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

const env = () => ({
  ...engine.env,
  MUSTER_HOME: home,
  MUSTER_DATADOG_URL: simulator.url,
  DD_API_KEY: simulator.apiKey,
  DD_APP_KEY: simulator.appKey,
});

beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  home = await mkdtemp(join(tmpdir(), 'muster-in-force-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  [policyPath, otherPath] = [join(home, 'policy.yaml'), join(home, 'other.yaml')];
  await write(policyPath, 'enforce', '0 3 1 1 *');
  await write(otherPath, 'observe', '0 3 1 1 *');
  engine = stack.use(await startDevServer());
  simulator = stack.use(await startSimulator());
  inventory = stack.use(await openInventory({ file: join(home, 'inventory.db') }));
  ({ token } = await giveToken({ inventory, home }, { role: 'admin', personId: 'e-7' }));
  await applySchedules(engine.client, await loadPolicy(policyPath, { datadogIsSimulator: true }));
  for (const path of ['workers/main.ts', 'client/gateway/main.ts']) {
    const port = String(await gatewayPort());
    const program = startProgram(path, { env: { ...env(), MUSTER_POLICY: policyPath, MUSTER_PORT: port } });
    stack.defer(async () => void (await program.end('SIGKILL')));
  }
  await everybodyIn('enforce');
  opened = stack.move();
}, 300_000);
afterAll(() => opened?.disposeAsync());

const instances = () => inventory.listInstances(aliveSince(Date.now()));
const everybodyIn = (mode: string) =>
  eventually(
    `the worker and the gateway to be in mode ${mode}`,
    async () => {
      const all = await instances();
      return all.length === 2 && all.every((one) => one.mode === mode) && all;
    },
    withinMs,
  );

async function run(args: readonly string[], path = policyPath) {
  const shell = createShell({ cwd: home, env: { ...env(), MUSTER_POLICY: path, MUSTER_TOKEN: token } });
  const code = await runCli(args, shell);
  return { code, out: shell.out(), err: shell.err() };
}

const joinerOf = (personId: string) => [
  ...['joiner', '--person-id', personId, '--email', `${personId}@example.com`, '--department', 'Engineering'],
];

test('a file that only this shell sees promises nothing: the worker makes the account', async () => {
  const { out, err } = await run([...joinerOf('e-1'), '--dry-run'], otherPath);
  expect(err).toMatch(
    /^warning: .*the worker on \S+ has the policy \w+, mode enforce in force, and \S+ is \w+, mode obs/,
  );
  expect(out).not.toContain('nothing would be written');
  expect(await run(joinerOf('e-1'), otherPath)).toMatchObject({ code: 0 });
  await eventually('the account to be made', () => accountOf({ simulator }, 'e-1') !== undefined, withinMs);
});

test('a changed file is in force without a restart, with its schedule and one link of evidence', async () => {
  await write(policyPath, 'observe', '0 4 1 1 *');
  const policyHash = (await everybodyIn('observe'))[0]?.policyHash;
  const { out, err } = await run([...joinerOf('e-2'), '--dry-run']);
  expect({ out, err }).toEqual({ out: expect.stringContaining('nothing would be written'), err: '' });
  const joined = await run([...joinerOf('e-2'), '--wait']);
  expect(joined).toMatchObject({ code: 0, out: expect.stringContaining('observed') });
  expect(accountOf({ simulator }, 'e-2')).toBeUndefined();
  const links = await inventory.listEvidence({ personId: policySubject, limit: 9, offset: 0 });
  expect(links.map(({ after }) => after)).toEqual([{ hash: expect.any(String) }, { hash: policyHash }]);
  await eventually('the schedule to be the new one', async () => {
    const { spec } = await engine.client.schedule.getHandle('access-sync').describe();
    return JSON.stringify(spec).includes('"hour":[{"start":4');
  });
});

test('a changed file that is invalid is refused in words by worker, gateway and doctor', async () => {
  await writeFile(policyPath, 'version: 1\nmode: enforce\nrulez: []\n');
  await eventually(
    'both to refuse it',
    async () => (await instances()).every(({ refusal }) => refusal?.includes('rulez')),
    withinMs,
  );
  const { code, out } = await run(['doctor', '--json'], otherPath);
  expect(code).toBe(1);
  const { checks } = JSON.parse(out) as { checks: readonly { name: string; detail: string }[] };
  expect(checks.filter(({ name }) => name === 'policy in force')).toContainEqual(
    expect.objectContaining({ status: 'missing', detail: expect.stringMatching(/refused by the .*rulez/s) }),
  );
  expect((await instances()).map(({ mode }) => mode)).toEqual(['observe', 'observe']);
});
