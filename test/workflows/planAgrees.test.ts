import { attributesAt } from '../../domain/facts/attributes.ts';
import { ranksOf } from '../../domain/facts/ranks.ts';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { planOnline, type OnlinePlan } from '../../client/cli/dryRunOnline.ts';
import { openDatadog } from '../../datadog/index.ts';
import { plannedParts } from '../../domain/access/planWords.ts';
import type { HrEvent, Outcome } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { activeAccount, employ } from '../support/employees.ts';
import { budgetOf } from '../support/changeBudget.ts';
import { eventually, hrEvent, outcomeOf, type TestMuster } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { useDevServer } from '../support/onDevServer.ts';
import { approve, lead } from './support/approvers.ts';

const standard = 'Datadog Standard Role';
const admin = 'Datadog Admin Role';
const joiner = (department?: string) => (id: string) =>
  hrEvent('joiner', id, { person: department === undefined ? {} : { department } });
const mover = (person: Record<string, string>) => (id: string) => hrEvent('mover', id, { person });
const leaver = (id: string) => hrEvent('leaver', id, { immediate: true });

interface Case {
  readonly name: string;
  /** What is so before the event. */
  readonly given?: (stage: TestMuster, personId: string) => Promise<unknown>;
  readonly event: (personId: string) => HrEvent;
  readonly ends: Outcome['kind'] | 'held';
}

const invited = async (stage: TestMuster, personId: string) => {
  const { users } = officialClient(stage.simulator);
  const attributes = { email: `${personId}@example.com` };
  const { data } = await users.createUser({ body: { data: { type: 'users', attributes } } });
  await stage.inventory.bindAccount(personId, data?.id ?? '', new Date().toISOString());
  return data?.id ?? '';
};

const known = async ({ inventory }: TestMuster, personId: string, employment: 'employed' | 'joining' | 'left') =>
  inventory.inTransaction((trx) =>
    trx.adoptPerson({
      personId,
      employment,
      attributes: { email: `${personId}@example.com`, name: 'Sam Example' },
      at: new Date().toISOString(),
    }),
  );

const disabled = async (stage: TestMuster, personId: string, role?: string) => {
  const id = await employ(stage, personId, { role, employment: 'left' });
  stage.simulator.disable(id);
  return id;
};

const cases: readonly Case[] = [
  { name: 'a joiner without an account', event: joiner('Engineering'), ends: 'completed' },
  { name: 'a joiner whose role needs an approval', event: joiner('SRE'), ends: 'completed' },
  {
    name: 'a joiner with an account that holds something else',
    given: async ({ simulator }, id) => {
      const accountId = await activeAccount(simulator, `${id}@example.com`);
      const { roles } = officialClient(simulator);
      const all = (await roles.listRoles({ pageSize: 100 })).data ?? [];
      const roleId = all.find(({ attributes }) => attributes?.name === standard)?.id ?? '';
      await roles.addUserToRole({ roleId, body: { data: { id: accountId, type: 'users' } } });
    },
    event: joiner(),
    ends: 'completed',
  },
  { name: 'a joiner with a Pending account', given: invited, event: joiner('SRE'), ends: 'completed' },
  {
    name: 'a joiner whose account somebody else has disabled',
    given: (stage, id) => disabled(stage, id, standard),
    event: joiner('Engineering'),
    ends: 'completed',
  },
  {
    name: 'a rehire whose account Muster disabled',
    given: async (stage, id) => {
      const accountId = await disabled(stage, id);
      const leave = { personId: id, eventId: `${id}:left`, at: new Date().toISOString() };
      await stage.inventory.recordAccessBefore({ ...leave, accountId, access: { roles: [], teams: [] } });
    },
    event: joiner('Engineering'),
    ends: 'completed',
  },
  {
    name: 'a move that adds and removes',
    given: (stage, id) => employ(stage, id, { role: standard }),
    event: mover({ department: 'Sales', title: 'Lead' }),
    ends: 'completed',
  },
  {
    name: 'a move to a role that needs an approval',
    given: employ,
    event: mover({ department: 'SRE', name: 'Sam Oak' }),
    ends: 'completed',
  },
  {
    name: 'a new e-mail of a privileged person',
    given: (stage, id) => employ(stage, id, { role: admin }),
    event: (id) => mover({ department: 'SRE', email: `${id}.oak@example.com` })(id),
    ends: 'completed',
  },
  {
    name: 'a move without an account',
    given: (stage, id) => known(stage, id, 'employed'),
    event: mover({ department: 'SRE' }),
    ends: 'nothingToDo',
  },
  {
    name: 'a move after the leave',
    given: disabled,
    event: mover({ department: 'SRE' }),
    ends: 'nothingToDo',
  },
  { name: 'a move before the joining', event: mover({ department: 'SRE' }), ends: 'nothingToDo' },
  {
    name: 'a move before the invitation is accepted',
    given: async (stage, id) => {
      await invited(stage, id);
      await known(stage, id, 'joining');
    },
    event: mover({ department: 'SRE', title: 'Lead' }),
    ends: 'nothingToDo',
  },
  { name: 'a leaver', given: employ, event: leaver, ends: 'completed' },
  {
    name: 'a leaver before acceptance',
    given: async (stage, id) => {
      await invited(stage, id);
      await known(stage, id, 'joining');
    },
    event: leaver,
    ends: 'completed',
  },
  {
    name: 'a leaver whose account is disabled already',
    given: async (stage, id) => stage.simulator.disable(await employ(stage, id)),
    event: leaver,
    ends: 'completed',
  },
  {
    name: 'a leaver without an account',
    given: (stage, id) => known(stage, id, 'employed'),
    event: leaver,
    ends: 'nothingToDo',
  },
  { name: 'an unknown leaver', event: leaver, ends: 'held' },
];

