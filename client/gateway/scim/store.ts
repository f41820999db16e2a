import { randomUUID } from 'node:crypto';
import type { ScimRow } from '../../../inventory/port/scim.ts';
import { ScimError, wrong } from './errors.ts';
import type { UserFacts } from './userFacts.ts';
import { bindPerson, eventsOf, nameOf, readFacts, resourceOf, storedAs, submit, type ScimMeans } from './events.ts';
import { groupType, type ResourceType } from './schemas.ts';
import { isObject, isSame, textAt, type JsonObject } from './values.ts';
import { contractorProblem } from '../../../domain/contractors.ts';

/**
 * Changes of users and groups. What follows for people is accepted by the engine first and the resource is written then, so
 * that a crash in between is mended by the client's repetition: it gives the same events, which change nothing again.
 */

export const etagOf = ({ version }: Pick<ScimRow, 'version'>): string => `W/"${version}"`;

export async function createResource(
  means: ScimMeans,
  { source, type, resource }: { readonly source: string; readonly type: ResourceType; readonly resource: JsonObject },
): Promise<ScimRow> {
  const at = means.nextInstant();
  const { externalId } = resource;
  const row: ScimRow = {
    source,
    id: randomUUID(),
    resourceType: type.name,
    name: nameOf(resource),
    ...(typeof externalId === 'string' ? { externalId } : {}),
    version: 0,
    resource: storedAs(resource),
    createdAt: at,
    lastModifiedAt: at,
  };
  if (type.name === 'Group') {
    const created = { ...row, version: 1 };
    const members = membersOf(created);
    await submitOfGroup(means, { before: undefined, after: created });
    await means.inventory.writeScim(created, { members });
    return created;
  }
  // Wrong dates are told before the name is taken.
  requireEnd(await readFacts(means, row, []));
  const reserved = await means.inventory.reserveScim(row);
  if (reserved === 'taken') throw new ScimError(409, 'another user has this userName', 'uniqueness');
  return changeUser(means, undefined, { ...row, id: reserved.id, createdAt: reserved.createdAt });
}

/** The changed row; the same one where nothing changed. */
export async function changeResource(means: ScimMeans, before: ScimRow, resource: JsonObject): Promise<ScimRow> {
  if (isSame(resourceOf(before), resource)) return before;
  const { externalId: _former, ...kept } = before;
  const { externalId } = resource;
  const row: ScimRow = {
    ...kept,
    name: nameOf(resource),
    ...(typeof externalId === 'string' ? { externalId } : {}),
    resource: storedAs(resource),
    lastModifiedAt: means.nextInstant(),
  };
  if (row.resourceType === 'User') {
    const { source, resourceType, name } = row;
    const namesakes = await means.inventory.listScim({ source, resourceType, name });
    if (namesakes.some(({ id }) => id !== row.id)) {
      throw new ScimError(409, 'another user has this userName', 'uniqueness');
    }
    return changeUser(means, before, row);
  }
  const after = { ...row, version: before.version + 1 };
  const members = membersOf(after);
  await submitOfGroup(means, { before, after });
  return written(await means.inventory.writeScim(after, { from: before.version, members }), after);
}

export async function removeResource(means: ScimMeans, before: ScimRow): Promise<void> {
  if (before.resourceType === 'Group') {
    await submitOfGroup(means, { before, after: undefined });
  } else {
    const facts = await readFacts(means, before, await groupNames(means, before));
    const because = { id: before.id, version: before.version + 1 };
    await submit(means, await eventsOf(means, before, [facts, undefined], because));
  }
  written(await means.inventory.removeScim(before), before);
}

async function changeUser(means: ScimMeans, before: ScimRow | undefined, next: ScimRow): Promise<ScimRow> {
  const after = { ...(await bindPerson(means, next)), version: (before?.version ?? 0) + 1 };
  const groups = await groupNames(means, after);
  const was = before && (await readFacts(means, before, groups));
  const read = await readFacts(means, after, groups);
  requireEnd(read);
  // Who lost the e-mail alone is who they were.
  const is = read ?? (was && { ...was, isActive: resourceOf(after)['active'] !== false });
  if (is !== undefined) await submit(means, await eventsOf(means, after, [was, is], after));
  return written(await means.inventory.writeScim(after, { from: before?.version ?? 0 }), after);
}

/** The manager of a contractor is the sponsor: SCIM has no other word for one. */
function requireEnd(facts: UserFacts | undefined): void {
  if (facts?.isActive !== true) return;
  const { extra, manager } = facts.person;
  const problem = contractorProblem(extra, { hasEnd: facts.leaveAt !== undefined, hasSponsor: manager !== undefined });
  if (problem !== undefined) {
    throw wrong('invalidValue', `${problem} (leaveDate of the Muster extension, or manager)`);
  }
}

const groupNames = async ({ inventory }: ScimMeans, { source, id }: ScimRow): Promise<readonly string[]> =>
  (await inventory.scimGroupsOf(source, id)).map(({ displayName }) => displayName);

/** A mover for everybody whose groups are others now. */
async function submitOfGroup(
  means: ScimMeans,
  { before, after }: { readonly before: ScimRow | undefined; readonly after: ScimRow | undefined },
): Promise<void> {
  const group = after ?? before;
  if (group === undefined) return;
  const [was, is] = [before, after].map((row) => new Set(row && membersOf(row)));
  const isRenamed = before?.name !== after?.name;
  const affected = [...new Set([...(was ?? []), ...(is ?? [])])].filter(
    (id) => isRenamed || was?.has(id) !== is?.has(id),
  );
  const because = { id: group.id, version: (before?.version ?? 0) + 1 };
  // A few at a time: a large group in one request must not keep everybody else waiting for the engine.
  for (let from = 0; from < affected.length; from += 8) {
    await Promise.all(
      affected.slice(from, from + 8).map(async (id) => {
        const user = await means.inventory.findScim({ source: group.source, id });
        if (user?.resourceType !== 'User') return;
        const others = (await means.inventory.scimGroupsOf(group.source, id)).filter((one) => one.id !== group.id);
        const names = (row: ScimRow | undefined, isIn: boolean | undefined) => [
          ...others.map(({ displayName }) => displayName),
          ...(row !== undefined && isIn === true
            ? [textAt(groupType, resourceOf(row), 'displayName') ?? row.name]
            : []),
        ];
        const facts = [
          await readFacts(means, user, names(before, was?.has(id))),
          await readFacts(means, user, names(after, is?.has(id))),
        ] as const;
        await submit(means, await eventsOf(means, user, facts, because));
      }),
    );
  }
}

const membersOf = (row: Pick<ScimRow, 'resource'>): readonly string[] => {
  const { members } = resourceOf(row);
  const values = Array.isArray(members) ? (members as readonly unknown[]) : [];
  return values.flatMap((one) => (isObject(one) && typeof one['value'] === 'string' ? [one['value']] : []));
};

/** Two processes of the gateway changed it at once: the client repeats it, on what is there now. */
function written(isWritten: boolean, row: ScimRow): ScimRow {
  if (isWritten) return row;
  throw new ScimError(409, 'it was changed at the same time: send it again');
}
