import { setTimeout as pause } from 'node:timers/promises';
import { accountActivatedSignal, personWorkflowId } from '../domain/contracts.ts';
import type { Policy } from '../domain/policy/rules.ts';
import type { Figure } from './figures.ts';
import { countUpserts, listingOf, readHistory, tableOf } from './histories.ts';
import { until } from './measure.ts';
import { joinerOf } from './people.ts';
import { controlSimulator, startStage, startWorkerSide, type BenchOptions, type Stage } from './stage.ts';

const approver = 'security-lead@example.com';

/** Two rules: in Engineering one of two roles takes an approval, in SRE a third role does. */
function withApprovals(example: Policy): Policy {
  const approval = example.rules.find((rule) => rule.approval !== undefined)?.approval;
  if (approval === undefined) throw new Error('the example policy has no rule with approval');
  const [standard, admin, readOnly] = ['Standard', 'Admin', 'Read Only'].map((name) => `Datadog ${name} Role`);
  if (standard === undefined || admin === undefined || readOnly === undefined) throw new Error('three roles');
  const two = { department: ['Two'] };
  const three = { department: ['Three'] };
  return {
    ...example,
    rules: [
      { name: 'two', when: two, roles: [readOnly], teams: ['engineering'] },
      { name: 'two-approved', when: two, roles: [standard], teams: [], approval },
      { name: 'three', when: three, roles: [readOnly, standard], teams: ['engineering'] },
      { name: 'three-approved', when: three, roles: [admin], teams: [], approval },
    ],
    // The link lives two days: asked for as early as this, the second invitation goes out after the least wait, a minute.
    times: { ...example.times, resendBeforeMs: 48 * 3_600_000 },
  };
}

/** What one whole onboarding leaves behind in the engine. */
export async function measureHistory({ findOptions, bundle, say }: BenchOptions): Promise<readonly Figure[]> {
  await using stage = await startStage(findOptions);
  const { address } = stage.engine;
  await using workers = await startWorkerSide({ ...stage, address, workflowBundle: bundle, policy: withApprovals });
  void workers;
  const cases = [
    ['h-two', 'Two', 'two roles (one on approval), one team'],
    ['h-three', 'Three', 'two roles, one team, and a third role on approval'],
  ] as const;
  const found = await Promise.all(
    cases.map(async ([personId, department, what]) => ({ what, ...(await onboardOne(stage, personId, department)) })),
  );
  for (const { what, events, sizeKiB } of found) {
    say(`History of an onboarding with ${what}: ${events.length} events, ${sizeKiB.toFixed(1)} KiB`);
    say(tableOf(events));
  }
  const [asked] = found;
  if (asked === undefined) throw new Error('nothing was measured');
  say(listingOf(asked.events));
  return found.flatMap(({ what, events, sizeKiB }) => [
    { name: `events, ${what}`, value: events.length, target: 100 },
    { name: 'history size', value: sizeKiB, unit: ' KiB', target: 16 },
    { name: 'search-attribute upserts', value: countUpserts(events), target: 3 },
  ]);
}

async function onboardOne(stage: Stage, personId: string, department: string) {
  const { muster, client, inventory, simulator } = stage;
  const joiner = joinerOf(personId, { department });
  await muster.submitEvent(joiner);
  const handle = client.workflow.getHandle(personWorkflowId(personId));
  const pending = await until(
    'the second invitation',
    async () => {
      const status = await muster.status(personId);
      const sent = status?.steps.filter(({ text }) => text.startsWith('invitation ')).length ?? 0;
      return sent >= 2 && status?.account !== undefined ? status.account : undefined;
    },
    120_000,
  );
  const [approval] = await inventory.listApprovals({ state: 'open', personId });
  if (approval === undefined) throw new Error(`${personId} has no open approval`);
  await controlSimulator(simulator.url, 'accept', { userId: pending.id });
  await handle.signal(accountActivatedSignal, { accountId: pending.id });
  // The approver comes last, as people do: the process waits for them.
  await until(
    'the wait for approval',
    async () => ((await muster.status(personId))?.phase === 'waitingForApproval' ? true : undefined),
    20_000,
  );
  await pause(500);
  await muster.decide({ approvalId: approval.approvalId, verdict: 'approve', actor: approver });
  const outcome = await muster.waitForOutcome(joiner.eventId, { timeoutMs: 20_000 });
  if (outcome?.kind !== 'completed') throw new Error(`${personId} ended as ${JSON.stringify(outcome)}`);
  await handle.result();
  return readHistory(client, personWorkflowId(personId));
}
