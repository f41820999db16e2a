import { expect, test } from '@jest/globals';
import { atLeave, daysAgo, wordOf } from '../../activities/sync/findings/samples.ts';

test.each(['failed', 'superseded', 'stale', 'cancelled', 'observed', 'notAccepted', 'completed'] as const)(
  'a leaver that ended as %s while the account is in use is a finding',
  (outcome) => {
    for (const status of ['active', 'pending'] as const) {
      expect(atLeave({ outcome, account: { id: 'a-1', status } })).toMatchObject([
        { kind: 'leaverNotEnded', subject: 'p-1', since: daysAgo(2), evidence: { outcome, account: status } },
      ]);
    }
  },
);

test.each([
  ['an older hire', [wordOf('joiner', 3)]],
  ['a hire that is to come', [{ ...wordOf('joiner', 1), effectiveAt: daysAgo(-2) }]],
  ['a hire of the far future', [{ ...wordOf('joiner', 1), occurredAt: '2099-01-01T00:00:00.000Z' }]],
  ['a mover', [wordOf('mover', 1)]],
])('%s keeps nobody who has left', (_what, others) => {
  expect(atLeave({ others })).toHaveLength(1);
  expect(atLeave({ others, outcome: 'stale' })).toHaveLength(1);
});

test('a leaver that failed without a known account is a finding: nothing shows that access ended', () => {
  expect(atLeave({ outcome: 'failed', account: undefined })).toHaveLength(1);
});
