import { linkAccount } from '../../../client/operations/links.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { activeAccount, employ } from '../employees.ts';
import { accountOf, eventually, inPhase } from '../muster.ts';
import { openDatadog } from '../../../datadog/index.ts';
import { day, hour, type SkippedTime } from '../skippedTime.ts';
import * as on from './stage.ts';

const jit = { policy: (example: Policy): Policy => ({ ...example, activation: 'jit' }) };

/** A joiner for whose first login Muster looks out. */
async function awaited(stage: SkippedTime) {
  const joiner = await on.joins(stage, 'Sales');
  await on.signal(stage, 'accountActivated', { accountId: 'somebody-elses' });
  await on.refusedTimes(stage, 1);
  await on.disturb(stage);
  return joiner;
}

/** A joiner whose e-mail another person's account has. */
async function inConflict(stage: on.Stage): Promise<{ readonly accountId: string }> {
  const accountId = await activeAccount(stage.simulator, 'e-1@example.com');
  await stage.inventory.bindAccount('e-2', accountId, new Date().toISOString());
  await on.say(stage, 'joiner', { person: { department: 'Engineering' } });
  await inPhase(stage, on.personId, 'blocked');
  await on.disturb(stage);
  return { accountId };
}

async function link(stage: on.Stage, accountId: string): Promise<void> {
  const { url, apiKey, appKey } = stage.simulator;
  await using client = openDatadog({ baseUrl: url, keys: () => ({ apiKey, appKey }) });
  await linkAccount(on.operatorOn(stage), client.attempt(), { personId: on.personId, accountId });
}

