import { expect, test } from '@jest/globals';
import { whyNotOwed, type AskedWrite, type OwedRecord } from '../../../domain/access/owed.ts';
import type { HrEvent, ResolvedEntitlement } from '../../../domain/model.ts';

const nowMs = Date.parse('2026-03-01T09:00:00Z');
const day = 24 * 3_600_000;
const inDays = (days: number): string => new Date(nowMs + days * day).toISOString();

const role: ResolvedEntitlement = { kind: 'role', id: 'r-1', name: 'Standard' };
const nothing = { names: ['Standard'], isGranted: false, onApproval: [], wasHeld: false, isOurs: false } as const;

const event = (kind: HrEvent['kind'], change: Partial<HrEvent> = {}): HrEvent => ({
  eventId: 'e-1',
  kind,
  personId: 'p-1',
  occurredAt: inDays(-1),
  effectiveAt: inDays(-1),
  source: 'hr',
  ...change,
});

interface Change extends Partial<Omit<OwedRecord, 'reason'>> {
  readonly reason?: Partial<NonNullable<OwedRecord['reason']>>;
}

/** A person who is employed and has account a-1, whose event e-1 is carried out. */
const record = (kind: HrEvent['kind'], { reason, ...change }: Change = {}): OwedRecord => ({
  because: { personId: 'p-1', eventId: 'e-1' },
  reason: { event: event(kind), isWithdrawn: false, ...reason },
  person: { accountId: 'a-1', employment: 'employed', lines: {} },
  employment: { now: 'employed', onItsDay: 'employed' },
  isAdmitted: false,
  isGivenUp: false,
  isOurDisabling: false,
  entitled: nothing,
  ...change,
});

const left = { employment: { now: 'ended', onItsDay: 'ended' } } as const;
const write = (kind: AskedWrite['kind'], change: Partial<AskedWrite> = {}): AskedWrite => ({
  kind,
  accountId: 'a-1',
  ...change,
});
const grant = write('grant', { entitlement: role });
const revoke = write('revoke', { entitlement: role });
const why = (on: OwedRecord, asked: AskedWrite) => whyNotOwed(on, asked, { times: { leadMs: 7 * day }, nowMs });

const approved = (change: Partial<NonNullable<OwedRecord['approval']>> = {}): Partial<OwedRecord> => ({
  because: { personId: 'p-1', eventId: 'e-1', approvalId: 'ap-1' },
  approval: { entitlements: [{ kind: 'role', name: 'Standard' }], rules: ['sre'], ...change },
});
const onApproval = { entitled: { ...nothing, onApproval: ['sre'] } };
const granted = { entitled: { ...nothing, isGranted: true } };
const enabling = (accountId: string) => ({
  entitlements: [],
  about: { change: 'enable', accountId: 'a-1' } as const,
  act: `enable account ${accountId}, which somebody else has disabled`,
});

test.each<[string, OwedRecord, AskedWrite]>([
  ['an account for a joiner', record('joiner'), write('create', { accountId: undefined })],
  ['an account within the lead time of a rehire', rehireIn(3), write('create', { accountId: undefined })],
  ['a further invitation', record('joiner'), write('invite')],
  ['the end of invitations that nobody has accepted', record('joiner', { isGivenUp: true }), write('uninvite')],
  ['birthright access', record('mover', granted), grant],
  ['birthright access of a retry', record('reconcile', granted), grant],
  ['access that is approved', record('mover', { ...onApproval, ...approved() }), grant],
  [
    'privileged access that is approved as that',
    record('mover', { ...granted, ...approved({ rules: ['approvals.default'], privileged: ['Standard'] }) }),
    { ...grant, isPrivileged: true },
  ],
  [
    'what was held, to somebody who is restored',
    record('leaverRescinded', {
      entitled: { ...nothing, wasHeld: true },
      reason: { event: event('leaverRescinded', { restore: true }) },
    }),
    grant,
  ],
  ['the account that Muster disabled', record('joiner', { isOurDisabling: true }), write('enable')],
  [
    'an account that somebody else disabled, once approved',
    record('joiner', approved(enabling('a-1'))),
    write('enable'),
  ],
  ['a new name', record('mover'), write('update')],
  ['a new e-mail', record('mover'), write('update', { email: 'new@example.com' })],
  ['a leaver’s disabling', record('leaver', { ...left, isAdmitted: true }), write('disable')],
  [
    'the disabling of a leave that is tried again',
    record('reconcile', { ...left, isAdmitted: true }),
    write('disable'),
  ],
  ['a leaver’s emptying of a disabled account', record('leaver', left), { ...revoke, isDisabled: true }],
  ['the emptying before an account is enabled', record('joiner'), { ...revoke, isDisabled: true }],
  [
    'the end of what Muster granted',
    record('mover', { isAdmitted: true, entitled: { ...nothing, isOurs: true } }),
    revoke,
  ],
  [
    'a withdrawn leaver that is carried out already',
    record('leaver', { ...left, isAdmitted: true, reason: { isWithdrawn: true } }),
    write('disable'),
  ],
])('the record owes %s', (_what, on, asked) => {
  expect(why(on, asked)).toBeUndefined();
});

/** Somebody who has left, and joins again. */
function rehireIn(days: number): OwedRecord {
  return record('joiner', {
    employment: { now: 'ended', onItsDay: 'employed' },
    reason: { event: event('joiner', { effectiveAt: inDays(days) }) },
  });
}

