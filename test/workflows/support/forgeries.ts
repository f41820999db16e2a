import type { Activities } from '../../../activities/index.ts';
import type { Attacked } from './attacked.ts';

/** One call: how it ends (`done`, or the type of its failure), and its arguments. */
type Forgery = readonly [end: string, ...args: unknown[]];

const never = '2099-01-01T00:00:00.000Z';
const notOwed = 'NotOwed';
const end = (kind: string) => ({ kind, parts: [] });
const nobody = { personId: 'nobody', eventId: 'made-up' };
const whole = { accounts: { state: 'complete' }, roles: { state: 'complete' } };

/** What an intruder would call each activity with. Reads are called with somebody else's ids. */
export const forgeries: Readonly<Record<keyof Activities, (scene: Attacked) => readonly Forgery[]>> = {
  grant: ({ admin, readOnly, administrator, asking, leaving, left, invited }) => [
    [notOwed, asking.accountId, admin, asking.because],
    [notOwed, asking.accountId, admin, { ...asking.because, approvalId: asking.approvalId }],
    [notOwed, asking.accountId, { ...admin, name: readOnly.name }, asking.because],
    [notOwed, leaving.accountId, admin, { ...leaving.because, eventId: asking.eventId }],
    [notOwed, left.accountId, readOnly, left.because],
    ['CorrelationConflict', administrator, admin, invited.because],
  ],
  revoke: ({ admin, readOnly, administrator, asking, leaving }) => [
    [notOwed, leaving.accountId, readOnly, leaving.because],
    [notOwed, asking.accountId, readOnly, asking.because],
    ['CorrelationConflict', administrator, admin, asking.because],
  ],
  createAccount: ({ left, leaving }) => [
    [notOwed, left.because],
    [notOwed, leaving.because],
    ['NothingKnown', nobody],
  ],
  enableAccount: ({ barred, left }) => [
    [notOwed, barred.accountId, barred.because],
    [notOwed, left.accountId, left.because],
    ['CorrelationConflict', left.accountId, barred.because],
  ],
  updateAccount: ({ administrator, asking }) => [
    ['CorrelationConflict', administrator, ['email', 'name'], asking.because],
    ['done', asking.accountId, ['email', 'name'], { ...asking.because, eventId: 'made-up' }],
  ],
  disableAccount: ({ administrator, asking, leaving }) => [
    [notOwed, leaving.accountId, leaving.because],
    [notOwed, asking.accountId, { ...asking.because, eventId: leaving.eventId }],
    ['CorrelationConflict', administrator, leaving.because],
  ],
  sendInvitation: ({ administrator, invited, left }) => [
    ['done', invited.accountId, invited.because, 1],
    ['done', invited.accountId, invited.because, 2],
    ['done', invited.accountId, invited.because, 99],
    [notOwed, left.accountId, left.because, 1],
    [notOwed, administrator, invited.because, 1],
  ],
  cancelInvitations: ({ invited, leaving, asking }) => [
    [notOwed, invited.accountId, invited.because],
    [notOwed, invited.accountId, leaving.because],
    [notOwed, invited.accountId, { ...asking.because, personId: 'nobody' }],
  ],
  correlateAccount: ({ leaving, left }) => [
    ['done', nobody],
    ['done', { ...left.because, eventId: leaving.eventId, isLeaving: true }],
  ],
  awaitCorrelation: ({ left }) => [
    ['StillHeld', { ...nobody, isAccountNeeded: true }],
    ['done', left.because],
  ],
  awaitFirstLogin: ({ administrator, invited }) => [
    ['StillPending', invited.personId, invited.eventId, administrator],
    ['NothingKnown', 'nobody', 'made-up', administrator],
  ],
  awaitAcceptance: ({ administrator }) => [['StillPending', administrator]],
  awaitDisabled: ({ administrator, asking, leaving }) => [
    [notOwed, asking.accountId, asking.because, true],
    ['StillHeld', administrator, leaving.because, false],
  ],
  awaitUnprotected: ({ asking }) => [['done', asking.accountId]],
  readHoldings: ({ administrator, invited }) => [['done', invited.because, administrator, { withMappings: true }]],
  readLastHoldings: ({ leaving, asking, left }) => [
    ['done', leaving.because, asking.accountId],
    ['done', leaving.because, leaving.accountId],
    ['done', { ...left.because, eventId: 'made-up' }, left.accountId],
  ],
  reportOwnedKeys: ({ administrator }) => [['done', 'invited', administrator]],
  readWantedAccess: ({ left }) => [['done', left.because]],
  readAccessBefore: () => [['done', 'left']],
  planIntent: ({ leaving, left }) => [
    ['done', { ...leaving.because, process: 'offboarding', accountId: leaving.accountId }],
    [notOwed, { ...left.because, eventId: leaving.eventId, process: 'offboarding' }],
  ],
  admitRemoval: ({ leaving, left }) => [
    [notOwed, leaving.personId, leaving.eventId, 'access', never],
    [notOwed, left.personId, left.eventId, 'email', never],
    [notOwed, 'left', leaving.eventId, 'access', never],
  ],
  awaitRelease: ({ leaving }) => [[notOwed, leaving.personId, leaving.eventId, 'access']],
  readMailbox: ({ leaving }) => [['done', leaving.personId, { id: 'none', at: never }]],
  recordProgress: ({ left }) => [
    ['done', { personId: left.personId, process: 'onboarding', phase: 'changing', at: never }],
  ],
  askForPrivileged: ({ asking }) => [['done', asking.because, { entitlements: [], requests: [] }, [], never]],
  requestForChange: ({ barred }) => [['done', barred.because, { change: 'enable', accountId: 'made-up' }, never]],
  notify: ({ asking }) => [['done', { kind: 'accessEnded', personId: asking.personId, details: {} }]],
  openApprovals: ({ rejected, pawn, admin }) => [
    [notOwed, rejected.because, [], { chain: 'none', at: never }],
    [
      'done',
      pawn.because,
      [{ approvalId: 'x', entitlements: [{ kind: 'role', name: admin.name }], rules: ['everyone'] }],
      { chain: 'none', at: never },
    ],
  ],
  finishProcess: ({ asking, leaving, pawn }) => [
    [
      'done',
      {
        personId: leaving.personId,
        process: 'offboarding',
        carriedOut: { eventId: leaving.eventId, employment: 'employed' },
        events: [{ eventId: leaving.eventId, outcome: end('completed') }],
        at: never,
      },
    ],
    [
      'done',
      {
        personId: asking.personId,
        process: 'onboarding',
        events: [{ eventId: asking.eventId, outcome: end('superseded') }],
        at: never,
      },
    ],
    [
      'done',
      {
        personId: pawn.personId,
        process: 'onboarding',
        carriedOut: { eventId: pawn.eventId, employment: 'left' },
        events: [{ eventId: pawn.eventId, outcome: end('completed') }],
        at: never,
      },
    ],
  ],
  endEvents: ({ asking, leaving }) => [
    ['done', leaving.personId, [{ eventId: leaving.eventId, outcome: end('completed') }], never],
    ['done', asking.personId, [{ eventId: asking.eventId, outcome: end('cancelled') }], never],
  ],
  reopenApproval: ({ asking, rejected }) => [
    ['done', asking, never],
    ['done', rejected, never],
  ],
  decide: ({ asking, admin: { name } }) => {
    const decision = { decisionId: 'd-1', approvalId: asking.approvalId, verdict: 'approve', actor: 'lead' };
    return [
      ['done', asking.because, decision, never],
      ['done', asking.because, { ...decision, decisionId: 'd-2', attestation: name }, never],
      ['done', asking.because, { decisionId: 'd-3', approvalId: asking.approvalId }, never],
    ];
  },
  closeApproval: ({ asking, pawn }) => [
    ...['approved', 'rejected', 'timedOut', 'open'].map((state): Forgery => ['done', asking, state, never]),
    ['done', pawn, 'withdrawn', never],
  ],
  remindApprovers: ({ asking }) => [['done', asking, 'approvalFallback', never]],
  awaitPermission: () => [['done', { permission: 'user_access_manage', operation: 'made up' }]],
  refreshCapabilities: () => [['done']],
  fetchBack: ({ asking, leaving }) => [
    ['done', asking.personId, leaving.eventId],
    ['FetchRefused', leaving.personId, leaving.eventId],
  ],
  startSync: () => [['done', 'made-up', 'full']],
  finishSync: () => [['done', { runId: 'made-up', summary: {}, kinds: whole }]],
  scanPending: () => [['done']],
  scanAccounts: () => [['done', { scanId: 'made-up', from: 1, pageSize: 2, total: 4 }]],
  closeAccounts: () => [['done', 'made-up', never, 1]],
  scanRoles: () => [['done']],
  scanTeams: () => [['done']],
  scanTeamMembers: () => [['done', '']],
  scanServiceAccounts: () => [['done', '']],
  scanNhis: () => [['done', 'apiKey', ['apiKey', 'serviceAccountKey']]],
  assess: () => [['done', { runId: 'made-up', startedAt: '1970-01-01T00:00:00.000Z', states: whole }]],
  watchLeaves: () => [['done']],
  tellForgotten: () => [['done']],
  tellAllForgotten: () => [['done']],
  watchEngine: () => [['done']],
  tellEvidence: () => [['done']],
  importRosters: () => [['done']],
};
