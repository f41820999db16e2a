import { idOf, isObject, textOf, type Json } from './recordings.ts';

export interface Difference {
  /** Where, with arrays written by element type: `data[users].attributes.name`. */
  readonly at: string;
  readonly kind: 'missing' | 'extra' | 'type' | 'elements' | 'value' | 'error' | 'status';
  readonly recorded: string;
  readonly simulated: string;
  /** The JSON type of the simulated value, where the types differ. */
  readonly type?: string;
}

const jsonType = (value: Json | undefined): string =>
  value === undefined ? 'absent' : value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

/** The place of a key; a thing with a type and an id is named by its type: `data(users).attributes`. */
const within = (at: string, key: string, value: Json | undefined): string => {
  const thing =
    isObject(value) && typeof value['type'] === 'string' && typeof value['id'] === 'string' ? `(${value['type']})` : '';
  return `${at === '' ? '' : `${at}.`}${key}${thing}`;
};

/** A place counted from the thing that it is in: `users` and `attributes.name`. */
export function withinThing(at: string): { type: string; path: string } {
  const match = /^.*[[(]([^\][()]+)[\])](?:\.(.*))?$/s.exec(at);
  return { type: match?.[1] ?? '', path: match === null ? at : (match[2] ?? '') };
}

const elementType = (value: Json): string =>
  isObject(value) && typeof value['type'] === 'string' ? value['type'] : jsonType(value);

const isArray = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

export const short = (value: Json | undefined): string => {
  const text = value === undefined ? 'absent' : JSON.stringify(value);
  return text.length > 90 ? `${text.slice(0, 87)}...` : text;
};

/** Names by which the same thing is known on both sides when their ids are not yet matched. */
function naturalKey(value: Json): string | undefined {
  if (!isObject(value) || !isObject(value['attributes'])) return undefined;
  const attributes = value['attributes'];
  const key = value['type'] === 'users' ? 'email' : 'name';
  return typeof attributes[key] === 'string' ? `${elementType(value)} ${attributes[key].toLowerCase()}` : undefined;
}

/** Elements of two arrays that are the same thing: by matched id, by name, or as the only one of their type. */
function pairs(
  recorded: readonly Json[],
  simulated: readonly Json[],
  ids: ReadonlyMap<string, string>,
): readonly [Json, Json][] {
  const byId = new Map(simulated.filter(isObject).map((item) => [`${elementType(item)} ${idOf(item)}`, item as Json]));
  const byName = new Map(simulated.map((item) => [naturalKey(item) ?? '', item]));
  const [left, right] = [Map.groupBy(recorded, elementType), Map.groupBy(simulated, elementType)];
  const found: [Json, Json][] = [];
  const taken = new Set<Json>();
  for (const item of recorded) {
    const id = isObject(item) ? ids.get(idOf(item)) : undefined;
    const type = elementType(item);
    const alone =
      left.get(type)?.length === 1 && right.get(type)?.length === 1 && id === undefined
        ? right.get(type)![0]
        : undefined;
    const match =
      (id === undefined ? undefined : byId.get(`${type} ${id}`)) ?? byName.get(naturalKey(item) ?? ' ') ?? alone;
    if (match !== undefined && !taken.has(match)) {
      taken.add(match);
      found.push([item, match]);
    }
  }
  return found;
}

/** Learns which simulated id stands for which recorded one, from two responses to the same request. */
export function learnIds(recorded: Json, simulated: Json, ids: Map<string, string>): void {
  if (isArray(recorded) && isArray(simulated)) {
    for (const [left, right] of pairs(recorded, simulated, ids)) learnIds(left, right, ids);
    return;
  }
  if (!isObject(recorded) || !isObject(simulated)) return;
  for (const key of ['id', 'uuid', 'provisioned_by_id']) {
    const [left, right] = [recorded[key], simulated[key]];
    if (typeof left === 'string' && typeof right === 'string' && !ids.has(left)) ids.set(left, right);
  }
  for (const [key, value] of Object.entries(recorded))
    if (simulated[key] !== undefined) learnIds(value, simulated[key], ids);
}

/**
 * Differences of shape between two responses: keys and JSON types, recursively; arrays by element type. Things that are
 * the same on both sides are compared one by one, the rest by what their type has in common.
 */
export function compareShapes(
  recorded: Json | undefined,
  simulated: Json | undefined,
  ids: ReadonlyMap<string, string>,
  at = '',
): readonly Difference[] {
  const [left, right] = [jsonType(recorded), jsonType(simulated)];
  if (left !== right) {
    const kind = right === 'absent' ? 'missing' : left === 'absent' ? 'extra' : 'type';
    return [{ at, kind, recorded: short(recorded), simulated: short(simulated), type: right }];
  }
  if (isArray(recorded) && isArray(simulated)) return compareArrays(recorded, simulated, ids, at);
  if (!isObject(recorded) || !isObject(simulated)) return [];
  const keys = [...new Set([...Object.keys(recorded), ...Object.keys(simulated)])];
  return keys.flatMap((key) => compareShapes(recorded[key], simulated[key], ids, within(at, key, recorded[key])));
}

