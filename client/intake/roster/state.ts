import { attributesAt } from '../../../domain/facts/attributes.ts';
import { compareRank, ranksOf, type Ranks } from '../../../domain/facts/ranks.ts';
import type { PersonAttributes } from '../../../domain/model.ts';
import { readAll } from '../../../domain/pages.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { foldCase } from '../../../domain/text.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import type { IntakeRow, PersonRow } from '../../../inventory/port/people.ts';
import { leftSince } from '../contradictions.ts';
import type { RosterState } from './model.ts';

/** What is known of everybody, as a roster of this source is compared with it. */
export async function loadState(
  inventory: Inventory,
  policy: Pick<Policy, 'identity' | 'sources' | 'changeBudget'>,
  { source, now }: { readonly source: string; readonly now: Date },
): Promise<{ readonly state: RosterState; readonly employed: number }> {
  const [aliases, people, waiting, accounts, absences, room] = await Promise.all([
    readAll((limit, offset) => inventory.listAliases({ limit, offset })),
    readAll((limit, offset) => inventory.listPeople({ limit, offset })),
    // In one read: events applied meanwhile would shift pages.
    inventory.waitingEvents({ limit: 1_000_000 }),
    readAll((limit, offset) => inventory.listAccounts({ status: 'active', serviceAccounts: false, limit, offset })),
    inventory.listAbsences(source),
    inventory.roomInBudget({ source, at: now.toISOString() }, policy.changeBudget),
  ]);
  const mailboxes = Map.groupBy(waiting, ({ event }: IntakeRow) => event.personId);
  const aliasesOf = Map.groupBy(aliases, ({ personId }) => personId);
  const ranks = ranksOf(policy);
  const below = new Set(
    aliases.filter((alias) => compareRank(ranks, source, alias.source) > 0).map(({ personId }) => personId),
  );
  const own = await ownWords(inventory, { source, ranks, people: below });
  const leaves = await leavesOf(inventory, people);
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
        const about = {
          ...person,
          isFirst,
          isNamed: known.length > 0,
          own: own.get(personId),
          leftAt: leaves.get(personId),
          waiting: waits,
        };
        return named.length === 0 ? [about] : named.map(({ externalId }) => ({ ...about, externalId }));
      }),
      known: new Set(ids.map(foldCase)),
      absences,
      unboundEmails: accounts.filter(({ personId }) => personId === undefined).map(({ email }) => email),
      knownAccounts: accounts.length,
      room,
    },
  };
}

/** Since when people have left, where the word that says so is on record. */
async function leavesOf(
  inventory: Pick<Inventory, 'findEvents'>,
  people: readonly PersonRow[],
): Promise<ReadonlyMap<string, string>> {
  const left = people.filter(({ employment }) => employment === 'left');
  const ids = left.flatMap(({ lines }) => (lines.employment === undefined ? [] : [lines.employment.eventId]));
  const words = await inventory.findEvents(ids);
  return new Map(words.map(({ event }) => [event.personId, leftSince(event)]));
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
