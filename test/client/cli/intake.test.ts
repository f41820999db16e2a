import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runCli } from '../../../client/cli/run.ts';
import type { RefusedItem } from '../../../inventory/port/refusals.ts';
import { startDevServer } from '../../support/engine.ts';
import { openInventory } from '../../support/inventory.ts';
import { createShell } from '../support/shell.ts';

let opened: AsyncDisposableStack;
let home: string;
let env: Record<string, string>;
const by = ['--as', 'it@example.com'];
const policyOf = (pointer: string) => `version: 1
rules: []
sources:
  - name: hr
    verify: standardWebhooks
    map: { types: { '*': leaver }, fields: { personId: ${pointer} } }
`;

/** No worker runs: what is taken here is carried out once one does. */
beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  home = await mkdtemp(join(tmpdir(), 'muster-refused-'));
  stack.defer(() => rm(home, { recursive: true }));
  env = { MUSTER_HOME: home, MUSTER_POLICY: join(home, 'p.yaml'), ...stack.use(await startDevServer()).env };
  await writeFile(join(home, 'p.yaml'), policyOf('/id'));
  opened = stack.move();
}, 60_000);
afterAll(() => opened?.disposeAsync());

async function run(...args: readonly string[]) {
  const shell = createShell({ cwd: home, env });
  const code = await runCli(['intake', 'refused', ...args], shell);
  return { code, out: shell.out(), err: shell.err() };
}

async function refuse(ref: string, more: Partial<RefusedItem> = {}): Promise<string> {
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  const item = { source: 'hr', way: 'webhook', kind: 'leaver', reason: 'data.personId: is missing' } as const;
  return await inventory.refuseItem(
    { ...item, ref, payload: { item: { number: ref, mail: 'ada@example.com' } }, ...more },
    new Date().toISOString(),
  );
}

const linksOf = async (refusalId: string) => {
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  const links = await inventory.listEvidence({ limit: 100, offset: 0 });
  return links
    .filter(({ eventId }) => eventId.startsWith(`refusal:${refusalId}`))
    .map(({ action, actor, reason }) => [action, actor, reason]);
};

test('what is refused is listed without its payload, and shown with it, which leaves evidence', async () => {
  const id = await refuse('e-1');
  const list = await run('list', '--json');
  expect(JSON.parse(list.out)).toMatchObject([{ refusalId: id, kind: 'leaver', reason: 'data.personId: is missing' }]);
  expect(list.out).not.toContain('ada@example.com');
  expect((await run('list', '--csv')).out).toContain(id);
  expect(await linksOf(id)).toEqual([]);
  expect((await run('show', id)).code).toBe(2);
  const shown = await run('show', id, ...by);
  expect(shown.out).toContain('"mail": "ada@example.com"');
  expect(await linksOf(id)).toEqual([['read refused item', 'it@example.com', undefined]]);
  expect((await run('drop', id, '--reason', 'sent again', ...by)).out).toBe(`Refusal ${id} is dropped.\n`);
  expect((await run('list')).out).toBe('Nothing that a source said is refused.\n');
  expect((await run('list', '--all')).out).toContain(id);
  expect((await linksOf(id)).at(-1)).toEqual(['drop refused item', 'it@example.com', 'sent again']);
  expect(await run('drop', id, '--reason', 'again', ...by)).toMatchObject({
    code: 3,
    err: expect.stringMatching(/decided already/),
  });
});

test('a retry is refused again with the reason, and taken once the policy reads it', async () => {
  const id = await refuse('e-2');
  const again = await run('retry', id, ...by);
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('Refused again: data.personId: must be') });
  await writeFile(join(home, 'p.yaml'), policyOf('/number'));
  expect(await run('retry', id, ...by)).toMatchObject({ code: 0, out: 'Taken: leaver of e-2\n' });
  expect((await linksOf(id)).map(([action]) => action)).toEqual(['retry refused item']);
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  expect(await inventory.waitingEvents({ personId: 'e-2', limit: 10 })).toMatchObject([
    { event: { kind: 'leaver', eventId: 'e-2', source: 'hr' } },
  ]);
});

test('a person whose record is gone leaves once an operator says so; else HR is asked again', async () => {
  const gone = {
    way: 'fetchBack',
    personId: 'e-3',
    externalId: '3',
    reason: 'does not know this person (404)',
  } as const;
  const first = await refuse('hr:3', { ...gone, payload: { fetchId: '3', isGone: true } });
  expect(await run('retry', first, '--has-left', ...by)).toMatchObject({ code: 0, out: 'Taken: leaver of e-3\n' });
  const second = await refuse('hr:4', { ...gone, payload: { fetchId: '3', record: {} } });
  expect(await run('retry', second, '--has-left', ...by)).toMatchObject({
    code: 3,
    err: expect.stringMatching(/is there/),
  });
  expect(await run('retry', second, ...by)).toMatchObject({
    code: 0,
    out: expect.stringContaining('HR is asked again'),
  });
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  const waiting = await inventory.waitingEvents({ personId: 'e-3', limit: 10 });
  expect(waiting.map(({ event: { kind, fetchId = '' } }) => `${kind} ${fetchId}`).toSorted()).toEqual([
    'leaver ',
    'updated 3',
  ]);
});

test('what came by a file or by SCIM is not judged again here: its source has to say it again', async () => {
  const id = await refuse('people.csv:3', { way: 'roster' });
  expect(await run('retry', id, ...by)).toMatchObject({ code: 3, err: expect.stringContaining('sent again') });
});
