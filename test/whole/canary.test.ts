import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import { applySchedules, syncNow } from '../../client/operations/schedule.ts';
import { cancelEvent, restorePerson } from '../../client/operations/undo.ts';
import { DatadogFailure } from '../../datadog/failures.ts';
import type { Datadog, DatadogClient } from '../../datadog/types.ts';
import { withCalls } from '../../datadog/wrappers/replaceCalls.ts';
import { accountActivatedSignal, personWorkflowId } from '../../domain/contracts.ts';
import { employ } from '../support/employees.ts';
import { startDevServer } from '../support/engine.ts';
import {
  eventually,
  hrEvent,
  inPhase,
  knowPerson,
  outcomeOf,
  startTestMuster,
  type TestMuster,
} from '../support/muster.ts';
import { giveToken, operator } from '../support/operators.ts';

/** Nobody is called so, and nothing else is. */
const canary = {
  name: 'Zephyrine Quillfeather',
  email: 'zephyrine.quillfeather@example.com',
  title: 'Marzipan Officer',
  manager: 'oberon.thistlewick@example.com',
  extra: { badge: 'walrus-4711' },
};
const married = { ...canary, name: 'Zephyrine Moonbeam', email: 'zephyrine.moonbeam@example.com' };
const reason = 'for the sake of the hippogriff';
const words = [
  'Zephyrine',
  'Quillfeather',
  'Moonbeam',
  'Marzipan',
  'thistlewick',
  'walrus',
  'hippogriff',
  '@example.com',
];
const typed = 'typed by somebody into the interface';

/** Everything that the server has written: bytes, so that no encoding of its own hides a word. */
async function bytesIn(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((name) => name.startsWith('temporal.db'));
  return (await Promise.all(files.map((name) => readFile(join(folder, name), 'latin1')))).join('');
}

test('Temporal holds no name, address or reason after everything that happens to a person', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-canary-'));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const engine = opened.use(await startDevServer({ file: join(folder, 'temporal.db') }));
  const connection = await NativeConnection.connect({ address: engine.address });
  opened.defer(() => connection.close());
  const { client } = engine;
  const stage = opened.use(await startTestMuster({ client, connection, wrapDatadog: refuseSome }));
  for (const story of [joins, moves, isRefused, isUnknown, leaves]) await story(stage, client);
  await applySchedules(client, stage.policy);
  await syncNow(client);

  const stored = await bytesIn(folder);
  // The search finds what is there.
  expect(stored).toContain('waitingForAcceptance');
  expect(stored).toContain(typed);
  expect(words.filter((word) => stored.includes(word))).toEqual([]);
}, 180_000);

type Client = Awaited<ReturnType<typeof startDevServer>>['client'];

const approve = async (stage: TestMuster, personId: string, verdict: 'approve' | 'reject' = 'approve') => {
  const open = await eventually(`an approval of ${personId}`, async () =>
    (await stage.inventory.listApprovals({ state: 'open', personId })).at(0),
  );
  const token = await giveToken(stage, { role: 'approver', personId: 'l-1' });
  const { approvalId } = open;
  // Somebody who may not decide is refused, with words.
  await expect(stage.muster.decide({ approvalId, verdict, actor: canary.email, reason })).rejects.toThrow(/\w/);
  await stage.muster.decide({ approvalId, verdict, actor: '', reason }, token);
};

async function joins(stage: TestMuster, client: Client): Promise<void> {
  const { muster, simulator } = stage;
  await knowPerson(stage, 'l-1', 'security-lead@example.com');
  await knowPerson(stage, 'm-1', canary.manager);
  const joiner = hrEvent('joiner', 'c-1', { person: { ...canary, department: 'SRE' }, reason });
  await muster.submitEvent(joiner);
  const { account } = await inPhase(stage, 'c-1', 'waitingForAcceptance');
  simulator.accept(account?.id ?? '');
  const handle = client.workflow.getHandle(personWorkflowId('c-1'));
  await handle.signal('decide', {
    decisionId: 'd-0',
    approvalId: 'none',
    verdict: 'approve',
    actor: 'x',
    reason: typed,
  });
  await handle.signal(accountActivatedSignal, { accountId: account?.id ?? '' });
  await approve(stage, 'c-1');
  expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
}

/** A new name and address of an administrator: the name at once, the address once approved. */
async function moves(stage: TestMuster, client: Client): Promise<void> {
  const mover = hrEvent('mover', 'c-1', { person: { ...married, department: 'SRE' } });
  await stage.muster.submitEvent(mover);
  await approve(stage, 'c-1');
  await outcomeOf(stage, mover);
  const later = hrEvent('mover', 'c-1', {
    at: new Date(Date.now() + 3_600_000),
    person: { ...canary, department: 'Sales' },
  });
  const soon = { ...later, occurredAt: new Date().toISOString() };
  await stage.muster.submitEvent(soon);
  const context = { ...operator, client, inventory: stage.inventory, muster: stage.muster };
  await cancelEvent(context, { eventId: soon.eventId, reason });
}

/** Datadog's refusals repeat what they refuse. */
function refuseSome(datadog: DatadogClient): DatadogClient {
  const refuse = (api: Datadog): Datadog =>
    withCalls(api, {
      async updateAccount(id, change) {
        if (change.name !== 'Zephyrine Refused') return api.updateAccount(id, change);
        throw new DatadogFailure('InvalidRequest', `${change.name}, ${canary.title} <${canary.email}> is refused`);
      },
    });
  return { ...datadog, attempt: (options) => refuse(datadog.attempt(options)) };
}

async function isRefused(stage: TestMuster): Promise<void> {
  await employ(stage, 'c-2', { person: { ...canary, email: 'c-2@example.com' } });
  const mover = hrEvent('mover', 'c-2', {
    person: { ...canary, email: 'c-2@example.com', name: 'Zephyrine Refused', department: 'SRE' },
  });
  await stage.muster.submitEvent(mover);
  await approve(stage, 'c-2', 'reject');
  expect((await outcomeOf(stage, mover)).kind).toBe('partiallyCompleted');
}

async function isUnknown(stage: TestMuster): Promise<void> {
  const leaver = hrEvent('leaver', 'c-9', { person: { ...canary, email: 'nobody.moonbeam@example.com' }, reason });
  await stage.muster.submitEvent(leaver);
  await inPhase(stage, 'c-9', 'held');
}

async function leaves(stage: TestMuster, client: Client): Promise<void> {
  const { muster, inventory } = stage;
  const leaver = hrEvent('leaver', 'c-1', { reason });
  await muster.submitEvent(leaver);
  expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
  const back = await restorePerson({ ...operator, client, inventory, muster }, 'c-1', { reason });
  await approve(stage, 'c-1');
  await outcomeOf(stage, { ...leaver, eventId: back.eventId });
}
