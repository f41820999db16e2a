import { expect, test } from '@jest/globals';
import type { PolicyRule } from '../../domain/policy/rules.ts';
import { employ, readAccount } from '../support/employees.ts';
import { endOf, inFuture, startHr } from '../support/hrOverHttp.ts';
import { eventually, inPhase } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { useDevServer } from '../support/onDevServer.ts';

/** What happens to people over time, as HR tells it over HTTP, and what is in Datadog at the end of it. */

const server = useDevServer();
const readOnly = 'Datadog Read Only Role';
const standard = 'Datadog Standard Role';
const admin = 'Datadog Admin Role';
const rules: readonly PolicyRule[] = [
  { name: 'everyone', when: {}, roles: [readOnly], teams: [] },
  {
    name: 'engineers',
    when: { department: ['Engineering'], contractType: ['employee'] },
    roles: [standard],
    teams: [],
  },
  {
    name: 'sre',
    when: { department: ['SRE'] },
    roles: [admin],
    teams: [],
    approval: { people: [], manager: true, quorum: 1, fallback: ['it@example.com'] },
  },
];

test('somebody who left and is hired again has the same account, with what the policy grants now', async () => {
  await using hr = await startHr(server, { rules });
  const { stage } = hr;
  const account = await employ(stage, 'h1', { person: { department: 'Sales' } });
  const [left] = await hr.say(1, 'leaver', { personId: 'h1' });
  expect(await endOf(stage, left)).toMatchObject({ kind: 'completed' });
  expect(await readAccount(stage, account)).toMatchObject({ status: 'Disabled', roles: [] });
  const again = { email: 'h1@example.com', department: 'Engineering', extra: { contractType: 'employee' } };
  const [hired] = await hr.say(2, 'joiner', { personId: 'h1', ...again });
  expect(await endOf(stage, hired)).toMatchObject({ kind: 'completed' });
  expect(await readAccount(stage, account)).toMatchObject({ status: 'Active', roles: [readOnly, standard] });
  const users = await officialClient(stage.simulator).listAllUsers();
  expect(users.filter(({ attributes }) => attributes?.email === 'h1@example.com')).toHaveLength(1);
});

test('a contractor who becomes an employee stays when the contract would have ended', async () => {
  await using hr = await startHr(server, { rules });
  const { stage } = hr;
  const account = await employ(stage, 'h2', { person: { department: 'Engineering' } });
  const record = { personId: 'h2', email: 'h2@example.com', department: 'Engineering', status: 'active' };
  const end = inFuture(6);
  const contract = { ...record, leaveDate: end, extra: { contractType: 'contractor' } };
  const [, leave] = await hr.say(1, 'person.updated', contract);
  const [converted] = await hr.say(2, 'person.updated', { ...record, extra: { contractType: 'employee' } });
  expect(await endOf(stage, converted)).toMatchObject({ kind: 'completed' });
  expect(await endOf(stage, leave)).toMatchObject({ kind: 'superseded' });
  await eventually('the end of the contract', () => Date.now() > Date.parse(end));
  expect(await readAccount(stage, account)).toMatchObject({ status: 'Active', roles: [readOnly, standard] });
  expect(await stage.inventory.findPerson('h2')).toMatchObject({ employment: 'employed' });
});

test('a leave that HR tells days late ends the access at once', async () => {
  await using hr = await startHr(server, { rules });
  const account = await employ(hr.stage, 'h3');
  const [left] = await hr.say(1, 'leaver', { personId: 'h3', effective: '2026-01-31' });
  expect(await endOf(hr.stage, left)).toMatchObject({ kind: 'completed' });
  expect(await readAccount(hr.stage, account)).toMatchObject({ status: 'Disabled', roles: [] });
});

