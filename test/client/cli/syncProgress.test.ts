import { expect, test } from '@jest/globals';
import { describeProgress } from '../../../client/cli/syncProgress.ts';

const startedAt = '2026-01-05T08:00:00.000Z';
const counts = { accounts: 20_000, pages: 20, roles: 3, teams: 0, added: 0, removed: 0, changed: 0, requests: 23 };

test('progress says pages, rate and the time left', () => {
  const progress = { reading: 'accounts', counts, expected: 100_000, startedAt };
  expect(describeProgress(progress, Date.parse(startedAt) + 4_000)).toBe(
    'reading accounts: 20,000 of 100,000 accounts, 20 pages, 23 requests, 5,000 accounts a second, about 16 s left',
  );
});

test('progress before the first page and after the last says no time left', () => {
  const none = { ...counts, accounts: 0, pages: 0, requests: 2 };
  const first = describeProgress({ reading: 'roles', counts: none, startedAt }, Date.parse(startedAt) + 100);
  expect(first).toBe('reading roles: 0 accounts, 0 pages, 2 requests');
  const last = { reading: 'API keys', counts, expected: 20_000, startedAt };
  expect(describeProgress(last, Date.parse(startedAt) + 4_000)).not.toContain('left');
});
