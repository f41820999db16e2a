import { randomUUID } from 'node:crypto';
import { breathe } from '../../../inventory/port/breathe.ts';
import { TooMuchError } from '../../../domain/errors.ts';
import type { RecordTransaction } from '../../../inventory/port/inventory.ts';
import type { ScimFilter, ScimRow } from '../../../inventory/port/scim.ts';
import { isPlainId } from '../../../domain/text.ts';
import { filled } from '../../intake/attributes.ts';
import { aliasOf } from '../../intake/identity.ts';
import type { ScimContext } from './context.ts';
import { ScimError, wrong } from './errors.ts';
import { managerIn, nameOf, namesOf, requireSound, resourceOf, settle, storedAs, type Settled } from './events.ts';
import { closeFaults, noteFaults } from './refusals.ts';
import { groupType, type ResourceType } from './schemas.ts';
import { emailOf, hasWrongEmail } from './userFacts.ts';
import { isEmployed, isObject, listOf, requireAll, textAt, type JsonObject, type Notes } from './values.ts';

/**
 * Changes of users and groups. A change is on record when it is answered: the resource, with what follows for the user's person, in one
 * transaction. What follows for the members of a group, and for somebody's reports, is owed from then on.
 */

export const etagOf = ({ version }: Pick<ScimRow, 'version'>): string => `W/"${version}"`;

/** What a request asks for, with what could not be read of it. */
export interface Asked {
  readonly resource: JsonObject;
  readonly notes: Notes;
  /** As it came. */
  readonly body: unknown;
  /** It says everything of the resource. */
  readonly isWhole: boolean;
}

/** `again`: somebody else has changed it since it was read. */
type Outcome = ScimRow | 'again';

export async function createResource(
  context: ScimContext,
  {
    source,
    type,
    resource,
    notes,
  }: { readonly source: string; readonly type: ResourceType } & Pick<Asked, 'resource' | 'notes'>,
): Promise<ScimRow> {
  requireAll(type.root, resource, notes);
  const [fault] = notes.faults;
  if (fault !== undefined) throw fault;
  return untilDone(async () => {
    const at = context.nextInstant();
    const common = { source, id: randomUUID(), resourceType: type.name, version: 0, owed: 0, createdAt: at } as const;
    const row: ScimRow = { ...common, ...columnsOf(type, resource, at) };
    await breathe();
    const known = await knownAs(context, row);
    if (known === undefined) return record(context, undefined, { row, isWhole: true });
    // A repeated POST of a group that names no members does not empty it.
    const { members } = resourceOf(known);
    const whole = resource['members'] === undefined && members !== undefined ? { ...resource, members } : resource;
    return changed(context, known, { row: { ...known, ...columnsOf(type, whole, at) }, isWhole: true });
  });
}

/** The group that the source creates once more, or the user who comes back: by `externalId`, else by name. */
async function knownAs(
  { inventory }: ScimContext,
  { source, resourceType, externalId, name }: ScimRow,
): Promise<ScimRow | undefined> {
  const isIt = (one: ScimRow) => resourceType === 'Group' || !isEmployed(resourceOf(one));
  const sameId = externalId === undefined ? [] : await inventory.listScim({ source, resourceType, externalId });
  const namesakes = await inventory.listScim({ source, resourceType, name });
  const hasNoOtherId = (one: ScimRow): boolean =>
    one.externalId === externalId || (resourceType === 'Group' && [one.externalId, externalId].includes(undefined));
  return sameId.find(isIt) ?? namesakes.find((one) => hasNoOtherId(one) && isIt(one));
}

/** `ask` reads what the request wants of the current resource; it is asked again where that has changed meanwhile. */
export async function changeResource(
  context: ScimContext,
  type: ResourceType,
  find: () => Promise<ScimRow>,
  ask: (current: JsonObject) => Asked,
): Promise<ScimRow> {
  return untilDone(async () => {
    const before = await find();
    const current = resourceOf(before);
    const asked = ask(current);
    // Each step of a large group takes a while: others have their turn in between.
    await breathe();
    const resource = accepted(type, current, asked);
    const row = { ...before, ...columnsOf(type, resource, context.nextInstant()) };
    await breathe();
    return changed(context, before, { row, isWhole: asked.isWhole, partly: asked });
  });
}

