import type { Account, HrEvent, Outcome } from '../../domain/model.ts';
import type { ApprovalRow } from '../../inventory/port/approvals.ts';
import type { EvidenceEntry } from '../../inventory/port/evidence.ts';
import type { GrantRow } from '../../inventory/port/grants.ts';
import type { ProcessFinish } from '../../inventory/port/people.ts';

/** A minute of one morning. */
export const at = (minute: number): string => new Date(Date.UTC(2026, 0, 5, 8, minute)).toISOString();

export const completed: Outcome = { kind: 'completed', parts: [{ part: 'create account', result: 'done' }] };

export const joiner = (eventId: string, change: Partial<HrEvent> = {}): HrEvent => ({
  eventId,
  kind: 'joiner',
  personId: 'p-1',
  occurredAt: at(0),
  effectiveAt: at(0),
  source: 'hr',
  person: { email: 'Ada@example.com', name: 'Ada', extra: { location: 'Rome' } },
  ...change,
});

export const finish = (change: Partial<ProcessFinish> = {}): ProcessFinish => ({
  personId: 'p-1',
  process: 'onboarding',
  events: [{ eventId: 'e-1', outcome: completed }],
  lines: { employment: { occurredAt: at(0), eventId: 'e-1' } },
  person: { employment: 'employed', attributes: { email: 'Ada@example.com', name: 'Ada' } },
  at: at(10),
  ...change,
});

export const account = (id: string, change: Partial<Account> = {}): Account => ({
  id,
  email: `${id}@example.com`,
  handle: `${id}@example.com`,
  name: `Name of ${id}`,
  title: '',
  status: 'active',
  isServiceAccount: false,
  roleIds: ['r-1'],
  ...change,
});

export const grant = (change: Partial<GrantRow> = {}): GrantRow => ({
  personId: 'p-1',
  accountId: 'a-1',
  kind: 'role',
  id: 'r-1',
  name: 'Standard',
  since: at(1),
  reason: 'birthright',
  because: 'everybody',
  ...change,
});

export const approval = (change: Partial<ApprovalRow> = {}): ApprovalRow => ({
  approvalId: 'ap-1',
  personId: 'p-1',
  entitlements: [{ kind: 'role', name: 'Admin' }],
  rules: ['admins'],
  approvers: { people: ['boss@example.com'], manager: false, quorum: 1, fallback: [] },
  managerIds: [],
  state: 'open',
  requestedAt: at(1),
  deadline: at(50),
  decisions: [],
  ...change,
});

export const evidence = (step: string, change: Partial<EvidenceEntry> = {}): EvidenceEntry => ({
  personId: 'p-1',
  eventId: 'e-1',
  step,
  at: at(1),
  actor: 'hr',
  action: 'assign role',
  after: { kind: 'role', name: 'Standard' },
  ...change,
});
