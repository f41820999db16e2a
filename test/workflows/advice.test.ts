import { expect, test } from '@jest/globals';
import { runCli } from '../../client/cli/run.ts';
import { examplePolicyPath } from '../../config/config.ts';
import type { HrEvent, OutcomeKind } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { createShell } from '../client/support/shell.ts';
import { budgetOf } from '../support/changeBudget.ts';
import { wordsOf } from '../support/documents.ts';
import { activeAccount, employ } from '../support/employees.ts';
import { eventually, hrEvent, inPhase, knowPerson, outcomeOf } from '../support/muster.ts';
import { giveToken } from '../support/operators.ts';
import { onSkippedTime, type SkippedTime } from '../support/skippedTime.ts';

/** What blocks a process, what is printed then, and what comes of somebody who does that and nothing else. */

interface Way {
  readonly personId: string;
  readonly phase: 'blocked' | 'held';
  readonly policy?: (example: Policy) => Policy;
  /** Returns the event that is blocked, and what stands for the placeholders of the advice. */
  readonly arm: (stage: SkippedTime) => Promise<{
    readonly event: HrEvent;
    readonly filled?: Readonly<Record<string, string>>;
    /** What the advice says is to be done elsewhere than on the command line. */
    readonly elsewhere?: () => Promise<unknown> | void;
  }>;
  /** Which of the advice's commands is followed; none where it is done elsewhere alone. */
  readonly command?: RegExp;
  readonly ending: OutcomeKind | 'invited';
}

const minute = 60_000;
const quietMinutes = 30;
const mostRequests = 12;

const ways: Readonly<Record<string, Way>> = {
  'an address that is taken by nobody who is found': {
    personId: 'w-1',
    phase: 'blocked',
    async arm(stage) {
      const reply = { status: 409, body: { errors: ['User already exists'] } };
      stage.simulator.faults.add({ kind: 'reply', match: { method: 'POST', path: '^/api/v2/users$' }, reply });
      return { event: await submit(stage, 'joiner', 'w-1'), elsewhere: () => stage.simulator.faults.clear() };
    },
    command: /person retry/,
    ending: 'invited',
  },
  'a permission that the key lacks': {
    personId: 'w-2',
    phase: 'blocked',
    async arm(stage) {
      stage.simulator.keys.setScopes(['user_access_read']);
      return { event: await submit(stage, 'joiner', 'w-2'), elsewhere: () => stage.simulator.keys.setScopes(null) };
    },
    command: /doctor/,
    ending: 'invited',
  },
  'an account that is bound to somebody else': {
    personId: 'w-3',
    phase: 'blocked',
    async arm(stage) {
      const accountId = await activeAccount(stage.simulator, 'w-3@example.com');
      const at = (await stage.now()).toISOString();
      await stage.inventory.bindAccount('w-9', accountId, at);
      return { event: await submit(stage, 'joiner', 'w-3'), filled: { ID: 'w-9', UUID: accountId } };
    },
    command: /person unlink/,
    ending: 'completed',
  },
  'a leaver above the change budget': {
    personId: 'w-4',
    phase: 'held',
    policy: (example) => ({ ...example, changeBudget: budgetOf(1) }),
    async arm(stage) {
      await employ(stage, 'w-8');
      await employ(stage, 'w-4');
      await outcomeOf(stage, await submit(stage, 'leaver', 'w-8'));
      return { event: await submit(stage, 'leaver', 'w-4'), filled: { TEXT: 'checked' } };
    },
    command: /leaver release/,
    ending: 'completed',
  },
  'a leaver of whom nobody has told': {
    personId: 'w-5',
    phase: 'held',
    async arm(stage) {
      const accountId = await activeAccount(stage.simulator, 'somebody@example.com');
      return { event: await submit(stage, 'leaver', 'w-5'), filled: { UUID: accountId } };
    },
    command: /person link/,
    ending: 'completed',
  },
  'an emergency access account': {
    personId: 'w-6',
    phase: 'blocked',
    policy: (example) => ({
      ...example,
      protection: { ...example.protection, emergencyAccounts: ['w-6@example.com'] },
    }),
    async arm(stage) {
      await employ(stage, 'w-6');
      return { event: await submit(stage, 'leaver', 'w-6'), filled: { ID: 'w-6' } };
    },
    command: /leaver --rescind/,
    ending: 'superseded',
  },
  'a disable that Datadog refuses': {
    personId: 'w-7',
    phase: 'blocked',
    async arm(stage) {
      const accountId = await employ(stage, 'w-7');
      const reply = { status: 400, body: { errors: ['Datadog has its reasons'] } };
      stage.simulator.faults.add({ kind: 'reply', match: { method: 'DELETE', path: '/users/[^/]+$' }, reply });
      const elsewhere = () => void stage.simulator.disable(accountId);
      return { event: await submit(stage, 'leaver', 'w-7'), elsewhere };
    },
    ending: 'completed',
  },
};

