import { decideHeld } from '../../../client/operations/held.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { budgetOf } from '../changeBudget.ts';
import { activeAccount, employ } from '../employees.ts';
import { accountOf, eventually, inPhase } from '../muster.ts';
import { day, hour, type SkippedTime } from '../skippedTime.ts';
import * as on from './stage.ts';

const minute = 60_000;
const noBudget = { policy: (example: Policy): Policy => ({ ...example, changeBudget: budgetOf(0) }) };

/** Somebody whose leave is held, since nobody may lose anything. */
async function held(stage: on.Stage) {
  await employ(stage, on.personId, { role: on.standard });
  const leaver = await on.say(stage, 'leaver');
  await inPhase(stage, on.personId, 'held');
  await on.disturb(stage, 'mover');
  return leaver;
}

const decide = (stage: on.Stage, verdict: 'release' | 'reject') =>
  decideHeld(on.operatorOn(stage), { which: { personId: on.personId }, verdict, reason: 'agreed' });

/** An emergency account, as long as the policy says so. */
function protectedWhile(isProtected: () => boolean) {
  const policy = (example: Policy): Policy =>
    Object.defineProperty({ ...example }, 'protection', {
      get: () => ({ emergencyAccounts: isProtected() ? ['e-1@example.com'] : [] }),
    });
  return { policy };
}

function guarded(play: (stage: SkippedTime, unprotect: () => void) => ReturnType<on.Scene>): on.Scene {
  let isProtected = true;
  const options = protectedWhile(() => isProtected);
  return on.onSkipped(async (stage) => {
    await employ(stage, on.personId, { role: on.standard });
    await on.say(stage, 'leaver');
    await inPhase(stage, on.personId, 'blocked');
    await on.disturb(stage, 'mover');
    await stage.pass(day + hour);
    return play(stage, () => {
      isProtected = false;
    });
  }, options);
}

/** A leaver whom nobody has ever told of. */
async function unknown(stage: on.Stage) {
  const leaver = await on.say(stage, 'leaver');
  await inPhase(stage, on.personId, 'held');
  await on.signal(stage, 'recheck');
  return leaver;
}