interface Answers {
  readonly dryRun: OnlinePlan;
  readonly parts: readonly string[];
  readonly observed: Outcome;
  readonly ended: Outcome['kind'] | 'held';
  readonly done: readonly string[];
}

let mode: Policy['mode'] = 'observe';
let opened: AsyncDisposableStack;
// Before the server's own: its workers hold the connection.
afterAll(() => opened?.disposeAsync());
const server = useDevServer();
const answers = new Map<string, Promise<Answers>>();

beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  const policy = (example: Policy): Policy =>
    Object.defineProperty({ ...example, changeBudget: budgetOf(99) }, 'mode', {
      get: () => mode,
    });
  const stage = stack.use(await server.startMuster({ policy }));
  const { apiKey, appKey, url } = stage.simulator;
  const client = stack.use(openDatadog({ baseUrl: url, keys: () => ({ apiKey, appKey }) }));
  const said = await Promise.all(
    cases.map(async ({ given, event: eventFor }, index) => {
      const [first, second] = [`first-${index}`, `second-${index}`];
      for (const id of [first, second]) await given?.(stage, id);
      const event = eventFor(first);
      const dryRun = await plan(event);
      await stage.muster.submitEvent(event);
      return {
        dryRun,
        parts: plannedParts(dryRun, event.effectiveAt),
        observed: await outcomeOf(stage, event),
        second,
      };
    }),
  );
  mode = 'enforce';
  for (const [index, { name, event: eventFor }] of cases.entries()) {
    const { second, ...before } = said[index] as (typeof said)[number];
    const ending = carryOut(eventFor(second)).then(async (ended) => ({
      ...before,
      ended,
      done: await doneFor(eventFor(second).personId),
    }));
    // Looked at by its own test.
    ending.catch(() => undefined);
    answers.set(name, ending);
  }
  opened = stack.move();

  async function plan(event: HrEvent): Promise<OnlinePlan> {
    const known = await stage.inventory.findPerson(event.personId);
    const { employment = 'unknown', accountId, attributes } = known ?? {};
    const record = { employment, accountId, isKnown: attributes !== undefined };
    const said = await stage.inventory.statementsOf(event.personId);
    const person = attributesAt([...said, event], ranksOf(stage.policy), event.effectiveAt);
    return planOnline({ client, inventory: stage.inventory, policy: stage.policy, event, record, person });
  }

  /** To its end: invited people accept, and every request is approved. */
  async function carryOut(event: HrEvent): Promise<Answers['ended']> {
    const { muster, simulator, inventory } = stage;
    const { personId, eventId } = event;
    await muster.submitEvent(event);
    const seen = new Set<string>();
    return eventually(
      `the end of ${eventId}`,
      async () => {
        const outcome = (await inventory.findEvent(eventId))?.outcome;
        if (outcome !== undefined) return outcome.kind;
        const status = await muster.status(personId);
        if (status?.phase === 'held') return 'held';
        const { id: accountId = '' } = status?.account ?? {};
        if (status?.phase === 'waitingForAcceptance' && !seen.has(accountId)) {
          seen.add(accountId);
          simulator.accept(accountId);
          await server.client().workflow.getHandle(`person/${personId}`).signal('accountActivated', { accountId });
        }
        for (const { approvalId, state } of status?.approvals ?? []) {
          if (state !== 'open' || seen.has(approvalId)) continue;
          seen.add(approvalId);
          await muster.decide(approve(approvalId, lead));
        }
        return undefined;
      },
      120_000,
      200,
    );
  }

  /** By the evidence and the requests, in the words of the plan. */
  async function doneFor(personId: string): Promise<readonly string[]> {
    const page = { personId, limit: 1_000, offset: 0 };
    const links = await stage.inventory.listEvidence(page);
    const requests = await stage.inventory.listApprovals({ personId });
    return [
      ...links.flatMap(({ action, before, after }) => wordsOf(action, Object(before), Object(after))),
      ...requests.flatMap(({ act, entitlements }) =>
        act === undefined
          ? entitlements.map(({ kind, name }) => `ask approval for ${kind} ${name}`)
          : `ask approval to ${actWords(act)}`,
      ),
    ];
  }
}, 240_000);

