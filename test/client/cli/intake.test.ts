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

const row = (externalId: string, more: object = {}) => ({
  way: 'roster' as const,
  kind: undefined,
  externalId,
  payload: { externalId, email: `${externalId}@example.com`, status: 'Gardening', ...more },
});

test('a row of a roster is judged again by the policy of today, and submitted once it is taken', async () => {
  const id = await refuse('people.csv:3', row('r-1'));
  const again = await run('retry', id, ...by);
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('Refused again: status is no status') });
  const words = "roster: { statuses: { active: ['Gardening'] } }\n";
  await writeFile(join(home, 'p.yaml'), `${policyOf('/id')}${words}`);
  expect(await run('retry', id, ...by)).toMatchObject({ code: 0, out: 'Taken: joiner of r-1\n' });
  expect((await linksOf(id)).map(([action]) => action)).toEqual(['retry refused item']);
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  expect(await inventory.waitingEvents({ personId: 'r-1', limit: 10 })).toMatchObject([
    { event: { kind: 'joiner', source: 'hr', person: { email: 'r-1@example.com' } } },
  ]);
  expect(await inventory.findRefusal(id)).toMatchObject({ state: 'retried', decidedBy: 'it@example.com' });
});

test('a row that contradicts what is known by now is refused again', async () => {
  const past = { status: 'Active', endDate: '2025-01-31' };
  const id = await refuse('people.csv:4', row('r-2', past));
  expect(await run('retry', id, ...by)).toMatchObject({
    code: 1,
    err: expect.stringContaining('Refused again: the status says employed, but the last working day has passed'),
  });
});

test('a line of an adoption that names nobody is refused again', async () => {
  const id = await refuse('people.csv:2', { ...row('a/b', { status: 'Active' }), way: 'adopt' });
  expect(await run('retry', id, ...by)).toMatchObject({
    code: 1,
    err: expect.stringContaining('Refused again: personId must be'),
  });
});

test.each<[string, Partial<RefusedItem>, string]>([
  ['a line that cannot be split', { way: 'roster', payload: { '@line': '7,"ada' } }, 'correct it in the file'],
  ['a line of an adoption', { ...row('r-3', { status: 'Active' }), way: 'adopt' }, 'npx muster adopt plan'],
  ['a user who is gone', { way: 'scim', ref: 'Users/5' }, 'has deleted this user'],
  ['a request of SCIM', { way: 'scim', ref: 'Users/5/request' }, 'push the user once more'],
])('%s is not judged again: the answer says what to do instead', async (what, more, words) => {
  const id = await refuse(what, more);
  expect(await run('retry', id, ...by)).toMatchObject({ code: 3, err: expect.stringContaining(words) });
  expect(await linksOf(id)).toEqual([]);
});

test('of two lines of one person neither is taken before the other is dropped', async () => {
  const [first, second] = [
    await refuse('people.csv:5', row('r-4', { status: 'Active', department: 'Sales' })),
    await refuse('people.csv:6', row('r-4', { status: 'Active', department: 'Engineering' })),
  ];
  expect(await run('retry', first, ...by)).toMatchObject({
    code: 3,
    err: expect.stringContaining(`Refusal ${second} is about the same person`),
  });
  await run('drop', second, '--reason', 'the other department is right', ...by);
  expect(await run('retry', first, ...by)).toMatchObject({ code: 0, out: 'Taken: joiner of r-4\n' });
});