test.each<[string, OwedRecord, AskedWrite, RegExp]>([
  ['the end of an invitation that may be accepted still', record('joiner'), write('uninvite'), /time to accept/],
  ['an event of nobody', { ...record('joiner', granted), reason: undefined }, grant, /no event e-1 is on record/],
  [
    'an event of somebody else',
    record('joiner', { ...granted, reason: { event: event('joiner', { personId: 'p-2' }) } }),
    grant,
    /another person/,
  ],
  [
    'an event that has ended',
    record('joiner', { ...granted, reason: { outcome: 'completed' } }),
    grant,
    /has ended already: completed/,
  ],
  [
    'an event that a newer one has overtaken',
    record('joiner', {
      ...granted,
      person: {
        accountId: 'a-1',
        employment: 'left',
        lines: { employment: { occurredAt: inDays(0), eventId: 'e-2' } },
      },
    }),
    grant,
    /stale/,
  ],
  ['an event that is withdrawn', record('joiner', { ...granted, reason: { isWithdrawn: true } }), grant, /withdrawn/],
  [
    'an event that is not due',
    record('mover', { ...granted, reason: { event: event('mover', { effectiveAt: inDays(1) }) } }),
    grant,
    /not due/,
  ],
  ['a hire before its lead time', rehireIn(9), write('create', { accountId: undefined }), /not due/],
  ['a hire before its day', { ...rehireIn(3), ...granted }, grant, /has left/],
  [
    'a first hire before its day',
    record('joiner', {
      ...granted,
      employment: { now: 'unknown', onItsDay: 'employed' },
      reason: { event: event('joiner', { effectiveAt: inDays(3) }) },
    }),
    grant,
    /not taken effect/,
  ],
  ['an account of somebody else', record('mover', granted), { ...grant, accountId: 'a-2' }, /not bound/],
  ['a grant to somebody who has left', record('reconcile', { ...granted, ...left }), grant, /has left/],
  ['a grant by a leaver', record('leaver', granted), grant, /gives nothing/],
  ['a grant that no rule has', record('mover'), grant, /neither the policy/],
  [
    'a grant under another name',
    record('mover', granted),
    write('grant', { entitlement: { ...role, name: 'Harmless' } }),
    /names it so/,
  ],
  ['a grant on approval without one', record('mover', onApproval), grant, /neither the policy/],
  [
    'a grant by an approval of something else',
    record('mover', { ...onApproval, ...approved({ entitlements: [] }) }),
    grant,
    /something else/,
  ],
  [
    'a grant by the approvers of another rule',
    record('mover', { ...onApproval, ...approved({ rules: ['deploy'] }) }),
    grant,
    /by the rule that was approved/,
  ],
  [
    'a grant by an approval that is not proven',
    record('mover', { ...onApproval, ...approved({ why: 'forged' }) }),
    grant,
    /forged/,
  ],
  ['a privileged grant by birthright', record('mover', granted), { ...grant, isPrivileged: true }, /privileged/],
  [
    'a privileged grant that was approved as harmless',
    record('mover', { ...onApproval, ...approved() }),
    { ...grant, isPrivileged: true },
    /not approved as that/,
  ],
  [
    'what was never held, to somebody who is restored',
    record('leaverRescinded', { ...granted, reason: { event: event('leaverRescinded', { restore: true }) } }),
    grant,
    /neither the policy/,
  ],
  ['an account for a mover', record('mover'), write('create', { accountId: undefined }), /makes nobody join/],
  [
    'an account for somebody who has left',
    record('reconcile', left),
    write('create', { accountId: undefined }),
    /has left/,
  ],
  [
    'an account for somebody who was adopted as left',
    record('reconcile', {
      employment: { now: 'unknown', onItsDay: 'unknown' },
      person: { accountId: 'a-1', employment: 'left', lines: {} },
    }),
    write('create'),
    /has left/,
  ],
  ['an account that somebody else disabled', record('joiner'), write('enable'), /did not disable/],
  [
    'an enabling that is approved for another account',
    record('joiner', approved(enabling('a-2'))),
    write('enable'),
    /something else/,
  ],
  [
    'an e-mail that somebody else has',
    record('mover', { emailHolder: 'p-2' }),
    write('update', { email: 'new@example.com' }),
    /person p-2/,
  ],
  [
    'an administrator’s e-mail without an approval',
    record('mover'),
    write('update', { email: 'new@example.com', isPrivileged: true }),
    /no approval/,
  ],
  [
    'an administrator’s e-mail by the approval of another one',
    record(
      'mover',
      approved({
        about: { change: 'email', accountId: 'a-1' },
        act: 'change the e-mail of account a-1 to old@example.com',
      }),
    ),
    write('update', { email: 'new@example.com', isPrivileged: true }),
    /something else/,
  ],
  ['a disabling by a mover', record('mover', { isAdmitted: true }), write('disable'), /no leaver/],
  ['a disabling of somebody who is employed', record('reconcile', { isAdmitted: true }), write('disable'), /no leaver/],
  ['a disabling that the change budget holds', record('leaver', left), write('disable'), /not admitted/],
  [
    'a leave before its day',
    record('leaver', { isAdmitted: true, reason: { event: event('leaver', { effectiveAt: inDays(1) }) } }),
    write('disable'),
    /not due/,
  ],
  [
    'the end of access that the policy grants',
    record('mover', { entitled: { ...nothing, isOurs: true, isGranted: true } }),
    revoke,
    /grants it/,
  ],
  ['the end of access that somebody else granted', record('mover'), revoke, /has not granted it/],
  ['a mover’s emptying of a disabled account', record('mover'), { ...revoke, isDisabled: true }, /has not granted it/],
])('the record does not owe %s', (_what, on, asked, reason) => {
  expect(why(on, asked)).toMatch(reason);
});