test('HR may correct a leave date until it is past, and its latest word holds in any order', async () => {
  await using hr = await startHr(server, { rules });
  const { stage } = hr;
  const account = await employ(stage, 'h4');
  const leave = (minute: number, effective: string) => hr.say(minute, 'leaver', { personId: 'h4', effective });
  const [first] = await leave(1, inFuture(3_600));
  const [later] = await leave(2, '2098-12-31');
  const [earlier] = await leave(4, inFuture(1_800));
  const [overtaken] = await leave(3, '2026-01-31');
  await eventually('only the last word to wait', async () => {
    const { mailbox = [], phase } = (await stage.muster.status('h4')) ?? {};
    return phase === 'scheduled' && mailbox.map(({ eventId }) => eventId).join() === earlier;
  });
  expect(await readAccount(stage, account)).toMatchObject({ status: 'Active', roles: [readOnly] });
  const [past] = await leave(5, '2026-02-28');
  expect(await endOf(stage, past)).toMatchObject({ kind: 'completed' });
  for (const eventId of [first, later, earlier, overtaken]) {
    expect(await endOf(stage, eventId)).toMatchObject({ kind: 'superseded' });
  }
  expect(await readAccount(stage, account)).toMatchObject({ status: 'Disabled', roles: [] });
  // Once it is past, an older correction revives nobody.
  const [tooLate] = await leave(4.5, '2098-12-31');
  expect(await endOf(stage, tooLate)).toMatchObject({ kind: 'stale' });
  expect(await readAccount(stage, account)).toMatchObject({ status: 'Disabled', roles: [] });
});

test('a changed e-mail is set on the account, and a leaver by the old one is the same person', async () => {
  await using hr = await startHr(server, { rules });
  const { stage } = hr;
  const account = await employ(stage, 'h5');
  const [moved] = await hr.say(1, 'mover', { personId: 'h5', email: 'h5.new@example.com' });
  expect(await endOf(stage, moved)).toMatchObject({ kind: 'completed' });
  expect(await readAccount(stage, account)).toMatchObject({ email: 'h5.new@example.com', roles: [readOnly] });
  const [left] = await hr.say(2, 'leaver', { personId: 'h5', email: 'h5@example.com' });
  expect(await endOf(stage, left)).toMatchObject({ kind: 'completed' });
  expect(await readAccount(stage, account)).toMatchObject({ status: 'Disabled', roles: [] });
});

test('after a change of manager the new one decides, and the old one no more', async () => {
  await using hr = await startHr(server, { rules });
  const { stage } = hr;
  for (const boss of ['h6-old', 'h6-new']) await employ(stage, boss);
  const account = await employ(stage, 'h6', { person: { department: 'Sales' } });
  await hr.say(1, 'mover', { personId: 'h6', department: 'SRE', manager: 'h6-old@example.com' });
  await inPhase(stage, 'h6', 'waitingForApproval');
  const [moved] = await hr.say(2, 'mover', { personId: 'h6', manager: 'h6-new@example.com' });
  const open = await eventually('the request to the new manager', async () =>
    (await stage.inventory.listApprovals({ state: 'open' })).find(({ managerId }) => managerId === 'h6-new'),
  );
  const decide = (actor: string) => stage.muster.decide({ approvalId: open.approvalId, verdict: 'approve', actor });
  await expect(decide('h6-old@example.com')).rejects.toThrow(/not among its approvers/);
  expect(await decide('h6-new@example.com')).toMatchObject({ state: 'approved' });
  expect(await endOf(stage, moved)).toMatchObject({ kind: 'completed' });
  expect((await readAccount(stage, account)).roles).toContain(admin);
});

test('two people who swap e-mails keep their accounts and roles; status says why addresses stay', async () => {
  await using hr = await startHr(server, { rules });
  const { stage } = hr;
  const [ada, bob] = [await employ(stage, 'h7-ada'), await employ(stage, 'h7-bob')];
  const engineer = { department: 'Engineering', extra: { contractType: 'employee' } };
  const [first] = await hr.say(1, 'mover', { personId: 'h7-ada', email: 'h7-bob@example.com', ...engineer });
  const [second] = await hr.say(2, 'mover', { personId: 'h7-bob', email: 'h7-ada@example.com', name: 'Bob Example' });
  for (const eventId of [first, second]) {
    expect(await endOf(stage, eventId)).toMatchObject({
      kind: 'partiallyCompleted',
      detail: expect.stringMatching(/^not done: update email \(.*(handle of another|is that of person h7-)/),
    });
  }
  expect(await readAccount(stage, ada)).toMatchObject({ email: 'h7-ada@example.com', roles: [readOnly, standard] });
  expect(await readAccount(stage, bob)).toMatchObject({ email: 'h7-bob@example.com', roles: [readOnly] });
  const { data } = await officialClient(stage.simulator).users.getUser({ userId: bob });
  expect(data?.attributes?.name).toBe('Bob Example');
});
