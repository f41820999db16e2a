import { decideHeld } from '../../../client/operations/held.ts';
import { repairEvent } from '../../../domain/findings/repairs.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { budgetOf } from '../changeBudget.ts';
import { employ } from '../employees.ts';
import { eventually, inPhase } from '../muster.ts';
import { officialClient } from '../officialClient.ts';
import { day, hour, type SkippedTime } from '../skippedTime.ts';
import * as on from './stage.ts';

const noBudget = { policy: (example: Policy): Policy => ({ ...example, changeBudget: budgetOf(0) }) };
const observed = { policy: (example: Policy): Policy => ({ ...example, mode: 'observe' }) };
const withoutTeams = ['user_access_read', 'user_access_invite', 'teams_read'];

/** Somebody whose move would take a role, which nobody may lose. */
async function held(stage: on.Stage) {
  await employ(stage, on.personId, { role: on.standard });
  const mover = await on.say(stage, 'mover', { person: { department: 'Unknown' } });
  await inPhase(stage, on.personId, 'held');
  await on.disturb(stage);
  return mover;
}

const decide = (stage: on.Stage, verdict: 'release' | 'reject') =>
  decideHeld(on.operatorOn(stage), { which: { personId: on.personId }, verdict, reason: 'agreed' });

/** Somebody whose access has drifted: the sync asks for a repair, which would take a role. */
async function repaired(stage: SkippedTime) {
  await employ(stage, on.personId, { role: on.standard });
  const drift = { personId: on.personId, subjects: ['e-1/role:r'] };
  const repair = repairEvent(drift, 'run-1', (await stage.now()).toISOString());
  await stage.muster.submitEvent(repair);
  await inPhase(stage, on.personId, 'held');
  await on.disturb(stage);
  await stage.pass(hour);
  return repair;
}

async function makeRole({ simulator }: on.Stage, name: string) {
  const { roles } = officialClient(simulator);
  const roleId = (await roles.createRole({ body: { data: { type: 'roles', attributes: { name } } } })).data?.id ?? '';
  const found = (await roles.listPermissions()).data ?? [];
  const id = found.find(({ attributes }) => attributes?.name === 'org_management')?.id ?? '';
  return { makePrivileged: () => roles.addPermissionToRole({ roleId, body: { data: { id, type: 'permissions' } } }) };
}

const approval = { people: [on.lead], manager: false, quorum: 1, fallback: ['it-lead@example.com'] };

/** One role for all, by a rule that has it approved or not. */
const deployers =
  (isApproved: boolean) =>
  (example: Policy): Policy => ({
    ...example,
    rules: [
      { name: 'all', when: {}, roles: ['Deployers'], teams: [], ...(isApproved ? { approval } : {}) },
    ] as Policy['rules'],
  });

/** A role that turns out to be privileged when it is to be assigned. */
const privilegedInTheEnd = (isApproved: boolean): on.Scene =>
  on.onSkipped(
    async (stage) => {
      const role = await makeRole(stage, 'Deployers');
      const joiner = await on.joins(stage, 'Sales');
      if (isApproved) await on.approve(stage);
      await role.makePrivileged();
      await on.accept(stage);
      await on.asked(stage);
      await on.disturb(stage);
      await stage.pass(day + hour);
      await on.approve(stage);
      await on.endOf(stage, joiner);
      return on.runs(stage, 'onboarding');
    },
    { policy: deployers(isApproved) },
  );

