import type { FetchBack, FieldMap, Source } from '../../../domain/policy/sources.ts';
import type { StatusMap } from '../../../domain/policy/statuses.ts';
import type { DateStyle } from '../dates.ts';
import { readStatus } from '../statuses.ts';
import { readMessage, type ReadMessage } from './reading.ts';

/** One item of a delivery as its sender wrote it, with what all items share: it can be read again by itself. */
export type SaidItem =
  | { readonly item: unknown; readonly type?: unknown; readonly timestamp?: unknown }
  /** A payload without the list in which its items should be. */
  | { readonly whole: unknown };

/** `unmapped`: of a type that the source's map does not name. */
export type ReadItem = ReadMessage | 'unmapped';

/** The items of a payload, each to be read by itself. */
export function itemsOf({ map }: Source, payload: unknown): readonly SaidItem[] {
  if (map === undefined) return [{ item: payload }];
  const list = map.items === undefined ? [payload] : listOf(at(payload, map.items));
  if (list === undefined) return [{ whole: payload }];
  return list.map((item: unknown) => {
    // A field that all items share is outside of them.
    const find = (pointer: string | undefined): unknown =>
      pointer === undefined ? undefined : (at(item, pointer) ?? at(payload, pointer));
    return { item, type: find(map.type), timestamp: find(map.timestamp) };
  });
}

/** A form may name its items by their ids: each has its own under `@key`. */
function listOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value);
  const areItems = entries.length > 0 && entries.every(([, item]) => typeof item === 'object' && item !== null);
  return areItems ? entries.map(([key, item]) => ({ ...(item as object), '@key': key })) : undefined;
}

/** An item in Muster's words, or why it cannot be taken. */
export function readItem({ map }: Source, said: SaidItem, style: DateStyle): ReadItem {
  if ('whole' in said) return { refused: `${map?.items ?? 'the payload'} is no list` };
  const { item, type: theirs, timestamp } = said;
  if (map === undefined) return readMessage(item, style);
  const named = map.type === undefined ? '*' : theirs;
  const type = typeof named === 'string' ? (map.types[named] ?? map.types['*']) : undefined;
  if (type === undefined) return 'unmapped';
  if (type === 'deleted') return deletedOf(recordOf(map, item));
  return readMessage({ type, timestamp, data: recordOf(map, item) }, style);
}

/** Whoever is deleted has left, or was entered twice: which of the two is not said. */
function deletedOf({ personId }: Readonly<Record<string, unknown>>): ReadItem {
  const about = typeof personId === 'string' ? { externalId: personId } : {};
  return { refused: 'HR has deleted the record: submit the leave if the person has left', kind: 'leaver', ...about };
}

/** HR's own record of the person whose id was requested. */
export function readRecord(
  fetchBack: Pick<FetchBack, 'fields' | 'statuses'>,
  { id, occurredAt, record }: { readonly id: string; readonly occurredAt: string; readonly record: unknown },
  style: DateStyle,
): ReadMessage {
  const data: Record<string, unknown> = { personId: id, ...recordOf(fetchBack, record) };
  if (data['personId'] !== id) return { refused: "the record is another person's" };
  return readMessage({ type: 'person.updated', timestamp: occurredAt, data }, style);
}

const dates: readonly string[] = ['effective', 'hireDate', 'leaveDate'];

/** The fields of a record by their pointers. */
function recordOf({ fields, statuses }: Pick<FieldMap, 'fields' | 'statuses'>, item: unknown) {
  const data: Record<string, unknown> = {};
  const extra: Record<string, string> = {};
  for (const [name, pointer] of Object.entries(fields)) {
    const { said } = firstAt(item, pointer);
    // A number may be a time since 1970; of a text it is not known.
    const value = dates.includes(name) && typeof said === 'number' ? said : plainOf(said);
    if (value === undefined) continue;
    if (name.startsWith('extra.')) extra[name.slice('extra.'.length)] = String(value);
    else if (name === 'status') data[name] = statusOf(String(value), statuses);
    else data[name] = value;
  }
  return Object.keys(extra).length === 0 ? data : { ...data, extra };
}

/** Somebody on leave is employed and keeps their access; a word that is not known is passed on, and refused. */
function statusOf(value: string, statuses: StatusMap | undefined): string {
  const status = statuses === undefined ? undefined : readStatus(value, statuses);
  if (status === undefined) return 'unknown';
  return status === 'ended' ? 'inactive' : 'active';
}

/** A text, number or boolean; anything else does not fill a field. */
function plainOf(value: unknown): string | boolean | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

/** What is at the first of the pointers that leads to a value, with that pointer; at the last of them where none does. */
export function firstAt(value: unknown, pointers: string | readonly string[]): { from: string; said: unknown } {
  const found = [pointers].flat().map((from) => ({ from, said: at(value, from) }));
  return (
    found.find(({ said }) => said !== undefined && said !== null && said !== '') ??
    found.at(-1) ?? { from: '', said: undefined }
  );
}

/** The value at a JSON pointer (RFC 6901), in which `type=work` is the first such element of a list. */
export function at(value: unknown, pointer: string): unknown {
  if (pointer === '') return value;
  let found: unknown = value;
  for (const step of pointer.slice(1).split('/')) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const [, name, word] = Array.isArray(found) ? (/^([^=]+)=(.*)$/.exec(key) ?? []) : [];
    if (name !== undefined) {
      found = (found as readonly unknown[]).find((one) => at(one, `/${name}`) === word);
      continue;
    }
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[key];
  }
  return found;
}
