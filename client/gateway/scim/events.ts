import { createHash } from 'node:crypto';
import { canonicalJson, parseJson } from '../../../inventory/port/json.ts';
import { foldCase } from '../../../domain/text.ts';
import type { ScimRow } from '../../../inventory/port/scim.ts';
import { aliasOf } from '../../intake/identity.ts';
import type { GatewayContext } from '../context.ts';
import type { Turns } from './turns.ts';
import { ScimError } from './errors.ts';
import type { EventDraft } from '../../operations/drafts.ts';
import { draftsOf, emailOf, factsOf, type UserFacts } from './userFacts.ts';
import { enterpriseUrn, userType } from './schemas.ts';
import { textAt, type JsonObject } from './values.ts';

/** From users and groups as they are pushed to the events of people. */

export interface ScimContext extends GatewayContext {
  /** Later than every instant that it returned before. */
  readonly nextInstant: () => string;
  readonly turns: Turns;
}

/** How long a change waits for Temporal to be told; it is on record before. */
const patienceMs = 400;

export const resourceOf = ({ resource }: Pick<ScimRow, 'resource'>): JsonObject => parseJson(resource) as JsonObject;

export const storedAs = (resource: JsonObject): ScimRow['resource'] =>
  canonicalJson(resource as Readonly<Record<string, unknown>>);

/** What the user, as a member of these groups, says of a person. */
export async function readFacts(
  { inventory, policy }: Pick<ScimContext, 'inventory' | 'policy'>,
  row: Pick<ScimRow, 'source' | 'resource'>,
  groups: readonly string[],
): Promise<UserFacts | undefined> {
  const resource = resourceOf(row);
  const manager = await managerOf(inventory, row.source, resource);
  const names = [...new Set(groups)].toSorted();
  return factsOf(resource, {
    groups: names,
    defaultTimeZone: policy.defaultTimeZone,
    manager,
  });
}

/** The manager by their id here or at the source; an e-mail or HR's id stays as it is. */
async function managerOf(inventory: ScimContext['inventory'], source: string, resource: JsonObject) {
  const given = textAt(userType, resource, `${enterpriseUrn}:manager.value`);
  if (given === undefined) return undefined;
  const byId = await inventory.findScim({ source, id: given });
  const [byExternalId] = await inventory.listScim({ source, resourceType: 'User', externalId: given });
  return (byId ?? byExternalId)?.personId ?? given.slice(0, 255);
}

/** The row with its person, once there is an e-mail that tells who that is. */
export async function bindPerson({ inventory, policy, nextInstant }: ScimContext, row: ScimRow): Promise<ScimRow> {
  const email = emailOf(resourceOf(row));
  if (row.personId !== undefined || email === undefined) return row;
  const { source, externalId } = row;
  const alias = await aliasOf(inventory, { source, email, externalId }, { at: nextInstant(), policy });
  const holders = await inventory.listScim({ source, resourceType: 'User', personId: alias.personId });
  if (holders.some(({ id }) => id !== row.id)) {
    throw new ScimError(409, 'another user has this externalId or, without one, this e-mail', 'uniqueness');
  }
  return { ...row, personId: alias.personId, boundAs: alias.externalId };
}

/** The events of one person that follow from a change of a user, or of a group they are in. */
export function eventsOf(
  { nextInstant }: Pick<ScimContext, 'nextInstant'>,
  { source, id, personId }: ScimRow,
  [before, after]: readonly [UserFacts | undefined, UserFacts | undefined],
  because: Pick<ScimRow, 'id' | 'version'>,
): readonly EventDraft[] {
  if (personId === undefined) return [];
  const change = createHash('sha256').update(canonicalJson([because.id, before ?? null, after ?? null]));
  const eventId = `scim:${source}:${id}:${because.version}:${change.digest('hex').slice(0, 12)}`;
  return draftsOf(before, after, { personId, source, eventId, at: nextInstant() });
}

/** Accepted by the engine, in this order, when it resolves. */
export async function submit({ muster }: Pick<ScimContext, 'muster'>, drafts: readonly EventDraft[]): Promise<void> {
  for (const draft of drafts) await muster.submitEvent(draft, { timeoutMs: patienceMs });
}

export function nameOf(resource: JsonObject): string {
  const name = resource['userName'] ?? resource['displayName'];
  return typeof name === 'string' ? foldCase(name) : '';
}
