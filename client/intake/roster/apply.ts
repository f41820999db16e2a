import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createPages } from '../../../activities/sync/findings/pages.ts';
import { TooMuchError } from '../../../domain/errors.ts';
import { attributesAt } from '../../../domain/facts/attributes.ts';
import type { PersonAttributes } from '../../../domain/model.ts';
import { compareRank, ranksOf, type Ranks } from '../../../domain/facts/ranks.ts';
import { foldCase } from '../../../domain/text.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import { peopleLimit } from '../../../domain/access/changeBudget.ts';
import { missingFromRosters } from '../../../domain/findings/rosters.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { recordDecision, type Operator, type Why } from '../../../auth/operator.ts';
import type { Muster } from '../../operations/muster.ts';
import { readAll } from '../../../domain/pages.ts';
import type { RosterItem, RosterPlan, RosterState } from './model.ts';
import { planRoster } from './plan.ts';
import { aliasOf, refuseUnranked, type RankedPolicy } from '../identity.ts';
import { LeftOut } from '../leftOut.ts';
import { readRoster } from './read.ts';
import type { IntakeRow, PersonRow } from '../../../inventory/port/people.ts';

interface ApplyContext {
  readonly muster: Pick<Muster, 'submitEvent'>;
  readonly inventory: Inventory;
  readonly policy: RankedPolicy;
}

interface RosterRequest {
  readonly path: string;
  readonly source: string;
  /** The file is the whole workforce of its source. */
  readonly isComplete: boolean;
}

/** Plans a roster against what is known. Writes nothing. */
export async function planRosterFile(
  inventory: Inventory,
  policy: Policy,
  { path, source, isComplete }: RosterRequest,
  now = new Date(),
): Promise<RosterPlan> {
  const { columns, absence } = policy.roster;
  const roster = await readRoster(path, columns);
  refuseUnranked(policy, source);
  const { state, employed } = await loadState(inventory, policy, source);
  return planRoster(roster, state, {
    source,
    isComplete,
    defaultTimeZone: policy.defaultTimeZone,
    absence,
    mayEndEmployment: policy.identity.mayEndEmployment.includes(source),
    budget: peopleLimit(policy.changeBudget.hour, employed),
    now,
  });
}

/**
 * Submits a plan: each item through the mailbox of its person, ten at a time. Applied again it changes nothing, and after
 * an interruption it continues.
 */
export async function applyPlan(
  { muster, inventory, policy }: ApplyContext,
  plan: RosterPlan,
  { path, onProgress }: { readonly path: string; readonly onProgress?: (done: number) => void },
): Promise<number> {
  const at = new Date().toISOString();
  // The order of one person's items counts: a corrected first day comes before the last working day.
  const byPerson = [...Map.groupBy(plan.items, whoIs).values()];
  const personIds = new Map<string, string>();
  for (const { externalId, email } of plan.unbound) {
    const { personId } = await aliasOf(inventory, { source: plan.source, externalId, email }, { at, policy });
    personIds.set(externalId ?? email, personId);
  }
  let done = 0;
  const submitAll = async (): Promise<void> => {
    for (let items = byPerson.shift(); items !== undefined; items = byPerson.shift()) {
      for (const item of items) {
        await submit(item);
        onProgress?.(done);
      }
    }
  };
  const left = new LeftOut();
  const submit = async (item: RosterItem): Promise<void> => {
    const { kind, eventId, person, because } = item;
    const personId = item.personId ?? personIds.get(whoIs(item)) ?? '';
    const event = {
      eventId,
      kind,
      personId,
      occurredAt: at,
      effectiveAt: item.effectiveAt ?? at,
      source: plan.source,
      reason: `roster: ${because}`,
      person,
    };
    const submitted = await left.unlessTooMuch(personId, () => inItsTurn(() => muster.submitEvent(event)));
    if (submitted !== undefined) done += 1;
  };
  await Promise.all(Array.from({ length: 10 }, submitAll));
  if (plan.isWhole) await recordAbsences(inventory, plan, { roster: basename(path), at });
  left.throwFirst();
  return done;
}

