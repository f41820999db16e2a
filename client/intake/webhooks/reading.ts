import type { z } from 'zod';
import { UsageError } from '../../../domain/errors.ts';
import type { EventKind } from '../../../domain/model.ts';
import { readDate, readInstant, type DateStyle } from '../dates.ts';
import { fieldsOf, hrMessage, idOnly, isField, Unreadable, type GivenMessage } from './messages.ts';

/** What a sender wrote, as a message of Muster: an optional field that cannot be read is left out, and said. Pure. */

export type ReadMessage =
  | {
      readonly message: GivenMessage;
      /** The fields that were left out, each with the reason. */
      readonly leftOut: readonly string[];
    }
  | ({ readonly refused: string } & AboutRefused);

/** What is known of an item that cannot be taken. */
export interface AboutRefused {
  readonly externalId?: string;
  readonly kind?: EventKind;
}

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Without these it would be another fact. Someone who is gone is gone with whatever else is unreadable. */
const needed = {
  joiner: ['personId', 'email', 'effective'],
  mover: ['personId', 'effective'],
  leaver: ['personId', 'effective'],
  'person.updated': ['personId', 'email', 'status', 'hireDate', 'leaveDate'],
  ended: ['personId', 'status'],
  fetch: ['personId'],
} as const satisfies Record<GivenMessage['type'] | 'ended', readonly string[]>;

const kinds = {
  joiner: 'joiner',
  mover: 'mover',
  leaver: 'leaver',
  'person.updated': 'updated',
  fetch: 'updated',
  ended: 'leaver',
} as const satisfies Record<keyof typeof needed, EventKind>;

/** `style` is the sender's. */
export function readMessage(given: unknown, style: DateStyle): ReadMessage {
  if (!isFields(given)) return { refused: 'the message is no object' };
  const leftOut: string[] = [];
  const message: Fields = { ...given, data: plainData(given['data'], style) };
  for (const name of ['timestamp', 'time']) settleInstant(message, name, { ...style, leftOut });
  const shape = shapeOf(message);
  // One problem hides another: each round leaves out what it names.
  for (;;) {
    const parsed = (shape === 'fetch' ? idOnly : hrMessage).safeParse(message);
    if (parsed.success) {
      const { refused, strange } = judgeUnknown(message, parsed.data);
      if (refused !== undefined) return { refused, ...aboutOf(message, shape) };
      return { message: parsed.data, leftOut: [...leftOut, ...strange] };
    }
    const fatal = parsed.error.issues.find((issue) => !leaveOut(message, issue, { shape, leftOut }));
    if (fatal !== undefined) return { refused: wordsOf(fatal), ...aboutOf(message, shape) };
  }
}

/** What a field with one of these words in its name says may decide when access begins or ends, or whether it does. */
const wordsOfDates =
  /^(effective|hired?|starts?|started|join(ed|ing)?|begins?|first|ends?|ended|leaves?|leaving|left|last|exit|terminat(ed?|ion)|departure)$/u;
const wordsOfStatus = /^(status|active|inactive|employed|terminated|deleted)$/u;
const looksLikeDate = /^\s*\d{1,4}[-./]\d{1,2}[-./]\d{1,4}/u;

interface Unknown {
  /** Why the message is not taken, where one of them may decide about access. */
  readonly refused?: string | undefined;
  /** Those that no message has, each with the reason. */
  readonly strange: readonly string[];
}

/** The fields that a message of this type does not have: nobody joins or leaves today because its name was not the right one. */
function judgeUnknown({ data }: Fields, message: GivenMessage): Unknown {
  // It decides nothing: HR's record is fetched, and judged.
  if (message.type === 'fetch') return { strange: [] };
  const known = fieldsOf(message);
  const unknown = isFields(data) ? Object.entries(data).filter(([name]) => !known.includes(name)) : [];
  const deciding = unknown.find(([name, value]) => mayDecide(name, value, message));
  const refused =
    deciding && `data.${shortened(deciding[0])}: is not a field of a ${message.type}: it has ${known.join(', ')}`;
  const strange = unknown.filter(([name]) => !isField(name));
  return { refused, strange: strange.map(([name]) => `data.${shortened(name)}: is not a field`) };
}

function mayDecide(name: string, value: unknown, { type }: GivenMessage): boolean {
  const words = name
    .replaceAll(/(?<=[a-z])(?=[A-Z])/gu, ' ')
    .toLowerCase()
    .split(/[^a-z]+/u);
  const hasDate = typeof value === 'number' || (typeof value === 'string' && looksLikeDate.test(value));
  const isDate = hasDate && words.some((word) => wordsOfDates.test(word));
  const isSaidAnyway = type === 'leaver' || value === 'active' || value === true;
  return isDate || (!isSaidAnyway && words.some((word) => wordsOfStatus.test(word)));
}

