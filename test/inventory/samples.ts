import type { Account, Employment, HrEvent, Outcome } from '../../domain/model.ts';
import { hrFirst } from '../support/ranks.ts';
import type { ApprovalRow } from '../../inventory/port/approvals.ts';
import type { EvidenceEntry } from '../../inventory/port/evidence.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Adopted } from '../../inventory/queries/adoption.ts';
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
  carriedOut: { eventId: 'e-1', employment: 'employed' },
  events: [{ eventId: 'e-1', outcome: completed }],
  at: at(10),
  ...change,
});

/** These events came, and the process of the first one ended. */
export async function finished(
  inventory: Pick<Inventory, 'receiveEvent' | 'finishProcess'>,
  events: readonly [HrEvent, ...HrEvent[]] = [joiner('e-1')],
  {
    employment = 'employed',
    outcome = completed,
    ...change
  }: Partial<ProcessFinish> & {
    employment?: Employment;
    outcome?: Outcome;
  } = {},
): Promise<void> {
  for (const event of events) await inventory.receiveEvent(event, event.occurredAt);
  const [{ eventId, personId }] = events;
  const ends = events.map((event) => ({ eventId: event.eventId, outcome }));
  await inventory.finishProcess(
    finish({ personId, carriedOut: { eventId, employment }, events: ends, ...change }),
    hrFirst,
  );
}

/** Somebody who was there before Muster. */
export const adopt = (inventory: Pick<Inventory, 'inTransaction'>, person: Omit<Adopted, 'at'>): Promise<void> =>
  inventory.inTransaction((trx) => trx.adoptPerson({ ...person, at: at(0) }));

/** They had this address once. */
export async function knewAs(
  inventory: Pick<Inventory, 'inTransaction'>,
  personId: string,
  email: string,
  since = at(0),
): Promise<void> {
  await inventory.inTransaction((trx) => trx.linkAccount(personId, { id: `once-${personId}`, email }, since));
  await inventory.inTransaction((trx) => trx.unlinkAccount(personId));
}

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
  chain: 'c-1',
  entitlements: [{ kind: 'role', name: 'Admin' }],
  rules: ['admins'],
  approvers: { people: ['boss@example.com'], manager: false, quorum: 1, fallback: [] },
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