async function submit(stage: SkippedTime, kind: HrEvent['kind'], personId: string): Promise<HrEvent> {
  const event = hrEvent(kind, personId, { at: await stage.now(-minute) });
  await stage.muster.submitEvent(event);
  return event;
}

/** The command as the advice prints it, with its placeholders filled. */
async function follow(stage: SkippedTime, command: string, filled: Readonly<Record<string, string>>) {
  const { engine, simulator, home } = stage;
  await knowPerson(stage, 'ops', 'ops@example.com');
  const { token } = await giveToken(stage, { role: 'admin', personId: 'ops' });
  const words = (wordsOf(command) ?? []).map((word) => filled[word] ?? word);
  const shell = createShell({
    cwd: home,
    env: {
      TEMPORAL_ADDRESS: engine,
      MUSTER_HOME: home,
      MUSTER_POLICY: examplePolicyPath,
      MUSTER_DATADOG_URL: simulator.url,
      DD_API_KEY: simulator.apiKey,
      DD_APP_KEY: simulator.appKey,
      MUSTER_TOKEN: token,
    },
  });
  const code = await runCli(words, shell);
  // `doctor` ends with 1, since nothing beside it runs here.
  return { command, complaint: code < 2 ? '' : shell.err() };
}

async function passMinutes(stage: SkippedTime, minutes: number): Promise<void> {
  for (let passed = 0; passed < minutes; passed += 10) await stage.pass(10 * minute);
}

/** An onboarding goes on: the person is invited. */
const endingOf = (stage: SkippedTime, { eventId, personId }: HrEvent) =>
  eventually(`${personId} to go on`, async () => {
    const outcome = (await stage.inventory.findEvent(eventId))?.outcome;
    if (outcome !== undefined) return outcome.kind;
    return (await stage.muster.status(personId))?.phase === 'waitingForAcceptance' && 'invited';
  });

const historyOf = async ({ client }: SkippedTime, personId: string): Promise<number> =>
  (await client.workflow.getHandle(`person/${personId}`).describe()).historyLength;

test.each(Object.entries(ways))('%s: nothing is asked again and again, and the advice ends it', (_name, way) =>
  onSkippedTime(
    async (stage) => {
      const { event, filled = {}, elsewhere } = await way.arm(stage);
      const { blocked } = await inPhase(stage, way.personId, way.phase);
      const requests = () => stage.simulator.requests.count();
      const [asked, known] = [requests(), await historyOf(stage, way.personId)];
      await passMinutes(stage, quietMinutes);
      expect(requests() - asked).toBeLessThanOrEqual(mostRequests * quietMinutes);
      expect((await historyOf(stage, way.personId)) - known).toBeLessThanOrEqual(mostRequests * quietMinutes);

      await elsewhere?.();
      const commands = (blocked?.advice.match(/(?<=`)npx muster [^`]+(?=`)/g) ?? []).filter((one) =>
        way.command?.test(one),
      );
      expect(commands).toHaveLength(way.command === undefined ? 0 : 1);
      for (const command of commands) {
        expect(await follow(stage, command, filled)).toEqual({ command, complaint: '' });
      }
      await passMinutes(stage, quietMinutes);
      expect(await endingOf(stage, event)).toBe(way.ending);
    },
    { simulator: { people: 3, nhis: 0 }, ...(way.policy && { policy: way.policy }) },
  ),
);
