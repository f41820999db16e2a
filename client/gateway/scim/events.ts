import { randomUUID } from 'node:crypto';
import { contractorProblem } from '../../../domain/contractors.ts';
import type { HrEvent } from '../../../domain/model.ts';
import { foldCase } from '../../../domain/text.ts';
import type { RecordTransaction } from '../../../inventory/port/inventory.ts';
import type { RefusedItem } from '../../../inventory/port/refusals.ts';
import { canonicalJson, parseJson } from '../../../inventory/port/json.ts';
import type { ScimKey, ScimRow } from '../../../inventory/port/scim.ts';
import { contradictionOf } from '../../intake/contradictions.ts';
import { checkedEvent } from '../../operations/drafts.ts';
import type { GatewayContext } from '../context.ts';
import { wrong } from './errors.ts';
import { closeFaults, gapBy, gapsOf, isManagerAwaited, noteGaps } from './refusals.ts';
import { draftsOf, emailOf, factsOf, type UserFacts } from './userFacts.ts';
import { enterpriseUrn, userType } from './schemas.ts';
import { textAt, type JsonObject } from './values.ts';

/**
 * The events of people follow from the record: from what a user, with their groups and manager, says now, and what was said of the
 * person before. They are put on record in the transaction that notes what they say.
 */

export interface Clocked extends GatewayContext {
  /** Later than every instant that it returned before. */
  readonly nextInstant: () => string;
}

export const resourceOf = ({ resource }: Pick<ScimRow, 'resource'>): JsonObject => parseJson(resource) as JsonObject;

export const storedAs = (resource: JsonObject): ScimRow['resource'] =>
  canonicalJson(resource as Readonly<Record<string, unknown>>);

const saidOf = ({ said }: Pick<ScimRow, 'said'>): UserFacts | undefined =>
  said === undefined ? undefined : (parseJson(said) as unknown as UserFacts);

/** Whom the source calls the manager. */
export const managerIn = (resource: JsonObject): string | undefined =>
  textAt(userType, resource, `${enterpriseUrn}:manager.value`);

/** All by which the source may name the user as a manager. */
export const namesOf = (row: ScimRow): readonly string[] => {
  const resource = resourceOf(row);
  const texts = [resource['userName'], emailOf(resource)];
  return [...new Set([...idsOf(row), ...texts.filter((text) => typeof text === 'string')])];
};

/** The ids by which the source may mean the user. */
export const idsOf = ({ id, externalId }: Pick<ScimRow, 'id' | 'externalId'>): readonly string[] =>
  externalId === undefined ? [id] : [id, externalId];

type Reads = Pick<RecordTransaction, 'findPeopleByEmail' | 'findPerson' | 'findScim' | 'listScim' | 'scimGroupsOf'>;

/** What the user, as a member of their groups, says of a person, and what it follows from. */
async function readFacts(trx: Reads, { policy }: Pick<Clocked, 'policy'>, row: ScimRow) {
  const named = await trx.scimGroupsOf(row.source, idsOf(row));
  const groups = [...new Set(named.map(({ displayName }) => displayName.slice(0, 255).toWellFormed()))].toSorted();
  const { manager, isManaged } = await managerOf(trx, row);
  const resource = resourceOf(row);
  const email = saidOf(row)?.person?.email;
  const facts = factsOf(resource, { groups, manager, email, defaultTimeZone: policy.defaultTimeZone });
  return { facts, resource, groups, isManaged };
}

/** The manager by their id here or at the source; an e-mail or HR's id stays as it is. */
async function managerOf(trx: Reads, { source, manager: named }: ScimRow) {
  if (named === undefined) return { isManaged: true };
  const byId = await trx.findScim({ source, id: named });
  const [byExternalId] = await trx.listScim({ source, resourceType: 'User', externalId: named });
  const known = (byId ?? byExternalId)?.personId;
  const manager = known ?? named.slice(0, 255);
  const isManaged =
    known !== undefined ||
    (await trx.listScim({ source, resourceType: 'User', name: foldCase(named) })).length > 0 ||
    (await trx.findPerson(manager)) !== undefined ||
    (await trx.findPeopleByEmail(manager)).length > 0;
  return { manager, isManaged };
}

