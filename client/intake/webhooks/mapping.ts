import type { FetchBack, FieldMap, Source } from '../../../domain/policy/sources.ts';
import type { z } from 'zod';
import { hrMessage, idOnly, type GivenMessage, type HrMessage } from './messages.ts';
import { UsageError } from '../../../domain/errors.ts';

/**
 * A sender's payload in Muster's words, one message an item; undefined for a type that is not mapped. Throws a `UsageError`
 * that names what is wrong.
 */
export function messagesOf({ map }: Source, payload: unknown): readonly (GivenMessage | undefined)[] {
  if (map === undefined) return [checked(payload)];
  const list = map.items === undefined ? [payload] : at(payload, map.items);
  if (!Array.isArray(list)) throw new UsageError(`${map.items} is no list`);
  return list.map((item: unknown) => messageOf(map, item, payload));
}

function messageOf(map: FieldMap, item: unknown, payload: unknown): GivenMessage | undefined {
  // A field that all items share is outside of them.
  const find = (pointer: string): unknown => at(item, pointer) ?? at(payload, pointer);
  const theirs = map.type === undefined ? '*' : find(map.type);
  const type = typeof theirs === 'string' ? (map.types[theirs] ?? map.types['*']) : undefined;
  if (type === undefined) return undefined;
  const timestamp = map.timestamp === undefined ? undefined : find(map.timestamp);
  const message = {
    type,
    ...(typeof timestamp === 'string' || typeof timestamp === 'number' ? { timestamp: instantOf(timestamp) } : {}),
    data: recordOf(map, item),
  };
  return type === 'fetch' ? parsedBy(idOnly, message) : checked(message);
}

/** HR's own record of the person whose id was requested. */
export function updatedOf(
  fetchBack: Pick<FetchBack, 'fields' | 'active'>,
  { id, occurredAt, record }: { readonly id: string; readonly occurredAt: string; readonly record: unknown },
): HrMessage {
  const data: Record<string, unknown> = { personId: id, ...recordOf(fetchBack, record) };
  if (data['personId'] !== id) throw new UsageError("it is another person's");
  return checked({ type: 'person.updated', timestamp: occurredAt, data });
}

/** The fields of a record by their pointers. */
function recordOf({ fields, active = [] }: Pick<FieldMap, 'fields'> & Partial<FieldMap>, item: unknown) {
  const data: Record<string, unknown> = {};
  const extra: Record<string, string> = {};
  for (const [name, pointer] of Object.entries(fields)) {
    const value = plainOf(at(item, pointer));
    if (value === undefined || value === '') continue;
    if (name.startsWith('extra.')) extra[name.slice('extra.'.length)] = String(value);
    else if (name === 'status') data[name] = active.includes(String(value)) ? 'active' : 'inactive';
    else if (name === 'hireDate' || name === 'leaveDate' || name === 'effective') data[name] = dateOf(String(value));
    else data[name] = value;
  }
  return Object.keys(extra).length === 0 ? data : { ...data, extra };
}

/** A text, number or boolean; anything else does not fill a field. */
function plainOf(value: unknown): string | boolean | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

/** The value at a JSON pointer (RFC 6901). */
export function at(value: unknown, pointer: string): unknown {
  if (pointer === '') return value;
  let found: unknown = value;
  for (const step of pointer.slice(1).split('/')) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[key];
  }
  return found;
}

const checked = (message: unknown): HrMessage => parsedBy(hrMessage, message);

function parsedBy<T>(schema: z.ZodType<T>, message: unknown): T {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`${issue?.path.join('.') || 'the message'}: ${issue?.message ?? 'is not right'}`);
}

/** A date with a time of midnight means a day in most HR systems: `2026-01-31T00:00:00Z` is the 31st everywhere. */
const dateOf = (value: string): string => /^(\d{4}-\d\d-\d\d)T00:00:00(\.0+)?(Z|\+00:00)?$/.exec(value)?.[1] ?? value;

function instantOf(value: string | number): string | undefined {
  const ms = typeof value === 'number' ? (value < 1e11 ? value * 1_000 : value) : Date.parse(value);
  return Number.isNaN(ms) ? String(value) : new Date(ms).toISOString();
}