/** Throws what is wrong with the request, but never where it deactivates a user: that is taken, with what can be read beside it. */
function accepted(type: ResourceType, current: JsonObject, { resource, notes }: Asked): JsonObject {
  const isUser = type.name === 'User';
  // Nobody comes back by what is not said.
  const staysAway = isUser && resource['active'] === undefined && !isEmployed(current);
  const next = staysAway ? { ...resource, active: null } : resource;
  requireAll(type.root, next, notes);
  const [fault] = notes.faults;
  if (fault === undefined) return next;
  const isEnd = isUser && !isEmployed(next) && isEmployed(current);
  if (!isEnd) throw fault;
  return { userName: current['userName'] ?? '', ...next };
}

/** The changed row, or the same one where nothing changed. */
const changed = (context: ScimContext, before: ScimRow, wanted: Wanted): Promise<Outcome> =>
  before.resource === wanted.row.resource ? Promise.resolve(before) : record(context, before, wanted);

interface Wanted {
  readonly row: ScimRow;
  readonly isWhole: boolean;
  /** The request, where some of it may not have been taken. */
  readonly partly?: Pick<Asked, 'notes' | 'body'>;
}

export async function removeResource(context: ScimContext, find: () => Promise<ScimRow>): Promise<void> {
  await untilDone(async () => {
    const before = await find();
    return inOneGo(context, before, async (trx, isTold) => {
      if ((await trx.findScim(before))?.version !== before.version) return 'again';
      return { row: before, ...(await remove(trx, context, { before, isTold })) };
    });
  });
}

async function remove(
  trx: RecordTransaction,
  context: ScimContext,
  { before, isTold }: { readonly before: ScimRow; readonly isTold: boolean },
): Promise<Settled> {
  if (before.resourceType === 'User' && isTold) return settle(trx, context, { ...before, version: 0 });
  if (before.resourceType === 'User') await trx.buryScim(before);
  else {
    const { gone } = await trx.writeScimMembers(before, []);
    await trx.oweScim(before.source, gone);
    await trx.removeScim(before);
  }
  return nothing;
}

const nothing: Settled = { events: [], refused: [] };

async function record(context: ScimContext, before: ScimRow | undefined, wanted: Wanted): Promise<Outcome> {
  const { row: asked, isWhole, partly } = wanted;
  const isUser = asked.resourceType === 'User';
  // What is refused makes nobody known: it is looked at before there is a person, and again in the transaction.
  const next = isUser ? await bound(context, await sound(context, before, asked)) : asked;
  return inOneGo(context, next, async (trx, isTold) => {
    const { source, id } = next;
    if (before !== undefined && (await trx.findScim({ source, id }))?.version !== before.version) return 'again';
    const free = isUser ? await withFreeKeys(trx, before, next) : next;
    const after: ScimRow = { ...free, version: (before?.version ?? 0) + 1, owed: isTold ? 0 : owedBy(free) };
    if (isUser) await requireSound(trx, context, after);
    await trx.writeScim(after, { from: before?.version });
    if (!isUser) {
      await recordMembers(trx, context, { before, after });
      return { row: after, ...nothing };
    }
    const isNew = before?.personId !== after.personId || before?.externalId !== after.externalId;
    if (isNew) await trx.oweScimReports(source, namesOf(after));
    const { events, refused } = isTold ? await settle(trx, context, after) : nothing;
    const at = after.lastModifiedAt;
    if (isWhole) await closeFaults(trx, after, { at, why: 'the user was pushed whole again' });
    const faulty = partly && (await noteFaults(trx, after, { faults: partly.notes.faults, body: partly.body, at }));
    return { row: after, events, refused: [...refused, ...(faulty ?? [])] };
  });
}

async function sound(context: ScimContext, before: ScimRow | undefined, row: ScimRow): Promise<ScimRow> {
  const free = await withFreeKeys(context.inventory, before, row);
  await requireSound(context.inventory, context, free);
  return free;
}

const owedBy = (row: ScimRow): ScimRow['owed'] => (isEmployed(resourceOf(row)) ? 1 : 2);

type Recorded = (Settled & { readonly row: ScimRow }) | 'again';

