import { expect, test } from '@jest/globals';
import { markWorkflows, replayEach, silentRuntime } from '../support/addedActivities.ts';
import { readHistories, type StoredRun } from '../support/histories.ts';

/**
 * Statements of asynchronous functions that no stored run reaches, by file, and what would have to happen there: a change
 * there fails no replay. None of them waits for a person. A number may only become smaller. Above it a history is
 * missing: see docs/changing-workflows.md.
 */
const unreached: Readonly<Record<string, { readonly places: number; readonly when: string }>> = {
  'workflows/fullSync.ts': {
    places: 10,
    when: 'more accounts, members or keys than a page holds; service accounts that show no tokens; findings that cannot be worked out',
  },
  'workflows/observe.ts': { places: 2, when: 'in observe mode, a hire whom the record ends at once, and a restore' },
  'workflows/offboarding.ts': { places: 3, when: 'a leave that fails for a reason that nobody is waited for' },
  'workflows/onboarding.ts': { places: 1, when: 'an account that ends the onboarding once it is read' },
  'workflows/proxies.ts': { places: 3, when: 'a record that is down for longer than a local activity tries' },
  'workflows/roleChange.ts': { places: 2, when: 'an account that is gone, or ends the change once it is read' },
  'workflows/run/approvals.ts': {
    places: 9,
    when: 'a decision that lapsed, that the record refuses, that no process waits for, or that comes as its time ends',
  },
  'workflows/run/handlers.ts': {
    places: 2,
    when: 'a decision by update that is refused, or cut off by the end of its process',
  },
  'workflows/run/length.ts': {
    places: 4,
    when: 'a thousand events: a history as long would be a third of all of them',
  },
  'workflows/run/run.ts': {
    places: 9,
    when: "an id that is nobody's, an HR record fetched while nothing else waits, a procedure that fails",
  },
  'workflows/steps/approvedAssignments.ts': { places: 1, when: 'a decision that lapsed before its role was assigned' },
  'workflows/steps/assignment.ts': { places: 1, when: 'a disabled account whose name differs' },
  'workflows/steps/disableAccount.ts': {
    places: 1,
    when: 'a refusal of another kind than those that a leave waits for',
  },
  'workflows/steps/ensureAccount.ts': { places: 2, when: 'a role that cannot be taken from a disabled account' },
  'workflows/steps/entitlements.ts': { places: 5, when: 'a key that may not do what a process can do without' },
  'workflows/steps/grantAccess.ts': {
    places: 7,
    when: 'an account that goes away, or gets a privileged role, while its e-mail waits',
  },
  'workflows/steps/invitation.ts': {
    places: 8,
    when: 'an account that is active before its invitation, or is not after a poll said so; an invitation that cannot be cancelled',
  },
  'workflows/steps/onceApproved.ts': {
    places: 7,
    when: 'a decision that lapsed before the write, and a request that nobody may decide',
  },
  'workflows/steps/removeAccess.ts': {
    places: 10,
    when: 'teams and keys that cannot be read, access that is still held after its removal',
  },
  'workflows/steps/wantedAccess.ts': {
    places: 2,
    when: 'teams that the key may not read, and roles that were renamed',
  },
};

/** How the SDK says that a run goes another way; whatever else may fail says nothing of the history. */
const otherWay = /nondeterminism|transition is invalid/i;

silentRuntime();
const marked = await markWorkflows();
const runs = [...(await readHistories()).values()].flat();

/** The runs that reach each place, the shortest first. */
const reachedBy = new Map<number, StoredRun[]>();

const shortestFirst = (all: readonly StoredRun[]): readonly StoredRun[] =>
  all.toSorted((a, b) => lengthOf(a) - lengthOf(b));

const lengthOf = ({ history }: StoredRun): number => (history.events as readonly unknown[]).length;

const wordsFor = (place: number): string => {
  const { file, line } = marked.places[place] ?? { file: '', line: 0 };
  return `${file}:${line}`;
};

test('with nothing added, each stored run replays', async () => {
  for await (const { run, error, reached } of replayEach(
    marked,
    shortestFirst(runs).map((run) => ({ run })),
  )) {
    expect(error).toBeUndefined();
    for (const place of reached) reachedBy.set(place, [...(reachedBy.get(place) ?? []), run]);
  }
  expect(reachedBy.size).toBeGreaterThan(500);
}, 300_000);

test('an activity added at any place that a stored run reaches fails a replay', async () => {
  const noticed = new Set<number>();
  function* untilOneFails() {
    for (const [place, all] of reachedBy) {
      for (const run of all) {
        if (noticed.has(place)) break;
        yield { run, place };
      }
    }
  }
  for await (const { place, error } of replayEach(marked, untilOneFails())) {
    if (place !== undefined && otherWay.test(error?.message ?? '')) noticed.add(place);
  }
  expect([...reachedBy.keys()].filter((place) => !noticed.has(place)).map(wordsFor)).toEqual([]);
}, 900_000);

test('no more statements than listed are reached by no stored run', () => {
  const missed = new Map<string, string[]>();
  for (const [place, { file }] of marked.places.entries()) {
    if (!reachedBy.has(place)) missed.set(file, [...(missed.get(file) ?? []), wordsFor(place)]);
  }
  const above = [...missed].filter(([file, places]) => places.length > (unreached[file]?.places ?? 0));
  expect(Object.fromEntries(above)).toEqual({});
  // Below it the number here is to be lowered.
  const listed = Object.entries(unreached).map(([file, { places }]) => [file, places] as const);
  expect(new Map([...missed].map(([file, places]) => [file, places.length]))).toEqual(new Map(listed));
});