const whole = ['create account', 'enable account', 'disable account', 'send invitation', 'cancel invitations'];

function wordsOf(action: string, before: { name?: string }, after: Record<string, unknown>): readonly string[] {
  if (whole.includes(action)) return [action];
  if (action.startsWith('assign ')) return [`${action} ${String(after['name'])}`];
  if (action.startsWith('remove ')) return [`${action} ${before.name}`];
  if (action !== 'update account') return [];
  const { id: _id, ...fields } = after;
  return Object.entries(fields).map(([field, value]) => `update ${field} to ${String(value)}`);
}

const actWords = (act: string): string =>
  act.replace(/^change the e-mail of account \S+ to /, 'update email to ').replace(/ account \S+,/, ' account,');

/** The second person's, since the first was only observed; and what is asked is allowed, so it is done too. */
const expected = (parts: readonly string[]): readonly string[] =>
  parts.flatMap((part) => {
    const words = part.replaceAll('first-', 'second-').replace(/, access from .*/, '');
    const asked = /^ask approval (?:for (?<entitlement>.*)|to (?<change>.*))$/.exec(words)?.groups;
    if (asked === undefined) return words.startsWith('wait ') ? [] : [words];
    const then = asked['entitlement'] === undefined ? asked['change'] : `assign ${asked['entitlement']}`;
    return [words, then?.replace(/, which .*/, '') ?? ''];
  });

test.each(cases)('the dry run, observe mode and the process agree about $name', async ({ name, ends }) => {
  const { dryRun, parts, observed, ended, done } = await (answers.get(name) as Promise<Answers>);
  expect(ended).toBe(ends);
  const planned = observed.parts.filter(({ result }) => result === 'planned').map(({ part }) => part);
  // Observed is what Temporal may hold: without what HR says of the person.
  expect(planned).toEqual(parts.map((part) => part.replace(/(update \w+) to .*/, '$1')));
  expect(done.toSorted()).toEqual(expected(parts).toSorted());
  expect(dryRun.end?.kind).toBe(ends === 'completed' ? undefined : ends);
  expect(observed.kind).toBe(ends === 'nothingToDo' ? ends : 'observed');
  expect(observed.detail).toBe(ends === 'nothingToDo' ? dryRun.end?.detail : observed.detail);
});
