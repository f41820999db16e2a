import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createPages } from '../../../activities/sync/findings/pages.ts';
import { RefusedError, TooMuchError } from '../../../domain/errors.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import { peopleLimit } from '../../../domain/access/changeBudget.ts';
import { missingFromRosters } from '../../../domain/findings/rosters.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { recordDecision, type Operator, type Why } from '../../../auth/operator.ts';
import type { Muster } from '../../operations/muster.ts';
import { whoIs } from './access.ts';
import type { PlannedRoster, RosterItem, RosterPlan } from './model.ts';
import { planRoster } from './plan.ts';
import { aliasOf, refuseUnranked, type RankedPolicy } from '../identity.ts';
import { LeftOut } from '../leftOut.ts';
import { readRoster, settingsOf, type Roster } from './read.ts';
import { closeTaken, recordRefusals } from './refusals.ts';
import { loadState } from './state.ts';

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
): Promise<PlannedRoster> {
  const roster = await readRoster(path, settingsOf(policy, source));
  return planAgainst(inventory, policy, roster, { source, isComplete, now });
}

/** The same of a roster that was read. Throws a `RefusedError` for a source without a rank. */
export async function planAgainst(
  inventory: Inventory,
  policy: Policy,
  roster: Roster,
  { source, isComplete, now = new Date() }: Omit<RosterRequest, 'path'> & { readonly now?: Date },
): Promise<PlannedRoster> {
  const { defaultTimeZone, rules } = policy;
  refuseUnranked(policy, source);
  const { state, employed } = await loadState(inventory, policy, { source, now });
  return planRoster(roster, state, {
    ...{ source, isComplete, defaultTimeZone, rules },
    absence: policy.roster.absence,
    mayEndEmployment: policy.identity.mayEndEmployment.includes(source),
    budget: peopleLimit(policy.changeBudget.hour, employed),
    now,
  });
}

/** Throws a `RefusedError` where somebody has to say first what a column is. */
export function refuseUndecided({ decisions }: Pick<RosterPlan, 'decisions'>): void {
  if (decisions.length === 0) return;
  throw new RefusedError(`Nothing is applied before the policy says what these columns are: ${decisions.join('; ')}`);
}

/**
 * Submits a plan: each item through the mailbox of its person, ten at a time. Applied again it changes nothing, and after
 * an interruption it continues. What cannot be taken is put on record. Throws a `RefusedError` where columns are undecided.
 */
export async function applyPlan(
  { muster, inventory, policy }: ApplyContext,
  { plan, refused, taken }: PlannedRoster,
  { path, onProgress }: { readonly path: string; readonly onProgress?: (done: number) => void },
): Promise<number> {
  refuseUndecided(plan);
  const at = new Date().toISOString();
  const here = { source: plan.source, way: 'roster', file: basename(path), at } as const;
  const refusedIds = await recordRefusals(inventory, refused, here);
  // The order of one person's items counts: a corrected first day comes before the last working day.
  const byPerson = [...Map.groupBy(plan.items, whoIs).values()];
  const personIds = new Map<string, string>();
  for (const { externalId, email } of plan.unbound) {
    const { personId } = await aliasOf(inventory, { source: plan.source, externalId, email }, { at, policy });
    personIds.set(externalId ?? email ?? '', personId);
  }
  for (const { externalId, email, replaces } of plan.replaced) {
    const { personId } = await aliasOf(inventory, { source: plan.source, externalId, email }, { at, policy });
    await replaceBy(inventory, { source: plan.source, personId, replaces, at });
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
  await closeTaken(inventory, { taken, refusedIds }, here);
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

/** HR's own file says that two ids are one person. */
async function replaceBy(
  inventory: Inventory,
  {
    source,
    personId,
    replaces,
    at,
  }: { readonly source: string; readonly personId: string; readonly replaces: string; readonly at: string },
): Promise<void> {
  await inventory.inTransaction(async (trx) => {
    const { problem, accountId } = await trx.replacePerson({ personId, replaces, at });
    if (problem !== undefined) return;
    await trx.appendEvidence({
      ...{ personId, eventId: `replace:${source}:${replaces}`, step: 'replace', at, actor: source },
      action: 'replace person',
      reason: 'the last day of one id is the day before the first day of the other, with the same e-mail',
      before: { personId: replaces },
      after: { personId, accountId: accountId ?? null },
    });
  });
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