/** The link that says who applied the plan. Applied again it is the same. */
export async function noteRoster(
  by: Operator & { readonly inventory: Inventory },
  { source, hash, items, missing }: RosterPlan,
  why: Why,
): Promise<void> {
  const counts = Object.fromEntries(
    Map.groupBy(items, ({ kind }) => kind)
      .entries()
      .map(([kind, of]) => [kind, of.length]),
  );
  await recordDecision(by.inventory, by, {
    // No personId has a slash: the file is about many people.
    personId: `roster/${source}`,
    eventId: `roster:${hash}`,
    step: 'apply',
    action: 'apply roster',
    ...why,
    after: { name: source, plan: hash, ...counts, missing: missing.length },
  });
}

/** A roster may be larger than what a source may send in a minute: it goes on in the next one. */
async function inItsTurn<T>(submit: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await submit();
    } catch (error) {
      if (!(error instanceof TooMuchError) || error.bound !== 'source') throw error;
      await delay(error.retryAfterS * 1_000);
    }
  }
}

/** Records missing people, and opens findings at once: the next sync may be an hour away. */
async function recordAbsences(
  inventory: Inventory,
  { source, missing }: RosterPlan,
  { roster, at }: { readonly roster: string; readonly at: string },
): Promise<void> {
  await inventory.noteAbsences({ source, roster, absent: missing.map(({ personId }) => personId), at });
  const pages = createPages(inventory, { states: {}, at });
  await pages.goThrough('roster', inventory.absenceSnapshots, (absences) => ({ found: missingFromRosters(absences) }));
}

const whoIs = ({ personId, externalId, person }: RosterItem): string => personId ?? externalId ?? person?.email ?? '';

async function loadState(
  inventory: Inventory,
  policy: RankedPolicy,
  source: string,
): Promise<{ readonly state: RosterState; readonly employed: number }> {
  const [aliases, people, waiting, accounts, absences] = await Promise.all([
    readAll((limit, offset) => inventory.listAliases({ limit, offset })),
    readAll((limit, offset) => inventory.listPeople({ limit, offset })),
    // In one read: events applied meanwhile would shift pages.
    inventory.waitingEvents({ limit: 1_000_000 }),
    readAll((limit, offset) => inventory.listAccounts({ status: 'active', serviceAccounts: false, limit, offset })),
    inventory.listAbsences(source),
  ]);
  const mailboxes = Map.groupBy(waiting, ({ event }: IntakeRow) => event.personId);
  const aliasesOf = Map.groupBy(aliases, ({ personId }) => personId);
  const ranks = ranksOf(policy);
  const below = new Set(
    aliases.filter((alias) => compareRank(ranks, source, alias.source) > 0).map(({ personId }) => personId),
  );
  const own = await ownWords(inventory, { source, ranks, people: below });
  const ids = people.flatMap(({ personId, attributes }: PersonRow) =>
    attributes === undefined ? [personId] : [personId, attributes.email],
  );
  return {
    employed: people.filter(({ employment, accountId }) => employment !== 'left' && accountId !== undefined).length,
    state: {
      people: people.flatMap((person) => {
        const { personId } = person;
        const known = aliasesOf.get(personId) ?? [];
        const waits = mailboxes.get(personId)?.map(({ event }) => event) ?? [];
        const named = known.filter((alias) => alias.source === source);
        const isFirst = !below.has(personId);
        const about = { ...person, isFirst, isNamed: known.length > 0, own: own.get(personId), waiting: waits };
        return named.length === 0 ? [about] : named.map(({ externalId }) => ({ ...about, externalId }));
      }),
      known: new Set(ids.map(foldCase)),
      absences,
      unboundEmails: accounts.filter(({ personId }) => personId === undefined).map(({ email }) => email),
    },
  };
}

/** What a source itself has said of people of whom a higher one has the word. */
async function ownWords(
  inventory: Pick<Inventory, 'statementsOf'>,
  { source, ranks, people }: { readonly source: string; readonly ranks: Ranks; readonly people: ReadonlySet<string> },
): Promise<ReadonlyMap<string, PersonAttributes>> {
  const words = new Map<string, PersonAttributes>();
  for (const personId of people) {
    const said = (await inventory.statementsOf(personId)).filter((one) => one.source === source);
    const word = attributesAt(said, ranks, new Date().toISOString());
    if (word !== undefined) words.set(personId, word);
  }
  return words;
}