/** A name of the sender's own making, as it may stand in a reason. */
const shortened = (name: string): string => name.replaceAll(/[^\w.-]/gu, '?').slice(0, 64);

export const kindOf = (message: GivenMessage): EventKind => kinds[shapeOf({ ...message }) ?? 'mover'];

function shapeOf({ type, data }: Fields): keyof typeof needed | undefined {
  if (typeof type !== 'string' || !Object.hasOwn(needed, type)) return undefined;
  return type === 'person.updated' && isFields(data) && data['status'] === 'inactive'
    ? 'ended'
    : (type as keyof typeof needed);
}

function aboutOf({ data }: Fields, shape: keyof typeof needed | undefined): AboutRefused {
  const id = isFields(data) ? data['personId'] : undefined;
  const status = isFields(data) ? data['status'] : undefined;
  // A status that nobody knows may end somebody's employment.
  const isUnknown = shape === 'person.updated' && status !== 'active';
  return {
    ...(typeof id === 'string' && id.length <= 200 ? { externalId: id } : {}),
    ...(shape === undefined || isUnknown ? {} : { kind: kinds[shape] }),
  };
}

const wordsOf = ({ path, message }: z.core.$ZodIssue): string => `${path.join('.') || 'the message'}: ${message}`;

/** Takes the field away that the issue is about. False where it is needed, or is not there. */
function leaveOut(
  message: Fields,
  issue: z.core.$ZodIssue,
  { shape, leftOut }: { readonly shape: keyof typeof needed | undefined; readonly leftOut: string[] },
): boolean {
  const [first, name, inside] = issue.path.map(String);
  const { data } = message;
  if (shape === undefined || first === undefined || first === 'type' || (first === 'data' && name === undefined))
    return false;
  const isNeeded = first === 'data' && (needed[shape] as readonly string[]).includes(name ?? '');
  if (isNeeded || !isFields(data)) return false;
  const extra = data['extra'];
  const [holder, key] =
    first !== 'data'
      ? [message, first]
      : name === 'extra' && inside !== undefined && isFields(extra)
        ? [extra, inside]
        : [data, name ?? ''];
  if (!Object.hasOwn(holder, key)) return false;
  delete holder[key];
  leftOut.push(wordsOf(issue));
  return true;
}

/** Blank texts are no values, ids may be numbers, and dates have one grammar for all ways in. */
function plainData(given: unknown, style: DateStyle): unknown {
  if (!isFields(given)) return given;
  const data: Fields = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === null || (typeof value === 'string' && value.trim() === '')) continue;
    data[name] = isFields(value) && name === 'extra' ? withoutBlanks(value) : value;
  }
  const { personId, immediate } = data;
  if (typeof personId === 'number') data['personId'] = String(personId);
  else if (typeof personId === 'string') data['personId'] = personId.trim();
  if (typeof data['email'] === 'string') data['email'] = data['email'].trim();
  if (immediate === 'true' || immediate === 'false') data['immediate'] = immediate === 'true';
  for (const name of ['effective', 'hireDate', 'leaveDate']) settleDate(data, name, style);
  return data;
}

const withoutBlanks = (extra: Fields): Fields =>
  Object.fromEntries(
    Object.entries(extra).filter(([, value]) => value !== null && !(typeof value === 'string' && value.trim() === '')),
  );

interface Settling extends DateStyle {
  readonly leftOut: string[];
}

/** A date that cannot be read stays as the reason, for the schema to name it. */
function settleDate(data: Fields, name: string, style: DateStyle): void {
  const value = data[name];
  if (typeof value !== 'string' && typeof value !== 'number') return;
  try {
    const date = readDate(value, style);
    if (date.kind === 'day') data[name] = date.day;
    else if (date.kind === 'instant') data[name] = date.at;
    else if (date.kind === 'none' || name === 'leaveDate') delete data[name];
    else data[name] = new Unreadable('must be a day on which it takes effect, not that there is no end');
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    data[name] = new Unreadable(error.message);
  }
}

function settleInstant(message: Fields, name: string, { leftOut, ...style }: Settling): void {
  const value = message[name];
  if (value === undefined) return;
  delete message[name];
  if (typeof value !== 'string' && typeof value !== 'number') return;
  try {
    const at = readInstant(value, style);
    if (at !== undefined) message[name] = at;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    leftOut.push(`${name}: ${error.message}`);
  }
}
