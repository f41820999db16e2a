import { accountFindings, type AccountContext, type AccountSnapshot } from '../../../../domain/findings/accounts.ts';
import {
  driftFindings,
  type DriftContext,
  type GrantSnapshot,
  type PersonSnapshot,
} from '../../../../domain/findings/drift.ts';
import type { Nhi } from '../../../../domain/sync/kinds.ts';
import { keyFindings, type KeySnapshot } from '../../../../domain/findings/keys.ts';
import { missingFromRosters, type AbsenceSnapshot } from '../../../../domain/findings/rosters.ts';
import { findInEngine } from '../../../../activities/sync/engine.ts';
import type { ScheduleState } from '../../../../domain/findings/schedules.ts';
import type { InventoryMark, MarkDifference } from '../../../../inventory/port/identity.ts';
import { judgeLeaves, type LeaveSnapshot } from '../../../../domain/findings/leaves.ts';
import type { Account, HrEvent } from '../../../../domain/model.ts';
import { kindsOfWork } from '../../../../domain/workers.ts';
import type { Instance } from '../../../../domain/instances.ts';
import type { FindingThresholds, Found } from '../../../../domain/findings/found.ts';

const dayMs = 86_400_000;
const nowMs = Date.parse('2026-06-01T12:00:00.000Z');
export const daysAgo = (days: number): string => new Date(nowMs - days * dayMs).toISOString();

export const minutesAgo = (minutes: number): string => new Date(nowMs - minutes * 60_000).toISOString();

const thresholds: FindingThresholds = {
  dormantAfterMs: 90 * dayMs,
  neverLoggedInAfterMs: 30 * dayMs,
  pendingAfterMs: 30 * dayMs,
  keyUnusedAfterMs: 90 * dayMs,
  keyMaxAgeMs: 365 * dayMs,
  keyInUseWithinMs: 7 * dayMs,
  ownerAwayAfterMs: 30 * dayMs,
};

export const accountOf = (change: Partial<Account> = {}): Account => ({
  id: 'a-1',
  email: 'ann@example.com',
  handle: 'ann@example.com',
  name: 'Ann Alder',
  title: 'Engineer',
  status: 'active',
  isServiceAccount: false,
  roleIds: ['r-read'],
  createdAt: daysAgo(200),
  lastLoginAt: daysAgo(1),
  ...change,
});

const accountContext: AccountContext = {
  nowMs,
  thresholds,
  privilegedRoles: new Map([['r-admin', 'Admin']]),
  identity: { allowedDomains: [], ignore: [] },
  emergencyIds: new Set(),
  emergencyNames: ['break.glass@example.com'],
  ignoredIds: new Set(),
  completeDomains: new Set(['example.com']),
  isLoginReported: true,
};

const ann = { personId: 'p-1', employment: 'employed' } as const;

export function atAccount(
  account: Partial<Account>,
  facts: Partial<AccountSnapshot> = {},
  context: Partial<AccountContext> = {},
): readonly Found[] {
  const known = { isGone: false, firstSeenAt: daysAgo(200), person: ann, approvedRoleIds: [] };
  return accountFindings({ ...known, account: accountOf(account), ...facts }, { ...accountContext, ...context });
}

/** Nobody's account. */
export function atStray(facts: Partial<AccountSnapshot> = {}, context: Partial<AccountContext> = {}): readonly Found[] {
  const stray: AccountSnapshot = { account: accountOf(), isGone: false, firstSeenAt: daysAgo(5), approvedRoleIds: [] };
  return accountFindings({ ...stray, ...facts }, { ...accountContext, ...context });
}

export const serviceAccount = { id: 'sa-1', name: 'deploys', isServiceAccount: true, email: 'sa@example.com' } as const;

export function atKey(nhi: Partial<Nhi>, owner: Partial<KeySnapshot['owner']> = {}): readonly Found[] {
  const key: Nhi = {
    id: 'k-1',
    kind: 'applicationKey',
    name: 'ci',
    ownerAccountId: 'a-1',
    scopes: ['metrics_read'],
    createdAt: daysAgo(20),
    lastUsedAt: daysAgo(2),
    details: {},
  };
  const annOf = {
    email: 'ann@example.com',
    status: 'active',
    isServiceAccount: false,
    lastLoginAt: daysAgo(1),
  } as const;
  return keyFindings({ nhi: { ...key, ...nhi }, isGone: false, owner: { ...annOf, ...owner } }, { nowMs, thresholds });
}

const roles = new Map([
  ['Read Only', 'r-read'],
  ['Standard', 'r-standard'],
  ['Admin', 'r-admin'],
]);
const teams = new Map([
  ['platform', 't-platform'],
  ['from-idp', 't-idp'],
]);