export const onboardings: on.Scenes = {
  onboardingWithApprovalAndSecondInvitation: on.onSkipped(async (stage) => {
    const joiner = await on.joins(stage, 'SRE');
    await stage.pass(2 * day);
    await on.accept(stage);
    await inPhase(stage, on.personId, 'waitingForApproval');
    await on.approve(stage);
    await on.endOf(stage, joiner);
    return on.runs(stage, 'onboarding');
  }),

  onboardingNotAccepted: on.onSkipped(async (stage) => {
    const joiner = await on.joins(stage, 'Sales');
    await stage.pass(15 * day);
    await on.endOf(stage, joiner, 'notAccepted');
    return on.runs(stage, 'onboarding');
  }),

  onboardingBeforeFirstDay: on.onSkipped(async (stage) => {
    const joiner = await on.say(stage, 'joiner', { inMs: 20 * day, person: { department: 'Sales' } });
    await inPhase(stage, on.personId, 'scheduled');
    await on.disturb(stage);
    await stage.pass(14 * day);
    await inPhase(stage, on.personId, 'waitingForAcceptance');
    await on.signal(stage, 'accountActivated', { accountId: accountOf(stage, on.personId)?.id ?? '' });
    await stage.pass(hour);
    await on.say(stage, 'mover', { person: { title: 'Lead', email: 'e-1.new@example.com', department: 'SRE' } });
    await on.noted(stage, 'changed in place');
    const id = stage.simulator.users().find(({ email }) => email === 'e-1.new@example.com')?.id ?? '';
    stage.simulator.accept(id);
    await on.signal(stage, 'accountActivated', { accountId: id });
    await inPhase(stage, on.personId, 'scheduled');
    await on.say(stage, 'mover', { person: { email: 'e-1.new@example.com', department: 'Engineering' } });
    await on.disturb(stage);
    await stage.pass(10 * day);
    await on.endOf(stage, joiner);
    return on.runs(stage, 'onboarding');
  }),

  onboardingScheduledAndWithdrawn: on.onSkipped(async (stage) => {
    const joiner = await on.say(stage, 'joiner', { inMs: 20 * day });
    await inPhase(stage, on.personId, 'scheduled');
    await on.signal(stage, 'recheck');
    await stage.pass(day);
    await on.withdraw(stage, joiner);
    return on.runs(stage, 'onboarding');
  }),

  onboardingCancelledBeforeLeaver: on.onServer(async (stage) => {
    const joiner = await on.joins(stage, 'Sales');
    const leaver = await on.say(stage, 'leaver', { inMs: 3 * day });
    await on.signal(stage, 'recheck');
    await on.cancel(stage);
    await on.endOf(stage, joiner, 'cancelled');
    await inPhase(stage, on.personId, 'scheduled');
    await on.withdraw(stage, leaver);
    return on.runs(stage, 'onboarding', 'offboarding');
  }),

  onboardingBlockedByPermission: on.onSkipped(async (stage) => {
    stage.simulator.keys.setScopes(['user_access_read', 'teams_read']);
    const joiner = await on.say(stage, 'joiner');
    await inPhase(stage, on.personId, 'blocked');
    await on.disturb(stage);
    await stage.pass(hour);
    stage.simulator.keys.setScopes(null);
    await on.signal(stage, 'recheck');
    await inPhase(stage, on.personId, 'waitingForAcceptance');
    await stage.pass(day);
    stage.simulator.accept(accountOf(stage, on.personId)?.id ?? '');
    await stage.pass(day);
    await on.endOf(stage, joiner);
    return on.runs(stage, 'onboarding');
  }),

  onboardingBlockedByPermissionAndCancelled: on.onSkipped(async (stage) => {
    stage.simulator.keys.setScopes(['user_access_read', 'teams_read']);
    const joiner = await on.say(stage, 'joiner');
    await inPhase(stage, on.personId, 'blocked');
    await on.signal(stage, 'recheck');
    await stage.pass(hour);
    await on.cancel(stage);
    await on.endOf(stage, joiner, 'cancelled');
    return on.runs(stage, 'onboarding');
  }),

  onboardingBlockedByCorrelation: on.onSkipped(async (stage) => {
    const { accountId } = await inConflict(stage);
    await stage.pass(hour);
    await stage.inventory.unlinkAccount('e-2');
    await link(stage, accountId);
    await on.signal(stage, 'recheck');
    await stage.pass(hour);
    return on.runs(stage, 'onboarding');
  }),

  onboardingBlockedByCorrelationAndCancelled: on.onSkipped(async (stage) => {
    await inConflict(stage);
    await stage.pass(hour);
    await on.cancel(stage);
    return on.runs(stage, 'onboarding');
  }),

  onboardingBlockedByObject: on.onSkipped(async (stage) => {
    const match = { method: 'POST', path: '/api/v2/users$' };
    const reply = { status: 403, body: { errors: ['Datadog has its reasons'] } };
    stage.simulator.faults.add({ kind: 'reply', match, reply });
    const joiner = await on.say(stage, 'joiner');
    await inPhase(stage, on.personId, 'blocked');
    await stage.pass(hour);
    await on.disturb(stage);
    stage.simulator.faults.clear();
    await on.signal(stage, 'recheck');
    await stage.pass(hour);
    await on.cancel(stage);
    await on.endOf(stage, joiner, 'cancelled');
    return on.runs(stage, 'onboarding');
  }),

  onboardingByFirstLogin: on.onSkipped(async (stage) => {
    const joiner = await awaited(stage);
    await on.say(stage, 'mover', { person: { department: 'Engineering' } });
    await on.noted(stage, 'changed in place');
    await stage.pass(day);
    await activeAccount(stage.simulator, 'e-1@example.com');
    await stage.pass(7 * hour);
    await on.endOf(stage, joiner);
    return on.runs(stage, 'onboarding');
  }, jit),

  onboardingWithoutFirstLogin: on.onSkipped(async (stage) => {
    const joiner = await awaited(stage);
    await stage.pass(15 * day);
    await on.endOf(stage, joiner, 'notAccepted');
    return on.runs(stage, 'onboarding');
  }, jit),

  onboardingBeforeFirstLoginCancelled: on.onSkipped(async (stage) => {
    const joiner = await awaited(stage);
    await stage.pass(day);
    await on.cancel(stage);
    await on.endOf(stage, joiner, 'cancelled');
    return on.runs(stage, 'onboarding');
  }, jit),

  // HR says an id only, and this Muster cannot ask it for the record.
  onboardingFetchedInVain: on.onSkipped(async (stage) => {
    const joiner = await on.joins(stage, 'Sales');
    const partial = await on.say(stage, 'updated', { fetchId: 'e-1' });
    await on.noted(stage, 'asks HR for the record');
    await on.disturb(stage);
    await on.accept(stage);
    await on.endOf(stage, joiner);
    await on.endOf(stage, partial, 'failed');
    return on.runs(stage, 'onboarding');
  }),

  onboardingHandedOver: on.onServer(
    async (stage) => {
      const joiner = await on.joins(stage, 'SRE');
      const { runId } = await stage.client.workflow.getHandle('person/e-1').describe();
      await eventually('the next run', async () => {
        await on.signal(stage, 'recheck');
        return (await stage.client.workflow.getHandle('person/e-1').describe()).runId !== runId;
      });
      await inPhase(stage, on.personId, 'waitingForAcceptance');
      await on.disturb(stage);
      await on.accept(stage);
      await on.approve(stage);
      await on.endOf(stage, joiner);
      return on.runs(stage, 'onboarding');
    },
    { longest: 60 },
  ),

  onboardingHandedOverAndCancelled: on.onServer(
    async (stage) => {
      const joiner = await on.say(stage, 'joiner', { inMs: 30 * day });
      await inPhase(stage, on.personId, 'scheduled');
      const { runId } = await stage.client.workflow.getHandle('person/e-1').describe();
      await eventually('the next run', async () => {
        await on.signal(stage, 'recheck');
        return (await stage.client.workflow.getHandle('person/e-1').describe()).runId !== runId;
      });
      await on.cancel(stage);
      await on.endOf(stage, joiner, 'cancelled');
      return on.runs(stage, 'onboarding');
    },
    { longest: 40 },
  ),

  onboardingEndedByLeaver: on.onServer(async (stage) => {
    await on.joins(stage, 'Engineering');
    const match = { method: 'POST', path: '/roles/[^/]+/users' };
    const slow = stage.simulator.faults.add({ kind: 'slow', ms: 4_000, match });
    await on.accept(stage);
    await eventually('the role write in flight', () => slow.struck > 0);
    await on.endOf(stage, await on.say(stage, 'leaver', { immediate: true }));
    return on.runs(stage, 'onboarding', 'offboarding');
  }),

  onboardingOfKnownAccount: on.onServer(async (stage) => {
    const accountId = await employ(stage, on.personId, { role: on.standard, employment: 'unknown' });
    await on.giveRole(stage, accountId, on.admin);
    const joiner = await on.say(stage, 'joiner', { person: { name: 'Sam Other' } });
    await on.signal(stage, 'recheck');
    await on.endOf(stage, joiner);
    return on.runs(stage, 'onboarding');
  }),
};