export const changes: on.Scenes = {
  roleChange: on.onSkipped(async (stage) => {
    await on.employed(stage, 'Engineering');
    await on.endOf(stage, await on.say(stage, 'mover', { person: { department: 'Sales' } }));
    return on.runs(stage, 'roleChange');
  }),

  roleChangeBlockedByPermission: on.onSkipped(async (stage) => {
    await on.employed(stage, 'Sales');
    stage.simulator.keys.setScopes(withoutTeams);
    const mover = await on.say(stage, 'mover', { person: { department: 'Engineering' } });
    await inPhase(stage, on.personId, 'blocked');
    await stage.pass(2 * hour);
    stage.simulator.keys.setScopes(null);
    await stage.pass(hour);
    await on.endOf(stage, mover);
    return on.runs(stage, 'roleChange');
  }),

  roleChangeHeld: on.onSkipped(async (stage) => {
    const mover = await held(stage);
    await stage.pass(hour);
    await decide(stage, 'release');
    await on.endOf(stage, mover);
    return on.runs(stage, 'roleChange');
  }, noBudget),

  roleChangeHeldAndRejected: on.onSkipped(async (stage) => {
    const mover = await held(stage);
    await decide(stage, 'reject');
    await on.endOf(stage, mover);
    return on.runs(stage, 'roleChange');
  }, noBudget),

  roleChangeHeldAndCancelled: on.onSkipped(async (stage) => {
    const mover = await held(stage);
    await on.cancel(stage);
    await on.endOf(stage, mover, 'cancelled');
    return on.runs(stage, 'roleChange');
  }, noBudget),

  roleChangeHeldAndReplaced: on.onServer(async (stage) => {
    await held(stage);
    await on.endOf(stage, await on.say(stage, 'mover', { person: { department: 'Engineering' } }));
    return on.runs(stage, 'roleChange');
  }, noBudget),

  roleChangeEndedByLeaver: on.onServer(async (stage) => {
    await held(stage);
    const leaver = await on.say(stage, 'leaver', { immediate: true });
    await eventually('the leaver to be held', async () => {
      const status = await stage.muster.status(on.personId);
      return status?.process === 'offboarding' && status.phase === 'held';
    });
    await decide(stage, 'release');
    await on.signal(stage, 'recheck');
    await on.endOf(stage, leaver);
    return on.runs(stage, 'roleChange', 'offboarding');
  }, noBudget),

  roleChangeWithEmailHeld: on.onSkipped(async (stage) => {
    await employ(stage, on.personId);
    const mover = await on.say(stage, 'mover', { person: { email: 'e-1.new@example.com', name: 'Sam Oak' } });
    await inPhase(stage, on.personId, 'held');
    await on.disturb(stage);
    await decide(stage, 'release');
    await on.endOf(stage, mover);
    return on.runs(stage, 'roleChange');
  }, noBudget),

  roleChangeWithEmailRejected: on.onSkipped(async (stage) => {
    await employ(stage, on.personId);
    const mover = await on.say(stage, 'mover', { person: { email: 'e-1.new@example.com' } });
    await inPhase(stage, on.personId, 'held');
    await decide(stage, 'reject');
    await on.endOf(stage, mover);
    return on.runs(stage, 'roleChange');
  }, noBudget),

  roleChangeWithEmailOnceApproved: on.onSkipped(async (stage) => {
    await employ(stage, on.personId, { role: on.admin, person: { department: 'SRE' } });
    const person = { email: 'e-1.new@example.com', department: 'SRE' };
    const mover = await on.say(stage, 'mover', { person });
    await on.asked(stage);
    await on.disturb(stage);
    await stage.pass(3 * day);
    await on.approve(stage);
    await on.endOf(stage, mover);
    return on.runs(stage, 'roleChange');
  }),

  roleChangeWithEmailTaken: on.onSkipped(async (stage) => {
    await employ(stage, on.personId);
    await employ(stage, 'e-2');
    const mover = await on.say(stage, 'mover', { person: { email: 'e-2@example.com' } });
    await on.endOf(stage, mover, 'partiallyCompleted');
    return on.runs(stage, 'roleChange');
  }),

  roleChangeNotDecided: on.onSkipped(async (stage) => {
    await employ(stage, on.personId);
    const mover = await on.say(stage, 'mover', { person: { department: 'SRE' } });
    await on.asked(stage);
    await on.disturb(stage);
    await stage.pass(8 * day);
    await on.endOf(stage, mover);
    return on.runs(stage, 'roleChange');
  }),

  repairHeld: on.onSkipped(async (stage) => {
    const repair = await repaired(stage);
    await decide(stage, 'release');
    await stage.pass(hour);
    await on.endOf(stage, repair);
    return on.runs(stage, 'roleChange');
  }, noBudget),

  repairHeldAndCancelled: on.onSkipped(async (stage) => {
    const repair = await repaired(stage);
    await on.cancel(stage);
    await on.endOf(stage, repair, 'cancelled');
    return on.runs(stage, 'roleChange');
  }, noBudget),

  onboardingPrivilegedInTheEnd: privilegedInTheEnd(false),
  onboardingPrivilegedAfterApproval: privilegedInTheEnd(true),

  observedOnboarding: on.onSkipped(async (stage) => {
    stage.simulator.keys.setScopes(['teams_read']);
    const joiner = await on.say(stage, 'joiner', { person: { department: 'SRE' } });
    await inPhase(stage, on.personId, 'blocked');
    await on.disturb(stage);
    stage.simulator.keys.setScopes(['user_access_read']);
    await on.signal(stage, 'recheck');
    await stage.pass(hour);
    await on.endOf(stage, joiner, 'observed');
    return on.runs(stage, 'onboarding');
  }, observed),

  observedOnboardingCancelled: on.onSkipped(async (stage) => {
    stage.simulator.keys.setScopes(['teams_read']);
    const joiner = await on.say(stage, 'joiner');
    await inPhase(stage, on.personId, 'blocked');
    await on.signal(stage, 'recheck');
    await on.cancel(stage);
    await on.endOf(stage, joiner, 'cancelled');
    return on.runs(stage, 'onboarding');
  }, observed),

  observedRoleChange: on.onSkipped(async (stage) => {
    const accountId = await employ(stage, on.personId, { role: on.standard });
    await on.giveRole(stage, accountId, on.admin);
    const mover = await on.say(stage, 'mover', { inMs: day, person: { department: 'Unknown' } });
    await inPhase(stage, on.personId, 'scheduled');
    await on.disturb(stage);
    await stage.pass(2 * day);
    await on.endOf(stage, mover, 'observed');
    return on.runs(stage, 'roleChange');
  }, observed),

  observedOffboarding: on.onSkipped(async (stage) => {
    await employ(stage, on.personId, { role: on.standard });
    const leaver = await on.say(stage, 'leaver', { inMs: day });
    await inPhase(stage, on.personId, 'scheduled');
    await on.disturb(stage, 'mover');
    await stage.pass(2 * day);
    await on.endOf(stage, leaver, 'observed');
    return on.runs(stage, 'offboarding');
  }, observed),

  observedOffboardingOfUnknown: on.onSkipped(async (stage) => {
    await on.endOf(stage, await on.say(stage, 'leaver'), 'observed');
    return on.runs(stage, 'offboarding');
  }, observed),

  roleChangeInParts: on.onSkipped(async (stage) => {
    const accountId = await employ(stage, on.personId, { role: on.standard });
    await on.giveRole(stage, accountId, on.admin);
    const reply = { status: 400, body: { errors: ['Datadog has its reasons'] } };
    stage.simulator.faults.add({ kind: 'reply', match: { method: 'POST', path: '/roles/[^/]+/users' }, reply });
    const mover = await on.say(stage, 'mover', { person: { department: 'Sales', title: 'Lead' } });
    await eventually('a result', async () => (await stage.inventory.findEvent(mover.eventId))?.outcome);
    return on.runs(stage, 'roleChange');
  }),
};
