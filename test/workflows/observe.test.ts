import { expect, test } from '@jest/globals';
import { restorePerson } from '../../client/operations/undo.ts';
import type { HrEvent, Outcome } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { employ, readAccount } from '../support/employees.ts';
import { accountOf, eventually, hrEvent, inPhase, outcomeOf } from '../support/muster.ts';
import { onSkippedTime, type SkippedTime } from '../support/skippedTime.ts';
import { operator } from '../support/operators.ts';
import { approve, lead } from './support/approvers.ts';
import { budgetOf } from '../support/changeBudget.ts';

const readOnly = 'Datadog Read Only Role';
const standard = 'Datadog Standard Role';
const admin = 'Datadog Admin Role';

const writesTo = ({ simulator }: SkippedTime) => simulator.requests.list().filter(({ method }) => method !== 'GET');

/** A policy whose mode changes in the middle. */
const changing =
  (mode: () => Policy['mode']) =>
  (example: Policy): Policy =>
    Object.defineProperty({ ...example, changeBudget: budgetOf(1) }, 'mode', {
      get: mode,
    });

/** How the event ended, with its parts in words. */
async function endOf(stage: SkippedTime, event: HrEvent): Promise<Outcome & { readonly said: readonly string[] }> {
  await stage.muster.submitEvent(event);
  const outcome = await outcomeOf(stage, event);
  return { ...outcome, said: outcome.parts.map(({ part }) => part) };
}

