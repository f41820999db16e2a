import { UsageError } from '../../domain/errors.ts';
import type { FieldMap, Source } from '../../domain/policy/sources.ts';
import { fieldNames } from '../../policy/fieldMaps.ts';
import { readStatus } from './statuses.ts';
import { styleOf } from './dates.ts';
import { judgeMessage, type JudgeContext } from './judge.ts';
import { at, firstAt, itemsOf, readItem, readRecord, type ReadItem, type SaidItem } from './webhooks/mapping.ts';

/** What Muster understands of a saved payload or record, field by field, without submitting anything. */

export interface CheckedField {
  /** Muster's name. */
  readonly field: string;
  /** Where the source has it. */
  readonly from: string;
  readonly said?: unknown;
  /** Absent where it is not taken. */
  readonly read?: unknown;
  readonly note?: string;
}

export interface CheckedItem {
  /** Its place in the payload, from 1. */
  readonly item: number;
  /** `ignored`: of a type that the map does not name. */
  readonly result: 'taken' | 'refused' | 'ignored';
  readonly why?: string;
  readonly events: readonly { readonly kind: string; readonly occurredAt: string; readonly effectiveAt: string }[];
  /** Where the record is fetched, for an event that says only whose it is. */
  readonly fetch?: string;
  readonly fields: readonly CheckedField[];
  /** What the payload has besides. */
  readonly unused: readonly string[];
}

interface CheckContext {
  readonly source: Source;
  readonly policy: JudgeContext['policy'];
  readonly now: () => Date;
}

export async function checkPayload(context: CheckContext, payload: unknown): Promise<readonly CheckedItem[]> {
  const { source, policy } = context;
  const items = itemsOf(source, payload);
  return Promise.all(
    items.map(async (said, index) => {
      const read = readItem(source, said, styleOf(source, policy));
      const shown = saidFields(source.map ?? ownMap, said);
      return { item: index + 1, ...(await checkedItem(context, { said, read, shown })) };
    }),
  );
}

/** HR's record of the person, as `fetchBack` gets it. Throws a `UsageError` where the source fetches none. */
export async function checkRecord(context: CheckContext, record: unknown, id: string): Promise<readonly CheckedItem[]> {
  const { source, policy, now } = context;
  const { fetchBack } = source;
  if (fetchBack === undefined) throw new UsageError(`${source.name} has no fetchBack: leave --record out`);
  const occurredAt = now().toISOString();
  const read = readRecord(fetchBack, { id, occurredAt, record }, styleOf(source, policy));
  const said = { item: record };
  const checked = await checkedItem(context, { said, read, shown: saidFields(fetchBack, said) });
  return [{ item: 1, ...checked }];
}

/** Where Muster's own format has them. */
const ownMap: Map = {
  type: '/type',
  types: { joiner: 'joiner', mover: 'mover', leaver: 'leaver', 'person.updated': 'person.updated' },
  timestamp: '/timestamp',
  fields: Object.fromEntries(fieldNames.map((field) => [field, `/data/${field}`])),
};

interface Reading {
  readonly said: SaidItem;
  readonly read: ReadItem;
  readonly shown: readonly CheckedField[];
}

async function checkedItem(context: CheckContext, { said, read, shown }: Reading): Promise<Omit<CheckedItem, 'item'>> {
  const used = [context.source.map?.id ?? '', ...shown.map(({ from }) => from)];
  const unused = 'item' in said && shown.length > 0 ? unusedOf(said.item, used) : [];
  const rest = { events: [], fields: shown, unused };
  if (read === 'unmapped') return { ...rest, result: 'ignored', why: 'its type is not in map.types' };
  if ('refused' in read) return { ...rest, result: 'refused', why: read.refused };
  const { message, leftOut } = read;
  const fields = shown.map((one) => readInto(one, message, leftOut));
  const { fetchBack } = context.source;
  if (message.type === 'fetch') {
    const id = encodeURIComponent(message.data.personId);
    const fetch = fetchBack?.url.map((url) => url.replace('{id}', id)).join(' and ');
    return { ...rest, result: 'taken', fields, ...(fetch === undefined ? {} : { fetch }) };
  }
  try {
    const { source, policy, now } = context;
    const about = { eventId: 'check', source: source.name, at: now(), personId: message.data.personId, leftOut };
    const defaultTimeZone = source.timeZone ?? policy.defaultTimeZone;
    const drafts = await judgeMessage({ inventory: stranger, policy, now }, message, { ...about, defaultTimeZone });
    const events = drafts.map(({ kind, occurredAt, effectiveAt }) => ({ kind, occurredAt, effectiveAt }));
    return { ...rest, result: 'taken', events, fields };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { ...rest, result: 'refused', why: error.message, fields };
  }
}