function compareArrays(
  recorded: readonly Json[],
  simulated: readonly Json[],
  ids: ReadonlyMap<string, string>,
  at: string,
): readonly Difference[] {
  if ((recorded.length === 0) !== (simulated.length === 0) && [...recorded, ...simulated].some(isObject)) {
    return [
      {
        at: `${at}[]`,
        kind: 'elements',
        recorded: `${recorded.length} elements`,
        simulated: `${simulated.length} elements`,
      },
    ];
  }
  const paired = pairs(recorded, simulated, ids);
  const differences = paired.flatMap(([left, right]) => compareShapes(left, right, ids, `${at}[${elementType(left)}]`));
  const [lefts, rights] = [Map.groupBy(recorded, elementType), Map.groupBy(simulated, elementType)];
  for (const type of new Set([...lefts.keys(), ...rights.keys()])) {
    const [left, right] = [lefts.get(type), rights.get(type)];
    if (![...(left ?? []), ...(right ?? [])].some(isObject)) continue;
    if (left === undefined || right === undefined) {
      const count = (items: readonly Json[] | undefined) => `${items?.length ?? 0} of ${type}`;
      differences.push({ at: `${at}[${type}]`, kind: 'elements', recorded: count(left), simulated: count(right) });
    } else if (!paired.some(([item]) => elementType(item) === type)) {
      const inCommon = compareShapes(common(left), common(right), ids, `${at}[${type}]`);
      // Different things: what one has, another may have as null.
      differences.push(
        ...inCommon.filter(
          ({ kind, recorded, simulated }) => kind !== 'type' || (recorded !== 'null' && simulated !== 'null'),
        ),
      );
    }
  }
  return differences;
}

/** The most complete of several things of a type, without the keys that only some of them have. */
function common(items: readonly Json[]): Json {
  if (!items.every(isObject)) return items[0]!;
  const [first = {}, ...others] = items;
  return Object.fromEntries(
    Object.keys(first)
      .filter((key) => others.every((other) => key in other))
      .map((key) => {
        const values = items.map((item) => item[key]!);
        const full = values.find((value) => value !== null && !(isArray(value) && value.length === 0)) ?? null;
        return [key, values.every(isObject) ? common(values) : full];
      }),
  );
}

/** Texts that differ between any two orgs or moments, and the permission catalog's wording. */
const incomparable =
  /^(id|uuid|icon|managed|display_name|display_type|group_name|handle|key|last4|public_portion|public_id|self|first|last|next|prev|related|.*_id|.*_at|.*_time|.*_by_handle|created|timestamp|description)$/;

const isComparable = (key: string, value: Json): boolean =>
  (typeof value === 'boolean' || typeof value === 'string') && !incomparable.test(key);

/** Values that a caller relies upon, where both answers speak of the same thing: flags, names, states. */
export function compareValues(
  recorded: Json,
  simulated: Json,
  ids: ReadonlyMap<string, string>,
  at = '',
): readonly Difference[] {
  if (isArray(recorded) && isArray(simulated)) {
    return pairs(recorded, simulated, ids).flatMap(([left, right]) =>
      compareValues(left, right, ids, `${at}[${elementType(left)}]`),
    );
  }
  if (!isObject(recorded) || !isObject(simulated)) return [];
  return Object.entries(recorded).flatMap(([key, value]) => {
    const other = simulated[key];
    const here = within(at, key, value);
    if (other === undefined) return [];
    if (!isComparable(key, value)) return compareValues(value, other, ids, here);
    return value === other || ids.get(textOf(value)) === other || jsonType(value) !== jsonType(other)
      ? []
      : [{ at: here, kind: 'value' as const, recorded: short(value), simulated: short(other) }];
  });
}

/** Every key path of a response with the JSON types seen there, arrays by element type: what a recording attests. */
export function pathsOf(
  value: Json,
  at = '',
  found = new Map<string, Set<string>>(),
): ReadonlyMap<string, ReadonlySet<string>> {
  found.set(at, (found.get(at) ?? new Set()).add(jsonType(value)));
  if (isArray(value)) for (const item of value) pathsOf(item, `${at}[${elementType(item)}]`, found);
  if (isObject(value)) for (const [key, child] of Object.entries(value)) pathsOf(child, within(at, key, child), found);
  return found;
}
