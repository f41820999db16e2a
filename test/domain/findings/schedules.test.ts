import { expect, test } from '@jest/globals';
import { atEngine, minutesAgo } from '../../activities/sync/findings/samples.ts';

test.each([
  ['a schedule that is missing', { light: { state: 'missing' } }, 'access-sync-light', { schedule: 'missing' }],
  [
    'a pause, with its note',
    { full: { state: 'paused', note: 'x' } },
    'access-sync',
    { schedule: 'paused', note: 'x' },
  ],
  [
    'a light sync without end',
    { light: { runningSince: minutesAgo(16) } },
    'access-sync-light',
    { schedule: 'runs without end' },
  ],
  [
    'a full sync without end',
    { full: { runningSince: minutesAgo(121) } },
    'access-sync',
    { schedule: 'runs without end' },
  ],
  [
    'a light sync of which no run comes to its end',
    { light: { finishedAt: minutesAgo(16) } },
    'access-sync-light',
    { schedule: 'comes to no end', lastFinishedAt: minutesAgo(16) },
  ],
  ['a full sync of which none does', { endedAgo: 121 }, 'access-sync', { schedule: 'comes to no end' }],
] as const)('%s is a finding', async (_what, engine, subject, evidence) => {
  expect(await atEngine(engine)).toMatchObject([{ kind: 'syncStopped', subject, evidence }]);
});

test('a person’s run that fails is a finding about that person', async () => {
  expect(await atEngine({ failing: ['person/p-1', 'access-sync'] })).toMatchObject([
    { kind: 'runFailing', subject: 'person/p-1', personId: 'p-1' },
    { kind: 'runFailing', subject: 'access-sync' },
  ]);
});
