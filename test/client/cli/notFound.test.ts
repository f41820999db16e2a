import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runCli } from '../../../client/cli/run.ts';
import { examplePolicyPath } from '../../../config/config.ts';
import { lightSyncScheduleId, rosterScheduleId } from '../../../domain/contracts.ts';
import { openInventory } from '../../support/inventory.ts';
import { startSimulator } from '../../../simulator/index.ts';
import { startDevServer } from '../../support/engine.ts';
import { createShell } from '../support/shell.ts';

let opened: AsyncDisposableStack;
let engine: Awaited<ReturnType<typeof startDevServer>>;
let env: Record<string, string>;

/** An empty inventory, an engine without a worker, and an empty Datadog. */
beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'muster-not-found-'));
  stack.defer(() => rm(home, { recursive: true }));
  engine = stack.use(await startDevServer());
  const { url, apiKey, appKey } = stack.use(await startSimulator());
  env = {
    MUSTER_HOME: home,
    ...engine.env,
    MUSTER_DATADOG_URL: url,
    DD_API_KEY: apiKey,
    DD_APP_KEY: appKey,
  };
  const inventory = await openInventory({ file: join(home, 'inventory.db') });
  stack.defer(() => inventory.close());
  opened = stack.move();
}, 60_000);
afterAll(() => opened?.disposeAsync());

async function run(args: readonly string[], more: Record<string, string> = {}) {
  const shell = createShell({ cwd: env['MUSTER_HOME'] ?? '', env: { ...env, ...more } });
  return { code: await runCli(args, shell), out: shell.out(), err: shell.err() };
}

const by = ['--as', 'it@example.com'];
test.each<[readonly string[], RegExp]>([
  [['person', 'show', 'e-9'], /No person e-9 is known/],
  [['person', 'retry', 'e-9'], /No person e-9 is known/],
  [['person', 'restore', 'e-9', ...by], /No person e-9 is known/],
  [['person', 'unlink', 'e-9', ...by], /No person e-9 is known/],
  [['person', 'link', 'e-9', '--account', 'none', ...by], /There is no account none in Datadog/],
  [['events', 'cancel', 'none', ...by], /No event none is known/],
  [['leaver', 'release', 'e-9', '--reason', 'known', ...by], /No leaver of e-9 is held/],
  [['intake', 'refused', 'show', 'none', ...by], /Nothing refused has the id none/],
  [['intake', 'refused', 'retry', 'none', ...by], /Nothing refused has the id none/],
  [['intake', 'refused', 'drop', 'none', '--reason', 'known', ...by], /Nothing refused has the id none/],
  [['approvals', 'approve', 'none', ...by], /There is no approval none/],
  [['approvals', 'reject', 'none', '--reason', 'no', ...by], /There is no approval none/],
  [['approvals', 'reassign', 'none', '--to', 'cto@example.com', ...by], /There is no approval none/],
  [['sync', 'allow', 'none', ...by], /No batch none/],
  [['sync', 'reject', 'none', ...by], /No batch none/],
  [['sync', 'status'], /There is no schedule/],
  [['sync', 'pause'], /There is no schedule/],
  [['findings', 'mute', 'none', '--reason', 'known', '--until', '2099-01-01'], /There is no finding none/],
  [['inventory', 'nhis', '--set-owner', 'none', '--owner', 'e-9'], /There is no none in the inventory/],
  [['inventory', 'nhis', '--clear-owner', 'none'], /There is no none in the inventory/],
  [['policy', 'accept', 'role', 'none', ...by], /No role "none" is on record/],
  [['token', 'revoke', 'none'], /There is no token none/],
  [['audit', 'export', '--person', 'e-9'], /There is no evidence about person e-9/],
])('%j names what does not exist, and ends with 1', async (args, message) => {
  const { code, out, err } = await run(args);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(message);
});

test('a mover of an unknown person asks for the e-mail, as a dry run does', async () => {
  const mover = ['mover', '--person-id', 'e-9', '--department', 'SRE'];
  for (const args of [mover, [...mover, '--dry-run']]) {
    const { code, out, err } = await run(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^error: --email is missing: no person e-9 is known/);
  }
});

test('schedule apply creates the schedule of rosters where the policy watches a folder', async () => {
  const home = env['MUSTER_HOME'] ?? '';
  const policy = join(home, 'roster.yaml');
  const example = await readFile(examplePolicyPath, 'utf8');
  await writeFile(policy, `${example}\nroster: { folder: ${home}, cron: '0 5 * * *' }\n`);
  const applied = await run(['schedule', 'apply', '--json'], { MUSTER_POLICY: policy });
  expect(applied).toMatchObject({ code: 0 });
  expect(JSON.parse(applied.out)).toMatchObject({ schedules: ['access-sync', lightSyncScheduleId, rosterScheduleId] });
  const { schedule } = engine.client;
  expect((await schedule.getHandle(rosterScheduleId).describe()).spec.calendars).toHaveLength(1);

  const without = await run(['schedule', 'apply']);
  expect(without).toMatchObject({ code: 0, out: expect.not.stringContaining(rosterScheduleId) });
  await expect(schedule.getHandle(rosterScheduleId).describe()).rejects.toThrow(/not found/);
});
