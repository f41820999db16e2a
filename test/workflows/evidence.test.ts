import { expect, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { restorePerson } from '../../client/operations/undo.ts';
import { createRandom } from '../../simulator/random.ts';
import type { Simulator } from '../../simulator/index.ts';
import type { HrEvent } from '../../domain/model.ts';
import { readAccount } from '../support/employees.ts';
import { expectOneLinkAWrite } from '../support/ledger.ts';
import { accountOf, eventually, hrEvent, type TestMuster } from '../support/muster.ts';
import { useDevServer } from '../support/onDevServer.ts';
import { day, onSkippedTime, type SkippedTime } from '../support/skippedTime.ts';
import { budgetOf } from '../support/changeBudget.ts';

const server = useDevServer();
const readOnly = 'Datadog Read Only Role';
const standard = 'Datadog Standard Role';

/** Answers are lost after the write, and writes and readings fail before it. */
function addFaults({ faults }: Simulator, often = 1): void {
  for (const method of ['POST', 'PATCH', 'DELETE']) {
    faults.add({ kind: 'lostReply', match: { method }, probability: 0.3 * often });
    faults.add({ kind: 500, when: 'after', match: { method }, probability: 0.1 * often });
    faults.add({ kind: 'torn', match: { method }, probability: 0.1 * often });
  }
  // An invitation that may have been sent is waited out: one that never was would keep everybody here for days.
  faults.add({ kind: 500, match: { path: '^(?!/api/v2/user_invitations$)' }, probability: 0.15 * often });
}

/** Lets what is tried again be tried again, until the event has ended. */
const ended = (stage: SkippedTime, { eventId }: Pick<HrEvent, 'eventId'>) =>
  eventually(
    `the end of ${eventId}`,
    async () => {
      await stage.pass(20_000);
      return (await stage.inventory.findEvent(eventId))?.outcome;
    },
    90_000,
  );

test('two invitations, a move and a leave have one link for each write, whatever is lost', async () => {
  await onSkippedTime(
    async (stage) => {
      const { muster, simulator, inventory } = stage;
      addFaults(simulator);
      const joiner = hrEvent('joiner', 'e-1', { at: await stage.now(), person: { department: 'Engineering' } });
      await muster.submitEvent(joiner);
      const invited = (count: number) =>
        eventually(`${count} invitations`, async () => {
          await stage.pass(20_000);
          const links = await inventory.listEvidence({ personId: 'e-1', limit: 100, offset: 0 });
          return links.filter(({ action }) => action === 'send invitation').length === count;
        });
      await invited(1);
      await stage.pass(2 * day);
      await invited(2);
      // Changed in place while it waits: twice the same step of one event.
      for (const title of ['Engineer', 'Senior Engineer']) {
        const mover = hrEvent('mover', 'e-1', { at: await stage.now(), person: { title, department: 'Engineering' } });
        await muster.submitEvent(mover);
        await eventually(`the title ${title}`, async () => {
          await stage.pass(20_000);
          return simulator.users().some((user) => user.title === title);
        });
      }
      const accountId = accountOf(stage, 'e-1')?.id ?? '';
      simulator.accept(accountId);
      await stage.client.workflow.getHandle('person/e-1').signal('accountActivated', { accountId });
      expect((await ended(stage, joiner)).kind).toBe('completed');

      const mover = hrEvent('mover', 'e-1', {
        at: await stage.now(),
        person: { department: 'Sales', name: 'Kim Oak' },
      });
      await muster.submitEvent(mover);
      expect((await ended(stage, mover)).kind).toBe('completed');
      const leaver = hrEvent('leaver', 'e-1', { at: await stage.now(), immediate: true });
      await muster.submitEvent(leaver);
      expect((await ended(stage, leaver)).kind).toBe('completed');

      simulator.faults.clear();
      expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
      await expectOneLinkAWrite(stage);
      expect(await inventory.listOpenWrites('e-1')).toEqual([]);
    },
    { simulator: { seed: 7 } },
  );
}, 180_000);

/** Signals the processes of people who are active by now, as every sync does. */
async function keepSignalling(client: Client, { simulator }: TestMuster, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const { id, email, status } of simulator.users()) {
      if (status !== 'Active' || !email.startsWith('n-')) continue;
      await client.workflow
        .getHandle(`person/${email.replace('@example.com', '')}`)
        .signal('accountActivated', { accountId: id })
        .catch(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

test('a leave and its restore leave one link for each write, whatever is lost', async () => {
  await using stage = await server.startMuster({ simulator: { seed: 5, acceptAfterMs: 500 } });
  const { muster, simulator, inventory } = stage;
  addFaults(simulator, 0.5);
  const stop = new AbortController();
  const signalling = keepSignalling(server.client(), stage, stop.signal);
  const people = ['n-r1', 'n-r2', 'n-r3'];
  const all = (step: (personId: string) => Promise<{ eventId: string }>) =>
    Promise.all(
      people.map(async (personId) => {
        const { eventId } = await step(personId);
        const outcome = () => inventory.findEvent(eventId).then((row) => row?.outcome);
        expect((await eventually(`the end of ${eventId}`, outcome, 90_000)).kind).toBe('completed');
      }),
    );
  await all((personId) => muster.submitEvent(hrEvent('joiner', personId, { person: { department: 'Engineering' } })));
  await all((personId) => muster.submitEvent(hrEvent('leaver', personId, { immediate: true })));
  const asOperator = { client: server.client(), inventory, muster, actor: 'it@example.com', proof: 'claimed' } as const;
  await all((personId) => restorePerson(asOperator, personId, { reason: 'a mistake' }));
  stop.abort();
  await signalling;
  simulator.faults.clear();
  for (const personId of people) {
    const { id = '' } = accountOf(stage, personId) ?? {};
    expect(await readAccount(stage, id)).toMatchObject({ status: 'Active', roles: [readOnly, standard] });
  }
  await expectOneLinkAWrite(stage);
}, 240_000);

test('people who leave in the middle of whatever is under way leave one link for each write too', async () => {
  await using stage = await server.startMuster({
    simulator: { seed: 11, acceptAfterMs: 1_000 },
    policy: (example) => ({ ...example, changeBudget: budgetOf(1_000) }),
  });
  const { muster, simulator, inventory } = stage;
  const random = createRandom(3);
  addFaults(simulator);
  const stop = new AbortController();
  const signalling = keepSignalling(server.client(), stage, stop.signal);
  const people = Array.from({ length: 8 }, (_, index) => `n-${index}`);
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, random.integer(ms)));
  await Promise.all(
    people.map(async (personId) => {
      const say = (kind: HrEvent['kind'], department?: string) =>
        muster.submitEvent(
          hrEvent(kind, personId, department === undefined ? { immediate: true } : { person: { department } }),
        );
      for (const department of ['Engineering', 'Sales']) {
        await say('joiner', department);
        await pause(9_000);
        await say('mover', department === 'Sales' ? 'Engineering' : 'Sales');
        await pause(4_000);
        await say('leaver');
        await pause(3_000);
      }
    }),
  );
  simulator.faults.clear();
  for (const personId of people) await muster.submitEvent(hrEvent('leaver', personId, { immediate: true }));
  await eventually(
    'everybody to be gone',
    async () => {
      const waiting = await inventory.waitingEvents({ limit: 100 });
      return waiting.length === 0;
    },
    90_000,
  );
  stop.abort();
  await signalling;
  for (const { id, email } of simulator.users().filter((user) => user.email.startsWith('n-'))) {
    expect(await readAccount(stage, id)).toMatchObject({ email, status: 'Disabled', roles: [] });
  }
  await expectOneLinkAWrite(stage);
  expect((await inventory.listGrants({ open: true, limit: 100, offset: 0 })).map(({ personId }) => personId)).toEqual(
    [],
  );
}, 240_000);
