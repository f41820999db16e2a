import type { ResourceType } from './schemas.ts';
import type { ScimGroup, ScimRow } from '../../../inventory/port/scim.ts';
import { resourceOf } from './events.ts';
import { etagOf } from './store.ts';
import { isObject, type Json, type JsonObject } from './values.ts';

/** A resource as it is returned. */
export function present(
  row: ScimRow,
  { type, base, groups }: { readonly type: ResourceType; readonly base: string; readonly groups: readonly ScimGroup[] },
): JsonObject {
  const { active, ...others } = resourceOf(row);
  const resource: JsonObject = typeof active === 'boolean' ? { active, ...others } : others;
  const extensions = type.extensions.flatMap(({ id }) => (resource[id] === undefined ? [] : [id]));
  const location = locationOf(row, base);
  return {
    schemas: [type.schema.id, ...extensions],
    id: row.id,
    ...resource,
    ...(type.name === 'User' ? presentUser({ base, groups }) : presentMembers(resource, base)),
    meta: {
      resourceType: type.name,
      created: row.createdAt,
      lastModified: row.lastModifiedAt,
      location,
      version: etagOf(row),
    },
  };
}

export const locationOf = ({ resourceType, id }: ScimRow, base: string): string => `${base}/${resourceType}s/${id}`;

function presentUser({ base, groups }: { readonly base: string; readonly groups: readonly ScimGroup[] }): JsonObject {
  if (groups.length === 0) return {};
  const shown = groups.map(({ id, displayName }) => ({
    value: id,
    $ref: `${base}/Groups/${id}`,
    display: displayName,
    type: 'direct',
  }));
  return { groups: shown };
}

function presentMembers({ members }: JsonObject, base: string): JsonObject {
  if (!Array.isArray(members)) return {};
  const shown = (members as readonly Json[]).map((one) => {
    if (!isObject(one) || typeof one['value'] !== 'string') return one;
    const kind = one['type'] === 'Group' ? 'Groups' : 'Users';
    return { ...one, $ref: `${base}/${kind}/${one['value']}` };
  });
  return { members: shown };
}
