import { expect, test } from '@jest/globals';
import { openDatadog } from '../../datadog/index.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { employ, readAccount } from '../support/employees.ts';
import { hrEvent, inPhase, knowPerson, outcomeOf, type TestMuster } from '../support/muster.ts';
import { useDevServer } from '../support/onDevServer.ts';
import { approve, lead, onlyProven, tokenOf } from './support/approvers.ts';

const server = useDevServer();
const admin = 'Datadog Admin Role';

/** Somebody employed who moves to SRE: their admin role waits for the security lead. */
async function waiting(stage: TestMuster, personId: string) {
  const account = await employ(stage, personId);
  const mover = hrEvent('mover', personId, { person: { department: 'SRE' } });
  await stage.muster.submitEvent(mover);
  const [approval] = (await inPhase(stage, personId, 'waitingForApproval')).approvals;
  if (approval === undefined) throw new Error('nobody was asked');
  return { approvalId: approval.approvalId, mover, account };
}

function datadogOf({ simulator: { url, apiKey, appKey } }: TestMuster) {
  return openDatadog({ baseUrl: url, keys: async () => ({ apiKey, appKey }) });
}

/** Their e-mail in Datadog becomes this one. */
async function changeEmail(stage: TestMuster, accountId: string, email: string): Promise<void> {
  await using client = datadogOf(stage);
  await client.attempt().updateAccount(accountId, { email });
}

async function readAll(stage: TestMuster) {
  await using client = datadogOf(stage);
  return (await client.attempt().listAccountsPage({ number: 0 })).accounts;
}

test('whoever is given the security lead’s e-mail approves nothing; the lead does, under another', async () => {
  await using stage = await server.startMuster({ policy: onlyProven });
  await knowPerson(stage, 'me-lead', lead);
  const { approvalId, mover, account } = await waiting(stage, 'me-1');
  await knowPerson(stage, 'me-x', lead);
  const byX = await tokenOf(stage, 'me-x');
  await expect(stage.muster.decide(approve(approvalId), byX)).rejects.toThrow('not among its approvers');
  await knowPerson(stage, 'me-lead', 'lead.new@example.com');
  await expect(stage.muster.decide(approve(approvalId), byX)).rejects.toThrow('not among its approvers');
  expect((await readAccount(stage, account)).roles).not.toContain(admin);

  expect(await stage.muster.decide(approve(approvalId), await tokenOf(stage, 'me-lead'))).toMatchObject({
    state: 'approved',
  });
  expect((await outcomeOf(stage, mover)).kind).toBe('completed');
  expect((await readAccount(stage, account)).roles).toContain(admin);
});

test('an administrator passes a request neither to themselves nor decides it after passing it on', async () => {
  await using stage = await server.startMuster({ policy: onlyProven });
  await knowPerson(stage, 'me-boss', 'me-boss@example.com');
  await knowPerson(stage, 'me-cto', 'me-cto@example.com');
  const { approvalId } = await waiting(stage, 'me-2');
  const bossAdmin = await tokenOf(stage, 'me-boss', 'admin');
  const to = (...names: string[]) => ({ approvalId, verdict: 'reassign', actor: '', to: names }) as const;
  for (const name of ['me-boss', 'me-boss@example.com', 'Me-Boss@Example.com']) {
    await expect(stage.muster.decide(to('me-cto', name), bossAdmin)).rejects.toThrow('who reassigns a request');
  }
  await stage.muster.decide(to('me-cto'), bossAdmin);
  // Another administrator passes it to the first one: who has passed it on does not decide it all the same.
  await stage.muster.decide(to('me-boss@example.com'), await tokenOf(stage, 'me-other', 'admin'));
  const decides = stage.muster.decide(approve(approvalId), await tokenOf(stage, 'me-boss'));
  await expect(decides).rejects.toThrow('who has reassigned a request does not decide it');
});

test('the manager is the person whom HR’s word meant when the request was opened', async () => {
  await using stage = await server.startMuster({ policy: onlyProven });
  await knowPerson(stage, 'me-m', 'me-m@example.com');
  const account = await employ(stage, 'me-3', { person: { manager: 'me-m@example.com' } });
  const mover = hrEvent('mover', 'me-3', { person: { department: 'SRE', manager: 'me-m@example.com' } });
  await stage.muster.submitEvent(mover);
  const [approval] = (await inPhase(stage, 'me-3', 'waitingForApproval')).approvals;
  const approvalId = approval?.approvalId ?? '';
  await knowPerson(stage, 'me-m', 'me-m.new@example.com');
  await knowPerson(stage, 'me-y', 'me-m@example.com');
  const byY = stage.muster.decide(approve(approvalId), await tokenOf(stage, 'me-y'));
  await expect(byY).rejects.toThrow('not among its approvers');
  await stage.muster.decide(approve(approvalId), await tokenOf(stage, 'me-m'));
  expect((await outcomeOf(stage, mover)).kind).toBe('completed');
  expect((await readAccount(stage, account)).roles).toContain(admin);
});

test('a leaver who was given the e-mail of an emergency account is not protected by it', async () => {
  const glass = 'break-glass@example.com';
  await using stage = await server.startMuster({ policy: protecting(glass) });
  const account = await employ(stage, 'me-4');
  await changeEmail(stage, account, glass);
  const leaver = hrEvent('leaver', 'me-4', { immediate: true });
  await stage.muster.submitEvent(leaver);
  expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
  expect(await readAccount(stage, account)).toMatchObject({ status: 'Disabled' });
});

test('an emergency account is protected under another e-mail too', async () => {
  const glass = 'me-5@example.com';
  await using stage = await server.startMuster({ policy: protecting(glass) });
  const account = await employ(stage, 'me-5');
  // As a sync finds it.
  const accounts = await readAll(stage);
  await stage.inventory.writeAccounts({ accounts, seenAt: new Date().toISOString() });
  await stage.inventory.pinNames([{ use: 'emergency', name: glass, where: ['protection.emergencyAccounts'] }], {
    policyHash: 'h-1',
    at: new Date().toISOString(),
  });
  await changeEmail(stage, account, 'me-5.other@example.com');
  await stage.muster.submitEvent(hrEvent('leaver', 'me-5', { immediate: true }));
  expect((await inPhase(stage, 'me-5', 'blocked')).blocked?.advice).toContain('emergencyAccounts');
  expect(await readAccount(stage, account)).toMatchObject({ status: 'Active' });
});

const protecting =
  (email: string) =>
  (example: Policy): Policy => ({ ...example, protection: { emergencyAccounts: [email] } });