export const leaves: on.Scenes = {
  offboarding: on.onSkipped(async (stage) => {
    await on.employed(stage, 'Engineering');
    await on.endOf(stage, await on.say(stage, 'leaver', { immediate: true }));
    return on.runs(stage, 'offboarding');
  }),

  offboardingScheduledAndWithdrawn: on.onSkipped(async (stage) => {
    await employ(stage, on.personId);
    const leaver = await on.say(stage, 'leaver', { inMs: 3 * day });
    await inPhase(stage, on.personId, 'scheduled');
    await on.disturb(stage, 'mover');
    await stage.pass(day);
    await on.withdraw(stage, leaver);
    return on.runs(stage, 'offboarding');
  }),

  offboardingScheduledAndCancelled: on.onSkipped(async (stage) => {
    await employ(stage, on.personId);
    const leaver = await on.say(stage, 'leaver', { inMs: 3 * day });
    await inPhase(stage, on.personId, 'scheduled');
    await on.signal(stage, 'recheck');
    await on.cancel(stage);
    await on.endOf(stage, leaver, 'cancelled');
    return on.runs(stage, 'offboarding');
  }),

  offboardingHeld: on.onSkipped(async (stage) => {
    const leaver = await held(stage);
    await stage.pass(hour);
    await decide(stage, 'release');
    await stage.pass(hour);
    await on.endOf(stage, leaver);
    return on.runs(stage, 'offboarding');
  }, noBudget),

  offboardingHeldAndRejected: on.onSkipped(async (stage) => {
    const leaver = await held(stage);
    await stage.pass(hour);
    await decide(stage, 'reject');
    await stage.pass(hour);
    await on.endOf(stage, leaver, 'cancelled');
    return on.runs(stage, 'offboarding');
  }, noBudget),

  offboardingHeldAndCancelled: on.onSkipped(async (stage) => {
    const leaver = await held(stage);
    await on.cancel(stage);
    await on.endOf(stage, leaver, 'cancelled');
    return on.runs(stage, 'offboarding');
  }, noBudget),

  offboardingProtected: guarded(async (stage, unprotect) => {
    unprotect();
    await on.signal(stage, 'recheck');
    await stage.pass(hour);
    return on.runs(stage, 'offboarding');
  }),

  offboardingProtectedAndCancelled: guarded(async (stage) => {
    await on.cancel(stage);
    return on.runs(stage, 'offboarding');
  }),

  offboardingUnknown: on.onSkipped(async (stage) => {
    const leaver = await unknown(stage);
    await stage.pass(hour);
    const accountId = await activeAccount(stage.simulator, 'somebody@example.com');
    await stage.inventory.bindAccount(on.personId, accountId, (await stage.now()).toISOString());
    await stage.pass(day);
    await on.endOf(stage, leaver);
    return on.runs(stage, 'offboarding');
  }),

  offboardingUnknownThenHired: on.onServer(async (stage) => {
    await unknown(stage);
    const joiner = await on.say(stage, 'joiner');
    await inPhase(stage, on.personId, 'waitingForAcceptance');
    await on.accept(stage);
    await on.endOf(stage, joiner);
    return on.runs(stage, 'offboarding');
  }),

  offboardingUnknownAndCancelled: on.onSkipped(async (stage) => {
    const leaver = await unknown(stage);
    await stage.pass(hour);
    await on.cancel(stage);
    await on.endOf(stage, leaver, 'cancelled');
    return on.runs(stage, 'offboarding');
  }),

  offboardingOfInvited: on.onSkipped(async (stage) => {
    await on.say(stage, 'joiner');
    await inPhase(stage, on.personId, 'waitingForAcceptance');
    const leaver = await on.say(stage, 'leaver', { immediate: true });
    await on.endOf(stage, leaver);
    return on.runs(stage, 'onboarding', 'offboarding');
  }),

  offboardingDelayed: on.onSkipped(async (stage) => {
    await employ(stage, on.personId, { role: on.standard });
    stage.simulator.faults.add({ kind: '500', match: { method: 'DELETE', path: '/users/' } });
    stage.simulator.faults.add({ kind: '500', match: { method: 'GET', path: '/permissions$' } });
    const leaver = await on.say(stage, 'leaver', { immediate: true });
    await stage.pass(20 * minute);
    await on.disturb(stage, 'mover');
    await on.noted(stage, 'access has not ended in time');
    stage.simulator.faults.clear();
    await stage.pass(10 * minute);
    await on.endOf(stage, leaver);
    return on.runs(stage, 'offboarding');
  }),

  offboardingWithTeamsUnread: on.onSkipped(async (stage) => {
    await employ(stage, on.personId, { role: on.standard });
    stage.simulator.faults.add({ kind: '500', match: { method: 'GET', path: '/memberships$' } });
    const leaver = await on.say(stage, 'leaver', { immediate: true });
    await eventually('the account to be disabled', async () => {
      await stage.pass(10_000);
      return accountOf(stage, on.personId)?.status === 'Disabled';
    });
    await on.disturb(stage, 'mover');
    await stage.pass(30 * minute);
    await on.endOf(stage, leaver, 'partiallyCompleted');
    return on.runs(stage, 'offboarding');
  }),

  // Stored from before an account that Datadog does not disable was emptied more than once.
  offboardingRefused: refused(hour),
  offboardingRefusedForHours: refused(3 * hour),
};

function refused(ms: number): on.Scene {
  return on.onSkipped(async (stage) => {
    await on.employed(stage, 'Engineering');
    const accountId = accountOf(stage, on.personId)?.id ?? '';
    stage.simulator.awkward.lock({ id: accountId, errors: ['This user is managed by SCIM'] });
    const leaver = await on.say(stage, 'leaver', { immediate: true });
    await inPhase(stage, on.personId, 'blocked');
    await stage.pass(ms);
    await on.signal(stage, 'recheck');
    await stage.pass(hour);
    stage.simulator.awkward.unlock(accountId);
    await stage.pass(hour);
    await on.endOf(stage, leaver);
    return on.runs(stage, 'offboarding');
  });
}
