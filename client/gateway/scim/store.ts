import { randomUUID } from 'node:crypto';
import type { ScimRow } from '../../../inventory/port/scim.ts';
import { LeftOut } from '../../intake/leftOut.ts';
import { ScimError, wrong } from './errors.ts';
import { hasWrongEmail, type UserFacts } from './userFacts.ts';
import { bindPerson, eventsOf, nameOf, readFacts, resourceOf, storedAs, submit, type ScimContext } from './events.ts';
import { groupType, type ResourceType } from './schemas.ts';
import { isObject, isSame, textAt, type JsonObject } from './values.ts';
import { contractorProblem } from '../../../domain/contractors.ts';

/**
 * Changes of users and groups. What follows for people is accepted by the engine first and the resource is written then, so
 * that after a crash in between the client's repetition completes it: it makes the same events, which change nothing twice.
 */

export const etagOf = ({ version }: Pick<ScimRow, 'version'>): string => `W/"${version}"`;

export async function createResource(
  context: ScimContext,
  { source, type, resource }: { readonly source: string; readonly type: ResourceType; readonly resource: JsonObject },
): Promise<ScimRow> {
  const at = context.nextInstant();
  const { externalId } = resource;
  const row: ScimRow = {
    source,
    id: randomUUID(),
    resourceType: type.name,
    name: nameOf(resource),
    externalId: typeof externalId === 'string' ? externalId : undefined,
    version: 0,
    resource: storedAs(resource),
    createdAt: at,
    lastModifiedAt: at,
  };
  if (type.name === 'Group') {
    const created = { ...row, version: 1 };
    const members = membersOf(created);
    await submitOfGroup(context, { before: undefined, after: created });
    await context.inventory.writeScim(created, { members });
    return created;
  }
  // What is wrong is refused before the name is taken.
  requireEmail(resource);
  requireEnd(await readFacts(context, row, []));
  const reserved = await context.inventory.reserveScim(row);
  if (reserved === 'taken') throw new ScimError(409, 'another user has this userName', 'uniqueness');
  return changeUser(context, undefined, { ...row, id: reserved.id, createdAt: reserved.createdAt });
}

/** Returns the changed row, or the same one where nothing changed. */
export async function changeResource(context: ScimContext, before: ScimRow, resource: JsonObject): Promise<ScimRow> {
  if (isSame(resourceOf(before), resource)) return before;
  const { externalId } = resource;
  const row: ScimRow = {
    ...before,
    name: nameOf(resource),
    externalId: typeof externalId === 'string' ? externalId : undefined,
    resource: storedAs(resource),
    lastModifiedAt: context.nextInstant(),
  };
  if (row.resourceType === 'User') {
    const { source, resourceType, name } = row;
    const namesakes = await context.inventory.listScim({ source, resourceType, name });
    if (namesakes.some(({ id }) => id !== row.id)) {
      throw new ScimError(409, 'another user has this userName', 'uniqueness');
    }
    return changeUser(context, before, row);
  }
  const after = { ...row, version: before.version + 1 };
  const members = membersOf(after);
  await submitOfGroup(context, { before, after });
  return written(await context.inventory.writeScim(after, { from: before.version, members }), after);
}

export async function removeResource(context: ScimContext, before: ScimRow): Promise<void> {
  if (before.resourceType === 'Group') {
    await submitOfGroup(context, { before, after: undefined });
  } else {
    const facts = await readFacts(context, before, await groupNames(context, before));
    const because = { id: before.id, version: before.version + 1 };
    await submit(context, eventsOf(context, before, [facts, undefined], because));
  }
  written(await context.inventory.removeScim(before), before);
}

async function changeUser(context: ScimContext, before: ScimRow | undefined, next: ScimRow): Promise<ScimRow> {
  requireEmail(resourceOf(next));
  const after = { ...(await bindPerson(context, next)), version: (before?.version ?? 0) + 1 };
  const groups = await groupNames(context, after);
  const was = before && (await readFacts(context, before, groups));
  const read = await readFacts(context, after, groups);
  requireEnd(read);
  // A user who lost only the e-mail is still the same person.
  const is = read ?? (was && { ...was, isActive: resourceOf(after)['active'] !== false });
  if (is !== undefined) await submit(context, eventsOf(context, after, [was, is], after));
  return written(await context.inventory.writeScim(after, { from: before?.version ?? 0 }), after);
}

function requireEmail(resource: JsonObject): void {
  if (!hasWrongEmail(resource)) return;
  throw wrong('invalidValue', 'the e-mail is not one address in plain letters, such as ada@example.com');
}

/** The manager of a contractor counts as the sponsor: SCIM has no other attribute for one. */
function requireEnd(facts: UserFacts | undefined): void {
  if (facts?.isActive !== true) return;
  const { extra, manager } = facts.person;
  const problem = contractorProblem(extra, { hasEnd: facts.leaveAt !== undefined, hasSponsor: manager !== undefined });
  if (problem !== undefined) {
    throw wrong('invalidValue', `${problem} (leaveDate of the Muster extension, or manager)`);
  }
}

const groupNames = async ({ inventory }: ScimContext, { source, id }: ScimRow): Promise<readonly string[]> =>
  (await inventory.scimGroupsOf(source, id)).map(({ displayName }) => displayName);

/** A mover for everybody whose groups have changed. */
async function submitOfGroup(
  context: ScimContext,
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
  const left = new LeftOut();
  // A few at a time, so that a large group does not keep everybody else waiting for the engine.
  for (let from = 0; from < affected.length; from += 8) {
    await Promise.all(
      affected.slice(from, from + 8).map(async (id) => {
        const user = await context.inventory.findScim({ source: group.source, id });
        if (user?.resourceType !== 'User') return;
        const others = (await context.inventory.scimGroupsOf(group.source, id)).filter((one) => one.id !== group.id);
        const names = (row: ScimRow | undefined, isIn: boolean | undefined) => [
          ...others.map(({ displayName }) => displayName),
          ...(row !== undefined && isIn === true
            ? [textAt(groupType, resourceOf(row), 'displayName') ?? row.name]
            : []),
        ];
        const facts = [
          await readFacts(context, user, names(before, was?.has(id))),
          await readFacts(context, user, names(after, is?.has(id))),
        ] as const;
        const events = eventsOf(context, user, facts, because);
        await left.unlessTooMuch(id, () => submit(context, events));
      }),
    );
  }
  left.throwFirst();
}

const membersOf = (row: Pick<ScimRow, 'resource'>): readonly string[] => {
  const { members } = resourceOf(row);
  const values = Array.isArray(members) ? (members as readonly unknown[]) : [];
  return values.flatMap((one) => (isObject(one) && typeof one['value'] === 'string' ? [one['value']] : []));
};

/** Two gateway processes changed it at once: the client repeats its change on the current version. */
function written(isWritten: boolean, row: ScimRow): ScimRow {
  if (isWritten) return row;
  throw new ScimError(409, 'it was changed at the same time: send it again');
}
