import { breathe } from '../../../inventory/port/breathe.ts';
import { foldCase } from '../../../domain/text.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import type { ScimFilter, ScimRow } from '../../../inventory/port/scim.ts';
import { idsOf } from './events.ts';
import { present } from './representation.ts';
import { wrong } from './errors.ts';
import { resolvePath } from './attributes.ts';
import { parseFilter, type Filter } from './filter.ts';
import { defaultCount, maxResults } from './limits.ts';
import { matches, sortKeyOf } from './match.ts';
import { project, type Projection } from './projection.ts';
import type { ResourceType } from './schemas.ts';
import { isObject, type JsonObject } from './values.ts';

/** Lists: which resources, in which order, which page of them, and which attributes of each. */

interface ListQuery extends Projection {
  readonly filter?: string;
  readonly sortBy?: string;
  readonly isDescending: boolean;
  readonly startIndex: number;
  readonly count: number;
}

const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** From a query string, or from the body of a search. */
export function readQuery(given: unknown): ListQuery {
  if (!isObject(given)) throw wrong('invalidSyntax', 'the search is not a JSON object');
  const text = (name: string): string | undefined => {
    const value = given[name];
    if (value !== undefined && typeof value !== 'string') throw wrong('invalidSyntax', `${name} must be a text`);
    return value === '' ? undefined : value;
  };
  const [filter, sortBy] = [text('filter'), text('sortBy')];
  const count = wholeNumber(given, 'count') ?? defaultCount;
  return {
    ...readProjection(given),
    filter,
    sortBy,
    isDescending: text('sortOrder')?.toLowerCase() === 'descending',
    startIndex: Math.max(1, wholeNumber(given, 'startIndex') ?? 1),
    count: Math.min(maxResults, Math.max(0, count)),
  };
}

export function readProjection(given: unknown): Projection {
  const names = (name: string): readonly string[] => {
    const value = isObject(given) ? given[name] : undefined;
    const list = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value.map(String) : [];
    return list.map((one) => one.trim()).filter((one) => one !== '');
  };
  return { attributes: names('attributes'), excludedAttributes: names('excludedAttributes') };
}

function wholeNumber(given: JsonObject, name: string): number | undefined {
  const value = given[name];
  if (value === undefined || value === '') return undefined;
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw wrong('invalidValue', `${name} must be a whole number`);
  return number;
}

export async function listResources(
  inventory: Pick<Inventory, 'listScim' | 'scimGroupsOf'>,
  { source, base, types }: { readonly source: string; readonly base: string; readonly types: readonly ResourceType[] },
  query: ListQuery,
) {
  const parsed = types.flatMap((type) => {
    try {
      return [{ type, filter: query.filter === undefined ? undefined : parseFilter(query.filter, type.root) }];
    } catch (error) {
      // In a search over all types, a type without such an attribute has no results.
      if (types.length === 1) throw error;
      return [];
    }
  });
  if (parsed.length === 0) parseFilter(query.filter ?? '', (types[0] as ResourceType).root);

  const found = [];
  for (const { type, filter } of parsed)
    found.push(...(await findResources(inventory, { source, base, type }, filter)));
  const sorted = query.sortBy === undefined ? found : sort(found, query.sortBy, query.isDescending);
  const page = sorted.slice(query.startIndex - 1, query.startIndex - 1 + query.count);
  const resources = [];
  for (const { type, row } of page) {
    const groups = type.name === 'User' ? await inventory.scimGroupsOf(source, idsOf(row)) : [];
    resources.push(project(type, present(row, { type, base, groups }), query));
    await breathe();
  }
  return {
    schemas: [listSchema],
    totalResults: found.length,
    startIndex: query.startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}

interface Found {
  readonly type: ResourceType;
  readonly row: ScimRow;
  readonly resource: () => JsonObject;
}

async function findResources(
  inventory: Pick<Inventory, 'listScim' | 'scimGroupsOf'>,
  { source, base, type }: { readonly source: string; readonly base: string; readonly type: ResourceType },
  filter: Filter | undefined,
): Promise<readonly Found[]> {
  const rows = await inventory.listScim({ source, resourceType: type.name, ...indexed(type, filter) });
  const isWithGroups = filter !== undefined && mentions(filter, 'groups');
  const found: Found[] = [];
  for (const [index, row] of rows.entries()) {
    const groups = isWithGroups ? await inventory.scimGroupsOf(source, idsOf(row)) : [];
    const resource = () => present(row, { type, base, groups });
    if (filter === undefined || matches(filter, resource())) found.push({ type, row, resource });
    // Thousands are compared one by one: other requests have their turn in between.
    if (filter !== undefined && index % 50 === 49) await breathe();
  }
  return found;
}

/** What the database can look up by itself: identity providers do so before they create a user, and for each member of a group. */
function indexed(type: ResourceType, filter: Filter | undefined): ScimFilter {
  if (filter?.op === 'and') return Object.assign({}, ...filter.parts.map((part) => indexed(type, part)));
  if (filter?.op === 'has' && filter.path[0]?.name === 'members') {
    const { filter: inner } = filter;
    const isByValue = inner.op === 'eq' && inner.path[0]?.name === 'value';
    return isByValue && typeof inner.value === 'string' ? { memberId: inner.value } : {};
  }
  if (filter?.op !== 'eq' || typeof filter.value !== 'string') return {};
  const { value } = filter;
  const [first, second] = filter.path.map(({ name }) => name);
  if (first === 'id') return { id: value };
  if (first === 'externalId') return { externalId: value };
  if (first === 'members' && second === 'value') return { memberId: value };
  return first === (type.name === 'User' ? 'userName' : 'displayName') ? { name: foldCase(value) } : {};
}

function mentions(filter: Filter, name: string): boolean {
  if ('parts' in filter) return filter.parts.some((part) => mentions(part, name));
  if ('part' in filter) return mentions(filter.part, name);
  return filter.path[0]?.name === name;
}

function sort(found: readonly Found[], sortBy: string, isDescending: boolean): readonly Found[] {
  const keyed = found.map((one) => {
    const path = resolvePath(sortBy, one.type.root);
    return { one, key: path && sortKeyOf(one.resource(), path) };
  });
  // Resources without a value come last in ascending order, and first in descending order.
  const ascending = keyed.toSorted(({ key: a }, { key: b }) => {
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    return a < b ? -1 : Number(a > b);
  });
  const ordered = isDescending ? ascending.toReversed() : ascending;
  return ordered.map(({ one }) => one);
}