test('a policy that observes plans a joiner and a leaver, and writes nothing to Datadog', async () => {
  await onSkippedTime(
    async (stage) => {
      const writes = () => stage.simulator.requests.list().filter(({ method }) => method !== 'GET');
      const joiner = hrEvent('joiner', 'e-1', { at: await stage.now(), person: { department: 'SRE' } });
      await stage.muster.submitEvent(joiner);
      const planned = await outcomeOf(stage, joiner);
      expect(planned.kind).toBe('observed');
      expect(planned.parts.map(({ part }) => part)).toEqual(
        expect.arrayContaining([
          'create account',
          'assign role Datadog Read Only Role',
          'ask approval for role Datadog Admin Role',
        ]),
      );
      const leaver = hrEvent('leaver', 'e-2', {
        at: await stage.now(1_000),
        immediate: true,
        person: { email: 'admin@example.com' },
      });
      await stage.muster.submitEvent(leaver);
      const leaving = await outcomeOf(stage, leaver);
      expect(leaving.parts.map(({ part }) => part)).toEqual([
        expect.stringMatching(/^wait, since the account is protected: it owns Muster's own application key/),
        'disable account',
        'remove role Datadog Admin Role',
      ]);
      expect(writes()).toEqual([]);
    },
    { policy: (example) => ({ ...example, mode: 'observe' }) },
  );
});

test('under activation jit the plan waits for the first login, and says what needs approval', async () => {
  await onSkippedTime(
    async (stage) => {
      const [plain, boss] = [await employ(stage, 'e-2'), await employ(stage, 'e-3', { role: admin })];
      stage.simulator.requests.reset();
      const joiner = hrEvent('joiner', 'e-1', { at: await stage.now() });
      expect((await endOf(stage, joiner)).said).toEqual([
        `wait for the first login by SSO, access from ${joiner.effectiveAt}`,
        `assign role ${readOnly}`,
      ]);
      const change = { name: 'Sam Oak', title: 'Lead' };
      const move = async (personId: string) => {
        const person = { ...change, email: `${personId}.oak@example.com` };
        return (await endOf(stage, hrEvent('mover', personId, { at: await stage.now(), person }))).said;
      };
      expect(await move('e-2')).toEqual(['update name', 'update title', 'update email']);
      expect(await move('e-3')).toEqual([
        'ask approval to update email',
        'update name',
        'update title',
        `assign role ${readOnly}`,
        `remove role ${admin}`,
      ]);
      expect(writesTo(stage)).toEqual([]);
      for (const id of [plain, boss]) expect((await readAccount(stage, id)).email).not.toContain('oak');
    },
    { policy: (example) => ({ ...example, mode: 'observe', activation: 'jit' }) },
  );
});

test('an observed plan is carried out once the policy enforces and the person is retried', async () => {
  let mode: Policy['mode'] = 'observe';
  await onSkippedTime(
    async (stage) => {
      const { muster, simulator, client } = stage;
      const [mover, first, second] = [
        await employ(stage, 'e-2'),
        await employ(stage, 'e-3'),
        await employ(stage, 'e-4'),
      ];
      simulator.requests.reset();
      const joined = await endOf(
        stage,
        hrEvent('joiner', 'e-1', { at: await stage.now(), person: { department: 'SRE' } }),
      );
      const title = 'Lead';
      const moved = await endOf(
        stage,
        hrEvent('mover', 'e-2', { at: await stage.now(), person: { department: 'Engineering', title } }),
      );
      const leave = async (personId: string) =>
        endOf(stage, hrEvent('leaver', personId, { at: await stage.now(), immediate: true }));
      const [gone, held] = [await leave('e-3'), await leave('e-4')];
      for (const { kind } of [joined, moved, gone, held]) expect(kind).toBe('observed');
      expect(gone.said).toEqual(['disable account', `remove role ${readOnly}`]);
      expect(held.said).toEqual([
        'wait for release: more than 1 person would lose an account, a role or a team within an hour',
        'disable account',
        `remove role ${readOnly}`,
      ]);
      expect(writesTo(stage)).toEqual([]);

      mode = 'enforce';
      const retry = async (personId: string) => {
        const { eventId } = await muster.retry(personId);
        return eventually(`the retry of ${personId}`, async () => (await stage.inventory.findEvent(eventId))?.outcome);
      };
      const done = (outcome: Outcome) =>
        outcome.parts.filter(({ result }) => result === 'done').map(({ part }) => part);
      expect(moved.said).toEqual(['update name', 'update title', `assign role ${standard}`, 'assign team engineering']);
      expect(done(await retry('e-2'))).toEqual([`assign role ${standard}`, 'assign team engineering']);
      expect(await readAccount(stage, mover)).toMatchObject({ status: 'Active', roles: [readOnly, standard] });
      expect(simulator.users().find(({ id }) => id === mover)?.title).toBe(title);
      expect(done(await retry('e-3'))).toEqual(gone.said);
      expect(await readAccount(stage, first)).toMatchObject({ status: 'Disabled', roles: [] });
      await muster.retry('e-4');
      await inPhase(stage, 'e-4', 'held');
      expect(await readAccount(stage, second)).toMatchObject({ status: 'Active', roles: [readOnly] });

      expect(joined.said).toEqual([
        'create account',
        expect.stringMatching(/^send invitation, access from /),
        `assign role ${readOnly}`,
        `ask approval for role ${admin}`,
      ]);
      const { eventId } = await muster.retry('e-1');
      await inPhase(stage, 'e-1', 'waitingForAcceptance');
      const accountId = accountOf(stage, 'e-1')?.id ?? '';
      simulator.accept(accountId);
      await client.workflow.getHandle('person/e-1').signal('accountActivated', { accountId });
      await inPhase(stage, 'e-1', 'waitingForApproval');
      expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly] });
      const [asked] = await stage.inventory.listApprovals({ personId: 'e-1', state: 'open' });
      await muster.decide(approve(asked?.approvalId ?? '', lead));
      await eventually('the end', async () => (await stage.inventory.findEvent(eventId))?.outcome);
      expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [admin, readOnly] });
    },
    { policy: changing(() => mode) },
  );
});

test('an observed restore can be requested again, and then grants what was recorded', async () => {
  let mode: Policy['mode'] = 'enforce';
  await onSkippedTime(
    async (stage) => {
      const { muster, inventory, client } = stage;
      const accountId = await employ(stage, 'e-1', { role: standard });
      const leaver = hrEvent('leaver', 'e-1', { at: await stage.now(), immediate: true });
      await muster.submitEvent(leaver);
      expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
      mode = 'observe';
      const restore = async () => {
        const { eventId } = await restorePerson({ muster, inventory, client, ...operator }, 'e-1');
        return eventually('the end', async () => (await inventory.findEvent(eventId))?.outcome);
      };
      const said = await restore();
      expect(said).toMatchObject({ kind: 'observed', detail: expect.stringContaining('person restore') });
      expect(said.parts.map(({ part }) => part)).toEqual(['enable account', 'update name', `assign role ${standard}`]);
      expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
      mode = 'enforce';
      expect(await restore()).toMatchObject({ kind: 'completed' });
      expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [standard] });
    },
    { policy: changing(() => mode) },
  );
});
