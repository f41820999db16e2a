import { mkdtemp, rm } from 'node:fs/promises';
import { hrFirst } from '../../support/ranks.ts';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { runCli } from '../../../client/cli/run.ts';
import { widthOf } from '../../../client/cli/text.ts';
import { syncKinds, type KindStates } from '../../../domain/sync/kinds.ts';
import { openInventory } from '../../support/inventory.ts';
import { accountOf, atAccount } from '../../activities/sync/findings/samples.ts';
import * as samples from '../../inventory/samples.ts';
import { giveToken } from '../../support/operators.ts';
import { createShell } from '../support/shell.ts';
import { budgetOf, removalOf } from '../../support/changeBudget.ts';

/** What somebody could write into a name to rewrite the terminal, to hide a row, or to spoil a table. */
const hostile = `\u001b[2J\u001b]0;x\u0007\u009b31m\u202e漢字👩‍👩‍👧 "a",b\r\n\t${'long '.repeat(40)}${'x'.repeat(120)}`;
const longId = `e-${'1'.repeat(100)}`;
const at = samples.at(0);

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-lists-'));
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  const attributes = { email: `${'a'.repeat(64)}@example.com`, name: hostile, department: hostile };
  for (const [index, personId] of ['e-1', longId].entries()) {
    const accountId = `0dbcdb3a-eeb9-4876-a0a5-765c18a1071${index}`;
    const eventId = `${hostile.slice(0, 100)}${index}`;
    await inventory.receiveEvent(samples.joiner(eventId, { personId, person: attributes, reason: hostile }), at);
    await inventory.receiveEvent(samples.joiner(`waits${eventId}`, { personId, person: attributes }), at);
    const outcome = { kind: 'failed', detail: hostile, parts: [] } as const;
    const finish = {
      personId,
      events: [{ eventId, outcome }],
      person: { employment: 'employed', attributes },
    } as const;
    await inventory.finishProcess(samples.finish(finish), hrFirst);
    await inventory.bindAccount(personId, accountId, at);
    const account = { name: hostile, email: attributes.email, roleIds: ['r-1'], lastLoginAt: at };
    await inventory.writeAccounts({ accounts: [samples.account(accountId, account)], seenAt: at });
    await inventory.openGrant(samples.grant({ personId, accountId, name: hostile, because: hostile }));
    const entitlements = [{ kind: 'role', name: hostile }] as const;
    await inventory.openApproval(
      samples.approval({
        approvalId: `9143391a1a325d0f5af101eadb4c600${index}`,
        personId,
        entitlements,
        rules: [hostile],
      }),
    );
    const step = { personId, eventId, step: 'grant', at, actor: hostile, proof: 'claimed' } as const;
    await inventory.appendEvidence({ ...step, action: 'assign role', reason: hostile, after: { name: hostile } });
    const key = { id: `${accountId}-${'k'.repeat(60)}`, kind: 'apiKey', name: hostile } as const;
    await inventory.writeNhis([{ ...key, ownerAccountId: accountId, scopes: [hostile], details: {} }], at);
    await giveToken({ inventory, home }, { role: 'intake', source: hostile.slice(0, 100) });
    const refused = { source: 'hr', ref: hostile, externalId: hostile, reason: hostile, payload: index } as const;
    await inventory.refuseItem({ ...refused, way: 'webhook' }, at);
    await inventory.admitRemoval(removalOf({ eventId: `waits${eventId}`, personId, at }), budgetOf(0));
  }
  await inventory.writeRoles([{ id: 'r-1', name: hostile, isManaged: true, permissions: [] }], at);
  const states: KindStates = Object.fromEntries(syncKinds.map((kind) => [kind, { state: 'complete' }]));
  const found = ['a-1', 'a-2'].flatMap((id) =>
    atAccount(accountOf({ id, email: `${id}${hostile}` }), { person: { personId: 'e-1', employment: 'left' } }),
  );
  const page = { after: '', frozenScopes: new Set<string>(), states, at };
  await inventory.writeFindings({ ...page, foundAt: 'account', found });
});
afterAll(() => rm(home, { recursive: true }));

async function run(columns: number | undefined, ...args: readonly string[]) {
  const shell = createShell({ cwd: home, env: { MUSTER_HOME: home }, columns, isTerminal: columns !== undefined });
  const code = await runCli(args, shell);
  return { code, out: shell.out(), err: shell.err() };
}

const lists = [
  ['findings', 'list'],
  ['findings', 'list', '--all'],
  ['person', 'list'],
  ['events', 'list'],
  ['events', 'list', '--person', 'e-1'],
  ['approvals', 'list'],
  ['inventory', 'users'],
  ['inventory', 'grants'],
  ['inventory', 'nhis'],
  ['token', 'list'],
  ['held', 'list'],
  ['leaver', 'held'],
  ['intake', 'refused', 'list'],
  ['intake', 'refused', 'list', '--all'],
  ['audit', 'list'],
  ['audit', 'list', '--person', 'e-1'],
] as const;

// oxlint-disable-next-line no-control-regex
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

test.each(
  [...lists, ['held', 'show', 'e-1'], ['person', 'show', 'e-1'], ['person', 'show', longId]].map(
    (args) => [args.join(' '), args] as const,
  ),
)('%s fits a narrow terminal, whatever the names are', async (_title, args) => {
  for (const columns of [60, 80, 120]) {
    const { code, out } = await run(columns, ...args);
    expect(code).toBe(0);
    expect(out.split('\n').length).toBeGreaterThan(2);
    expect(out.split('\n').filter((line) => widthOf(line) > columns)).toEqual([]);
    expect(out).not.toMatch(obeyed);
  }
});

test.each(lists.map((args) => [args.join(' '), args] as const))(
  '%s shows everything with --wide and outside a terminal, still without control characters',
  async (_title, args) => {
    const { out } = await run(60, ...args, '--wide');
    expect(out).not.toMatch(obeyed);
    expect(out).not.toContain('left out:');
    expect(out).not.toContain('…\n');
    const { out: piped } = await run(undefined, ...args);
    expect(piped).not.toContain('…');
  },
);

test.each(lists.map((args) => [args.join(' '), args] as const))('%s prints CSV with a header', async (_title, args) => {
  const { code, out } = await run(undefined, ...args, '--csv');
  expect(code).toBe(0);
  const rows: readonly (readonly string[])[] = parse(out);
  const { out: json } = await run(undefined, ...args, '--json');
  const value = JSON.parse(json) as readonly unknown[] | { readonly held?: unknown[]; readonly leavers?: unknown[] };
  expect(rows.length).toBe(1 + ('length' in value ? value : (value.held ?? value.leavers ?? [])).length);
  expect(rows[0]?.every((name) => /^[a-z][A-Za-z0-9]*$/.test(name))).toBe(true);
  expect((await run(undefined, ...args, '--csv', '--json')).code).toBe(2);
});