/** Of whom the record says nothing but that they have an address. */
const stranger: JudgeContext['inventory'] = {
  attributesAt: () => Promise.resolve(undefined),
  findPerson: () => Promise.resolve(undefined),
  waitingEvents: () => Promise.resolve([]),
  statementsOf: (personId) => {
    const at = '1970-01-01T00:00:00.000Z';
    const person = { email: 'somebody@example.com' };
    const named = { eventId: 'named', kind: 'mover', source: 'cli', occurredAt: at, effectiveAt: at } as const;
    return Promise.resolve([{ ...named, personId, person, position: 0 }]);
  },
};

type Map = Pick<FieldMap, 'fields' | 'statuses'> & Partial<Pick<FieldMap, 'type' | 'types' | 'timestamp'>>;

/** What the source says where the map looks. */
function saidFields({ fields, statuses, type, types = {}, timestamp }: Map, said: SaidItem): readonly CheckedField[] {
  if (!('item' in said)) return [];
  const theirs = said.type ?? (type && at(said.item, type));
  const time = said.timestamp ?? (timestamp && at(said.item, timestamp));
  const envelope = [
    ...(type === undefined ? [] : [{ field: 'type', from: type, said: theirs, read: typeOf(types, theirs) }]),
    ...(timestamp === undefined ? [] : [{ field: 'timestamp', from: timestamp, said: time }]),
  ];
  const data = Object.entries(fields).map(([field, pointers]) => {
    const { from, said: value } = firstAt(said.item, pointers);
    if (field !== 'status' || typeof value !== 'string' || statuses === undefined) return { field, from, said: value };
    return { field, from, said: value, note: meanings[readStatus(value, statuses) ?? 'unknown'] };
  });
  return [...envelope, ...data].map((one) => (one.said === undefined ? { ...one, note: 'not there' } : one));
}

const meanings = {
  active: 'employed',
  leaveOfAbsence: 'leave of absence: the access stays',
  ended: 'not employed any more',
  unknown: 'in none of statuses',
} as const;

const typeOf = (types: Readonly<Record<string, string>>, said: unknown): string | undefined =>
  typeof said === 'string' ? (types[said] ?? types['*']) : undefined;

/** The field with what became of it in the message. */
function readInto(shown: CheckedField, message: object, leftOut: readonly string[]): CheckedField {
  const { field, note } = shown;
  const words = [`data.${field}: `, `${field}: `].map((start) =>
    leftOut.find((one) => one.startsWith(start))?.slice(start.length),
  );
  const why = words.find((one) => one !== undefined);
  if (why !== undefined) return { ...shown, note: `left out: ${why}` };
  if (field === 'type') return shown;
  const pointer = field === 'timestamp' ? '/timestamp' : `/data/${field.replace(/^extra\./, 'extra/')}`;
  const read = at(message, pointer);
  if (read !== undefined) return { ...shown, read };
  return note === undefined ? { ...shown, note: 'no value' } : shown;
}

const mostUnused = 40;

/** Pointers to what the item has and the map does not name. */
function unusedOf(item: unknown, used: readonly string[]): readonly string[] {
  const found: string[] = [];
  const walk = (value: unknown, pointer: string): void => {
    if (used.includes(pointer) || found.length === mostUnused) return;
    if (typeof value !== 'object' || value === null) return void found.push(pointer);
    for (const [key, inside] of Object.entries(value)) {
      walk(inside, `${pointer}/${stepOf(key)}`);
    }
  };
  for (const [key, inside] of Object.entries(item ?? {})) walk(inside, `/${stepOf(key)}`);
  return found;
}

const stepOf = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