export const driftContext: DriftContext = {
  rules: [
    { name: 'everyone', when: {}, roles: ['Read Only'], teams: ['from-idp'] },
    { name: 'engineers', when: { department: ['Engineering'] }, roles: ['Standard'], teams: ['platform'] },
    {
      name: 'sre',
      when: { department: ['SRE'] },
      roles: ['Admin'],
      teams: [],
      approval: { people: ['lead@example.com'], manager: false, quorum: 1, fallback: ['it@example.com'] },
    },
    { name: 'typing error', when: {}, roles: ['No Such Role'], teams: [] },
  ],
  directory: {
    idOf: ({ kind, name }) => (kind === 'role' ? roles : teams).get(name),
    nameOf: (kind, id) => [...(kind === 'role' ? roles : teams)].find(([, one]) => one === id)?.[0] ?? id,
    isTeamManaged: (id) => id === 't-idp',
  },
  privilegedRoles: new Map([['r-admin', 'Admin']]),
  contested: new Set(),
};

export const given = (id: string, change: Partial<GrantSnapshot> = {}): GrantSnapshot => ({
  kind: id.startsWith('t-') ? 'team' : 'role',
  id,
  name: id,
  reason: 'birthright',
  since: daysAgo(100),
  isManaged: true,
  ...change,
});

/** Ann of department Sales, who should hold `Read Only` and nothing else. */
export function atPerson(facts: Partial<PersonSnapshot>, context: Partial<DriftContext> = {}): readonly Found[] {
  const person: PersonSnapshot = {
    personId: 'p-1',
    attributes: { email: 'ann@example.com', name: 'Ann Alder', title: 'Engineer', department: 'Sales' },
    previousEmails: [],
    accountId: 'a-1',
    account: accountOf(),
    teamIds: [],
    grants: [given('r-read')],
  };
  return driftFindings({ ...person, ...facts }, { ...driftContext, ...context });
}

/** Ann, whom two complete rosters have not named. */
export const absent = (change: Partial<AbsenceSnapshot>): readonly Found[] =>
  missingFromRosters([
    {
      personId: 'p-1',
      employment: 'employed',
      attributes: { email: 'ann@example.com' },
      accountId: 'a-1',
      lines: { employment: { eventId: 'e-1', occurredAt: daysAgo(100) } },
      source: 'hr',
      since: daysAgo(9),
      appliedAt: daysAgo(2),
      ...change,
    },
  ]);

export const ofDepartment = (department: string) => ({
  attributes: { email: 'ann@example.com', name: 'Ann Alder', title: 'Engineer', department },
});

/** HR's word of so many days ago. */
export function wordOf(kind: HrEvent['kind'], age: number): HrEvent {
  const day = daysAgo(age);
  return { eventId: `e-${kind}`, kind, personId: 'p-1', occurredAt: day, effectiveAt: day, source: 'hr' };
}

/** A leave of two days ago, with an account in use. */
export function atLeave(change: Partial<LeaveSnapshot>): readonly Found[] {
  const event = wordOf('leaver', 2);
  const account = { id: 'a-1', status: 'active' } as const;
  const leave = {
    event,
    dueAt: event.effectiveAt,
    isWithdrawn: false,
    isOutranked: false,
    others: [],
    account,
    ...change,
  };
  return judgeLeaves([leave], nowMs).found;
}

export const mark: InventoryMark = { inventoryId: 'i-1', seq: 3, hash: 'h-3' };

interface EngineSample {
  readonly known?: InventoryMark;
  readonly difference?: MarkDifference;
  /** Workflow ids. */
  readonly failing?: readonly string[];
  readonly light?: Partial<ScheduleState>;
  readonly full?: Partial<ScheduleState>;
  readonly instances?: readonly Partial<Instance>[];
  /** When the workers last asked for work, in seconds before now; none where there is none. */
  readonly askedAgo?: number | 'never';
  /** When the last full sync ended, in minutes before now. */
  readonly endedAgo?: number;
}

const instanceOf = (given: Partial<Instance>): Instance => ({
  ...{ id: 'i-1', kind: 'worker', host: 'host-1', version: '1.0.0', policyHash: 'p1', mode: 'enforce' },
  ...{ startedAt: daysAgo(1), lastSeenAt: daysAgo(0), policySince: daysAgo(1) },
  ...given,
});

/** What Temporal shows; the full sync is hourly, the light one comes every minute. */
export function atEngine({
  known,
  difference,
  failing = [],
  light,
  full,
  instances = [],
  askedAgo = 30,
  endedAgo = 30,
}: EngineSample): Promise<readonly Found[]> {
  const policy = { sync: { cron: '0 * * * *', timeZone: 'UTC', lightEveryMs: 60_000, drift: 'report' } } as const;
  const engine = {
    knownInventory: async () => known,
    failingRuns: async () =>
      failing.map((workflowId) => ({ workflowId, startedAt: daysAgo(1), problems: ['cause=Defect'] })),
    schedules: async () => [
      { scheduleId: 'access-sync-light', state: 'on', ...light } as const,
      { scheduleId: 'access-sync', state: 'on', ...full } as const,
    ],
    pollers: async () =>
      kindsOfWork.map((work) => ({ work, askedAt: askedAgo === 'never' ? [] : [minutesAgo(askedAgo / 60)] })),
  };
  const inventory = {
    differenceFrom: async () => difference,
    readMark: async () => mark,
    lastSyncEnd: async () => minutesAgo(endedAgo),
    listInstances: async () => instances.map(instanceOf),
  };
  return findInEngine({ engine, inventory, policy }, nowMs);
}
