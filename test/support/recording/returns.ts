import { restorePerson } from '../../../client/operations/undo.ts';
import { employ } from '../employees.ts';
import { inPhase } from '../muster.ts';
import { day, hour, type SkippedTime } from '../skippedTime.ts';
import * as on from './stage.ts';

/** Somebody who has left; Muster has disabled the account, and somebody has given it a role again. */
async function gone(stage: on.Stage, role = on.standard): Promise<string> {
  const accountId = await employ(stage, on.personId, { role });
  await on.endOf(stage, await on.say(stage, 'leaver', { immediate: true }));
  return accountId;
}

/** Somebody whose account somebody else has disabled, hired anew: that needs an approval. */
async function rehired(stage: SkippedTime) {
  const accountId = await employ(stage, on.personId, { role: on.standard });
  stage.simulator.disable(accountId);
  const joiner = await on.say(stage, 'joiner', { person: { department: 'Sales' } });
  await inPhase(stage, on.personId, 'waitingForApproval');
  await on.disturb(stage);
  return joiner;
}

export const returns: on.Scenes = {
  rehire: on.onSkipped(async (stage) => {
    const accountId = await gone(stage);
    await on.giveRole(stage, accountId, on.standard);
    const joiner = await on.say(stage, 'joiner', {
      inMs: 10 * day,
      person: { name: 'Sam Rehired', department: 'SRE' },
    });
    await inPhase(stage, on.personId, 'scheduled');
    await on.disturb(stage);
    await stage.pass(4 * day);
    await inPhase(stage, on.personId, 'scheduled');
    await on.signal(stage, 'decide', { approvalId: 'nobody-asked' });
    await on.approve(stage);
    await stage.pass(7 * day);
    await on.endOf(stage, joiner);
    return on.runs(stage, 'onboarding');
  }),

  rehireOnceApproved: on.onSkipped(async (stage) => {
    const joiner = await rehired(stage);
    await on.say(stage, 'mover', { person: { department: 'Engineering' } });
    await on.noted(stage, 'changed in place');
    await stage.pass(hour);
    await on.approve(stage);
    await on.endOf(stage, joiner);
    return on.runs(stage, 'onboarding');
  }),

  rehireRejected: on.onSkipped(async (stage) => {
    const joiner = await rehired(stage);
    await on.approve(stage, 'reject');
    await on.endOf(stage, joiner, 'failed');
    return on.runs(stage, 'onboarding');
  }),

  rehireNotDecided: on.onSkipped(async (stage) => {
    const joiner = await rehired(stage);
    await stage.pass(8 * day);
    await on.endOf(stage, joiner, 'failed');
    return on.runs(stage, 'onboarding');
  }),

  rehireCancelled: on.onSkipped(async (stage) => {
    const joiner = await rehired(stage);
    await on.cancel(stage);
    await on.endOf(stage, joiner, 'cancelled');
    return on.runs(stage, 'onboarding');
  }),

  restore: on.onSkipped(async (stage) => {
    await gone(stage, on.admin);
    const restored = await restorePerson(on.operatorOn(stage), on.personId);
    const approvalId = await on.asked(stage);
    await on.disturb(stage);
    await stage.pass(day + hour);
    await on.signal(stage, 'decide', { approvalId });
    const decision = { decisionId: 'said-by-hand', approvalId, verdict: 'approve', actor: on.lead };
    await on.signal(stage, 'decide', decision);
    await on.endOf(stage, restored);
    return on.runs(stage, 'onboarding');
  }),

  restoreCancelled: on.onSkipped(async (stage) => {
    await gone(stage, on.admin);
    const restored = await restorePerson(on.operatorOn(stage), on.personId);
    await on.asked(stage);
    await on.signal(stage, 'recheck');
    await on.cancel(stage);
    await on.endOf(stage, restored, 'cancelled');
    return on.runs(stage, 'onboarding');
  }),

  restoreOfNobody: on.onSkipped(async (stage) => {
    const accountId = await employ(stage, on.personId, { employment: 'left' });
    stage.simulator.disable(accountId);
    await on.endOf(stage, await on.say(stage, 'leaverRescinded', { restore: true }), 'failed');
    return on.runs(stage, 'onboarding');
  }),

  leaveRescinded: on.onSkipped(async (stage) => {
    await gone(stage);
    await on.endOf(stage, await on.say(stage, 'leaverRescinded'));
    return on.runs(stage, 'onboarding');
  }),
};