/** What the intake does not take now (`isTold` is false then) stays owed: the resource is on record all the same. */
async function inOneGo(
  { inventory, settler }: ScimContext,
  { source }: Pick<ScimRow, 'source'>,
  work: (trx: RecordTransaction, isTold: boolean) => Promise<Recorded>,
): Promise<Outcome> {
  const go = (isTold: boolean) =>
    inventory.inTransaction(async (trx) => {
      await trx.lockScim(source);
      return work(trx, isTold);
    });
  const recorded = await go(true).catch((error: unknown) => {
    if (error instanceof TooMuchError) return go(false);
    throw error;
  });
  if (recorded === 'again') return 'again';
  settler.tell(recorded);
  settler.start();
  return recorded.row;
}

/** The row with its person, once there is an e-mail that tells who that is. */
async function bound({ inventory, policy, nextInstant }: ScimContext, row: ScimRow): Promise<ScimRow> {
  const resource = resourceOf(row);
  const isActive = isEmployed(resource);
  if (isActive && hasWrongEmail(resource)) {
    throw wrong('invalidValue', 'the e-mail is not one address in plain letters, such as ada@example.com');
  }
  if (isActive && row.externalId !== undefined && !isPlainId(row.externalId)) {
    throw wrong('invalidValue', 'externalId must be an id of which all characters can be seen');
  }
  const email = emailOf(resource);
  if (row.personId !== undefined || email === undefined) return row;
  const { source } = row;
  const externalId = row.externalId?.trim();
  const { personId } = await aliasOf(inventory, { source, email, externalId }, { at: nextInstant(), policy });
  const holders = await inventory.listScim({ source, resourceType: 'User', personId });
  if (holders.every(({ id }) => id === row.id)) return { ...row, personId };
  // The end of somebody who is another user's person is that of nobody.
  if (!isActive) return row;
  throw new ScimError(409, 'another user has this externalId or, without one, this e-mail', 'uniqueness');
}

/** What is another user's stays theirs: a user who is deactivated keeps the old name and id instead. */
async function withFreeKeys(
  { listScim }: Pick<RecordTransaction, 'listScim'>,
  before: ScimRow | undefined,
  row: ScimRow,
): Promise<ScimRow> {
  const { source, resourceType, name, externalId } = row;
  const isTaken = async (filter: ScimFilter): Promise<boolean> =>
    (await listScim({ source, resourceType, ...filter })).some(({ id }) => id !== row.id);
  const isNewId = externalId !== undefined && externalId !== before?.externalId;
  const isTakenId = isNewId && (await isTaken({ externalId }));
  if (!isTakenId && !(await isTaken({ name }))) return row;
  const resource = resourceOf(row);
  if (before === undefined || isEmployed(resource)) {
    throw new ScimError(409, `another user has this ${isTakenId ? 'externalId' : 'userName'}`, 'uniqueness');
  }
  const old = resourceOf(before);
  const kept = filled({ ...resource, userName: old['userName'], externalId: old['externalId'] });
  return { ...row, name: before.name, externalId: before.externalId, resource: storedAs(kept) };
}

async function recordMembers(
  trx: RecordTransaction,
  { report }: ScimContext,
  { before, after }: { readonly before: ScimRow | undefined; readonly after: ScimRow },
): Promise<void> {
  const { source } = after;
  const members = membersOf(after);
  const { come, gone } = await trx.writeScimMembers(after, members);
  const isRenamed = before !== undefined && before.displayName !== after.displayName;
  await trx.oweScim(source, isRenamed ? [...members, ...gone] : [...come, ...gone]);
  report(source, { member: await trx.countUnknownScim(source, come) });
}

const membersOf = (row: Pick<ScimRow, 'resource'>): readonly string[] =>
  listOf(resourceOf(row)['members']).flatMap((one) =>
    isObject(one) && typeof one['value'] === 'string' ? [one['value']] : [],
  );

function columnsOf(type: ResourceType, resource: JsonObject, at: string) {
  const { externalId } = resource;
  return {
    name: nameOf(resource),
    displayName: type.name === 'Group' ? textAt(groupType, resource, 'displayName') : undefined,
    externalId: typeof externalId === 'string' ? externalId : undefined,
    manager: type.name === 'User' ? managerIn(resource) : undefined,
    resource: storedAs(resource),
    lastModifiedAt: at,
  };
}

const attempts = 5;

async function untilDone(attempt: () => Promise<Outcome>): Promise<ScimRow> {
  for (let left = attempts; left > 0; left -= 1) {
    const outcome = await attempt();
    if (outcome !== 'again') return outcome;
  }
  throw new ScimError(503, 'it is being changed by others: send it again');
}
