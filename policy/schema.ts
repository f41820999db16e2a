import { z } from 'zod';
import { changeBudget, changeBudgetKeys } from './changeBudget.ts';
import { sourceKeys, sources } from './sources.ts';
import { cron, domain, duration, encoding, people, text, textList, timeZone } from './fields.ts';
import { rosterSystems } from '../domain/policy/rosters.ts';
import { dayMs } from '../domain/durations.ts';
import { pinName } from '../domain/pins.ts';

const approval = z
  .strictObject({
    people: people.default([]),
    manager: z.boolean().default(false),
    quorum: z.int().min(1, { error: 'must be 1 or more' }).default(1),
    fallback: people.refine((list) => list.length > 0, {
      error: 'is empty: name who decides when the approvers do not or the manager is missing',
    }),
  })
  .superRefine(({ people, manager, quorum, fallback }, context) => {
    const first = people.length + (manager ? 1 : 0);
    const withoutManager = new Set([...people, ...fallback].map((one) => pinName(one))).size;
    if (first === 0) {
      context.addIssue({ code: 'custom', message: 'nobody can decide: name people, or set manager to true' });
    } else if (quorum > first) {
      const message = `is ${quorum}, but only ${first} can decide: lower it, or name more people`;
      context.addIssue({ code: 'custom', path: ['quorum'], message });
    } else if (fallback.length > 0 && quorum > withoutManager) {
      const message = `is ${quorum}, but without the manager only ${withoutManager} can decide: name more people or fallback`;
      context.addIssue({ code: 'custom', path: ['quorum'], message });
    }
  });

const condition = textList.superRefine((values, context) => {
  if (values.length === 0) {
    context.addIssue({ code: 'custom', message: 'is empty, so that nobody matches: name a value, or remove it' });
  }
  for (const value of values.filter((value) => value.slice(0, -1).includes('*'))) {
    const message = `has ${JSON.stringify(value)}: * may stand only at the end, such as "Senior*"`;
    context.addIssue({ code: 'custom', message });
  }
});

const when = z.record(z.string(), condition);

const rule = z
  .strictObject({
    name: text.refine((name) => name.length <= 100, { error: 'must have at most 100 characters' }),
    when: when.default({}),
    roles: textList.default([]),
    teams: textList.default([]),
    approval: approval.optional(),
  })
  .refine((rule) => rule.roles.length + rule.teams.length > 0, {
    error: 'gives nothing: name roles or teams, or remove the rule',
  });

const onboarding = z.strictObject({
  lead: duration('7 days').prefault('7 days'),
  resendBefore: duration('4 hours', { above: 0, below: 2 * dayMs }).prefault('4 hours'),
  giveUpAfter: duration('14 days', { above: 0 }).prefault('14 days'),
  activation: z.enum(['invitation', 'jit']).default('invitation'),
});

const approvals = z
  .strictObject({
    remindAfter: duration('1 day', { above: 0 }).prefault('1 day'),
    fallbackAfter: duration('2 days', { above: 0 }).prefault('2 days'),
    rejectAfter: duration('7 days', { above: 0 }).prefault('7 days'),
    acceptClaimed: z.boolean().optional(),
    default: approval.optional(),
  })
  .superRefine(({ remindAfter, fallbackAfter, rejectAfter }, context) => {
    if (remindAfter >= fallbackAfter) {
      context.addIssue({ code: 'custom', path: ['remindAfter'], message: 'must be shorter than fallbackAfter' });
    }
    if (fallbackAfter >= rejectAfter) {
      context.addIssue({ code: 'custom', path: ['fallbackAfter'], message: 'must be shorter than rejectAfter' });
    }
  });

const offboarding = z.strictObject({
  alarmAfter: duration('15 minutes', { above: 0 }).prefault('15 minutes'),
  changeBudget: changeBudget.prefault({}),
});

const protection = z.strictObject({ emergencyAccounts: textList.default([]) });

const sync = z.strictObject({
  cron: cron.default('*/15 * * * *'),
  timeZone: timeZone.default('UTC'),
  lightEvery: duration('1 minute', { above: 0 }).optional(),
  drift: z.enum(['report', 'repair']).default('report'),
});

const findings = z.strictObject({
  dormantAfter: duration('90 days', { above: 0 }).prefault('90 days'),
  neverLoggedInAfter: duration('30 days', { above: 0 }).prefault('30 days'),
  pendingAfter: duration('30 days', { above: 0 }).prefault('30 days'),
  keyUnusedAfter: duration('90 days', { above: 0 }).prefault('90 days'),
  keyMaxAge: duration('365 days', { above: 0 }).prefault('365 days'),
  keyInUseWithin: duration('7 days', { above: 0 }).prefault('7 days'),
  ownerAwayAfter: duration('30 days', { above: 0 }).prefault('30 days'),
});

const identity = z.strictObject({
  allowedDomains: z.array(domain).default([]),
  ignore: textList.default([]),
  authority: textList.optional(),
  mayEndEmployment: textList.default([]),
});

const audit = z.strictObject({ forward: z.enum(['datadog']).optional() });

const rosterStatuses = z.strictObject({
  active: textList.default([]),
  leaveOfAbsence: textList.default([]),
  ended: textList.default([]),
});

const roster = z.strictObject({
  columns: z.record(z.string(), text).default({}),
  ignore: textList.default([]),
  statuses: rosterStatuses.prefault({}),
  encoding: encoding.optional(),
  system: z.enum(rosterSystems).optional(),
  source: text.default('hr'),
  complete: z.boolean().default(false),
  folder: text.optional(),
  cron: cron.default('0 * * * *'),
  absence: z
    .strictObject({
      action: z.enum(['report', 'leave']).default('report'),
      afterDays: z.int().min(1, { error: 'must be 1 or more' }).default(14),
    })
    .prefault({}),
});

/** The policy file, strict: an unknown key is an error. Fields that depend on where Datadog is are optional. */
export const policySchema = z.strictObject({
  version: z.literal(1),
  mode: z.enum(['observe', 'enforce']).optional(),
  defaultTimeZone: timeZone.default('UTC'),
  identity: identity.prefault({}),
  rules: z.array(rule),
  onboarding: onboarding.prefault({}),
  approvals: approvals.prefault({}),
  offboarding: offboarding.prefault({}),
  protection: protection.prefault({}),
  sync: sync.prefault({}),
  sources: sources.default([]),
  roster: roster.prefault({}),
  findings: findings.prefault({}),
  audit: audit.prefault({}),
});

export type PolicyContent = z.output<typeof policySchema>;

/** The known keys of each place, by its path with `*` for any index. */
export const knownKeys: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(policySchema.shape),
  identity: Object.keys(identity.shape),
  'rules.*': Object.keys(rule.shape),
  'rules.*.approval': Object.keys(approval.shape),
  'approvals.default': Object.keys(approval.shape),
  onboarding: Object.keys(onboarding.shape),
  approvals: Object.keys(approvals.shape),
  offboarding: Object.keys(offboarding.shape),
  ...changeBudgetKeys,
  protection: Object.keys(protection.shape),
  sync: Object.keys(sync.shape),
  ...sourceKeys,
  roster: Object.keys(roster.shape),
  'roster.statuses': Object.keys(rosterStatuses.shape),
  findings: Object.keys(findings.shape),
  audit: Object.keys(audit.shape),
};
