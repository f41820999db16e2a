import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Ranks } from '../../domain/facts/ranks.ts';
import { chooseEvent, isHire, processOf, settle } from '../../domain/mailbox.ts';
import type { Employment, EventKind, HrEvent, ProcessType } from '../../domain/model.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { openDatabases } from './backends.ts';

/** What the record says of a person follows from what was said, whatever the order in which it came and was carried out. */

const ranks: Ranks = {
  authority: ['hr', 'vendors', 'lms'],
  mayAdd: { lms: ['title', 'location'] },
  mayEndEmployment: ['vendors'],
};
const day = (index: number): string => new Date(Date.UTC(2026, 0, 1 + index)).toISOString();
const now = day(200);

const statements = fc.uniqueArray(
  fc.record({
    source: fc.constantFrom('hr', 'vendors', 'lms', 'cli'),
    kind: fc.constantFrom<EventKind>('joiner', 'updated', 'mover', 'leaver', 'leaverRescinded'),
    occurred: fc.integer({ min: 0, max: 40 }),
    effective: fc.integer({ min: 0, max: 60 }),
    names: fc.subarray(['title', 'department', 'manager', 'location'], { minLength: 1 }),
  }),
  { selector: ({ occurred }) => occurred, minLength: 2, maxLength: 6 },
);

type Said = typeof statements extends fc.Arbitrary<(infer One)[]> ? One : never;

function eventOf({ source, kind, occurred, effective, names }: Said, personId: string): HrEvent {
  const told = Object.fromEntries(names.map((name) => [name, `${source}-${occurred}`]));
  const { location, ...standard } = told;
  const person = {
    ...(isHire({ kind }) ? { email: `${source}-${occurred}@example.com` } : {}),
    ...standard,
    ...(location === undefined ? {} : { extra: { location } }),
  };
  return {
    eventId: `${personId}:${occurred}`,
    kind,
    personId,
    source,
    occurredAt: day(occurred),
    effectiveAt: day(effective),
    ...(isHire({ kind }) || kind === 'mover' ? { person } : {}),
  };
}

/** A leave is heard after it was withdrawn, and after a lower source's hire was carried out that HR's word now outranks. */
const lateLeaver: Said[] = [
  { source: 'hr', kind: 'mover', occurred: 0, effective: 0, names: ['location'] },
  { source: 'cli', kind: 'leaverRescinded', occurred: 2, effective: 0, names: ['location'] },
  { source: 'lms', kind: 'joiner', occurred: 3, effective: 1, names: ['location'] },
  { source: 'hr', kind: 'leaver', occurred: 1, effective: 0, names: ['manager'] },
];

/** A lower source's hire was carried out after a leave; then HR is heard for the first time, and the leave is the newest that counts. */
const leaverBeforeLower: Said[] = [
  { source: 'cli', kind: 'leaver', occurred: 1, effective: 0, names: ['location'] },
  { source: 'lms', kind: 'joiner', occurred: 2, effective: 1, names: ['location'] },
  { source: 'hr', kind: 'joiner', occurred: 0, effective: 0, names: ['location'] },
];

const after: Record<ProcessType, Employment | undefined> = {
  onboarding: 'employed',
  offboarding: 'left',
  roleChange: undefined,
};

/** Carries out what waits, as the runs of a person do. */
async function carryOut(inventory: Inventory, personId: string): Promise<void> {
  for (;;) {
    const { person, events } = await inventory.readMailbox(personId, { id: 'run', at: now }, ranks);
    const { waiting, dropped } = settle(events, person);
    const choice = chooseEvent(waiting, { leadMs: 0 }, Date.parse(now));
    const event = choice.state === 'due' ? choice.event : undefined;
    const process = event === undefined ? 'roleChange' : processOf(event, person.employment);
    const ended = [
      ...dropped.map((one) => ({ eventId: one.event.eventId, outcome: { kind: one.kind, parts: [] } })),
      ...(event === undefined ? [] : [{ eventId: event.eventId, outcome: { kind: 'completed', parts: [] } as const }]),
    ];
    const carriedOut = event && { eventId: event.eventId, employment: after[process] ?? person.employment };
    await inventory.finishProcess({ personId, process, carriedOut, events: ended, at: now }, ranks);
    if (event === undefined) return;
  }
}

test('any order in which three sources and an operator are heard ends in the same record', async () => {
  const [sqlite] = await openDatabases();
  await using fixture = await (sqlite?.makeFixture() ?? Promise.reject(new Error('no database')));
  const { inventory } = fixture;
  let count = 0;
  const recordAfter = async (said: readonly Said[], rounds: readonly boolean[]) => {
    count += 1;
    const personId = `p-${count}`;
    for (const [index, one] of said.entries()) {
      await inventory.receiveEvent(eventOf(one, personId), day(count));
      if (rounds[index] === true) await carryOut(inventory, personId);
    }
    await carryOut(inventory, personId);
    const { attributes, employment } = (await inventory.findPerson(personId)) ?? {};
    const word = await inventory.employmentAt(personId, now, ranks);
    expect(attributes).toEqual(await inventory.attributesAt(personId, now, ranks));
    return { attributes, employment, state: word.state };
  };
  const states = { employed: 'employed', ended: 'left', unknown: 'unknown' } as const;
  await fc.assert(
    fc.asyncProperty(statements, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), async (said, rounds) => {
      const inOrder = said.toSorted((a, b) => a.occurred - b.occurred);
      const scattered = await recordAfter(said, rounds);
      expect(scattered).toEqual(await recordAfter(inOrder, []));
      expect(scattered.employment).toBe(states[scattered.state]);
    }),
    {
      numRuns: 60,
      examples: [
        [lateLeaver, [false, false, true, false, false, false]],
        [leaverBeforeLower, [false, true, false, false, false, false]],
      ],
    },
  );
}, 60_000);

test('a leave has its turn again where another process ends before the first word of HR', async () => {
  const [sqlite] = await openDatabases();
  await using fixture = await (sqlite?.makeFixture() ?? Promise.reject(new Error('no database')));
  const { inventory } = fixture;
  const personId = 'p-1';
  for (const [index, said] of leaverBeforeLower.entries()) {
    await inventory.receiveEvent(eventOf(said, personId), day(index));
    if (index < 2) await carryOut(inventory, personId);
  }
  expect(await inventory.findPerson(personId)).toMatchObject({ employment: 'employed' });
  await inventory.finishProcess({ personId, process: 'roleChange', events: [], at: now }, ranks);
  await carryOut(inventory, personId);
  expect(await inventory.findPerson(personId)).toMatchObject({ employment: 'left' });
});