/** Throws for what the client can mend in a user who is active. */
export async function requireSound(trx: Reads, context: Clocked, row: ScimRow): Promise<void> {
  const { facts } = await readFacts(trx, context, row);
  if (!facts.isActive) return;
  const { isActive, hireAt, leaveAt } = saidOf(row) ?? {};
  if (isActive !== true || hireAt !== facts.hireAt || leaveAt !== facts.leaveAt) requireOneWord(facts, row, context);
  const { extra, manager } = facts.person ?? {};
  // The manager of a contractor counts as the sponsor: SCIM has no other attribute for one.
  const problem = contractorProblem(extra, { hasEnd: facts.leaveAt !== undefined, hasSponsor: manager !== undefined });
  if (problem !== undefined) {
    throw wrong('invalidValue', `${problem} (leaveDate of the Muster extension, or manager)`);
  }
}

/** A leave that was said in time ends the person; one that is over says something else than `active`. */
function requireOneWord({ hireAt, leaveAt }: UserFacts, { source }: ScimRow, { policy, now }: Clocked): void {
  const said = { source, status: 'active', timeZone: policy.defaultTimeZone, hasOwnTime: true } as const;
  const problem = contradictionOf({ ...said, firstDay: hireAt, lastDay: leaveAt }, {}, now());
  if (problem !== undefined) throw wrong('invalidValue', problem);
}

/** Events on record, and what could not be taken. */
export interface Settled {
  readonly events: readonly HrEvent[];
  readonly refused: readonly RefusedItem[];
}

/** Puts on record what follows from the user. Throws `TooMuchError` where the intake does not take it now. */
export async function settle(
  trx: RecordTransaction,
  context: Pick<Clocked, 'policy' | 'nextInstant'>,
  row: ScimRow,
): Promise<Settled> {
  const { source, id, personId } = row;
  const isGone = row.version === 0;
  const before = saidOf(row);
  const read = isGone ? undefined : await readFacts(trx, context, row);
  const after = read?.facts;
  const events: HrEvent[] = [];
  const at = context.nextInstant();
  const isAwaiting = after?.isActive === true && read?.isManaged === false && (await isManagerAwaited(trx, row, at));
  // Somebody without an e-mail is not a person yet.
  const isSaid = personId !== undefined && (after?.isActive !== true || after.person !== undefined);
  if (isSaid && !(isGone && (await hasReturned(trx, row)))) {
    const isKnown = before === undefined && (await trx.statementsOf(personId)).length > 0;
    for (const draft of draftsOf(before, after, { personId, source, eventId: eventIdOf(row), at, isKnown })) {
      const event = checkedEvent(draft);
      await trx.receiveEvent(event, at);
      events.push(event);
    }
  }
  if (isGone) await trx.removeScim({ source, id });
  else {
    const said = isSaid && after !== undefined ? storedFacts(after) : row.said;
    await trx.settleScim({ source, id }, { said, isAwaiting });
  }
  if (isGone) await closeFaults(trx, row, { at, why: 'the user was deleted' });
  const gaps = read && gapsOf(row, read.facts, { ...read, isManaged: read.isManaged || isAwaiting });
  return { events, refused: await noteGaps(trx, row, { gaps: gaps ?? [], at }) };
}

/** Nothing follows from the user as they are now, for this error. Undefined where the user is not to blame for it. */
export async function refuseUser(
  trx: RecordTransaction,
  { nextInstant }: Pick<Clocked, 'nextInstant'>,
  { row, error }: { readonly row: ScimRow; readonly error: unknown },
): Promise<Settled | undefined> {
  const gap = row.version === 0 ? undefined : gapBy(error, row);
  if (gap === undefined) return undefined;
  await trx.settleScim(row, { said: row.said });
  return { events: [], refused: await noteGaps(trx, row, { gaps: [gap], at: nextInstant() }) };
}

/** They were created again before the end of this user was on record. */
async function hasReturned(trx: RecordTransaction, { source, id, personId }: ScimRow): Promise<boolean> {
  const holders = await trx.listScim({ source, resourceType: 'User', personId });
  return holders.some((one) => one.id !== id);
}

const storedFacts = (facts: UserFacts): ScimRow['said'] =>
  canonicalJson(facts as unknown as Readonly<Record<string, unknown>>);

/** It is said once, in the transaction that notes that it was: the id only has to be its own. */
const eventIdOf = ({ source, id }: ScimKey): string => `scim:${source}:${id}:${randomUUID()}`;

export function nameOf(resource: JsonObject): string {
  const name = resource['userName'] ?? resource['displayName'];
  return typeof name === 'string' ? foldCase(name) : '';
}
