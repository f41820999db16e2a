import { UsageError } from '../../../domain/errors.ts';
import type { PersonAttributes } from '../../../domain/model.ts';
import { isEmail } from '../../../domain/text.ts';
import { filled } from '../../intake/attributes.ts';
import { readDate, whenOf } from '../../intake/dates.ts';
import { beginningOf, endOf, isTimeZone } from '../../intake/localDates.ts';
import type { EventDraft } from '../../operations/drafts.ts';
import { wrong } from './errors.ts';
import { maxGroupBytes, maxGroups } from './limits.ts';
import { enterpriseUrn, musterUrn, userType } from './schemas.ts';
import {
  isEmployed,
  isObject,
  isPrimary,
  isSame,
  listOf,
  lowerCased,
  textAt,
  type Json,
  type JsonObject,
} from './values.ts';

/** What a SCIM user says of a person, and the events that follow from a change of it. Pure. */

export interface UserFacts {
  readonly isActive: boolean;
  /** Absent as long as no e-mail is known. */
  readonly person?: PersonAttributes;
  /** Instants. */
  readonly hireAt?: string;
  readonly leaveAt?: string;
}

interface FactsContext {
  /** Names of the groups, sorted. */
  readonly groups: readonly string[];
  /** The manager as HR knows them, where that is known. */
  readonly manager?: string;
  /** The e-mail of the person so far: it stays where the user has lost theirs. */
  readonly email?: string;
  readonly defaultTimeZone: string;
}

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const unprintable = /[\u0000-\u001f\u007f]/g;

/** The primary e-mail, else the one for work, else the first; else the user name if it is an e-mail. */
export function emailOf(resource: JsonObject): string | undefined {
  const given = givenEmail(resource);
  return isEmail(given) ? given : undefined;
}

/** Whether the user has something that is meant as an e-mail and is none. A user name may be any text. */
export function hasWrongEmail(resource: JsonObject): boolean {
  const given = givenEmail(resource);
  return given !== undefined && given.includes('@') && !isEmail(given);
}

function givenEmail(resource: JsonObject): string | undefined {
  const emails = listOf(resource['emails']).filter((one) => isObject(one) && isText(one['value'])) as JsonObject[];
  const chosen = emails.find(isPrimary) ?? emails.find(({ type }) => lowerCased(type) === 'work') ?? emails[0];
  const given = chosen?.['value'] ?? resource['userName'];
  return isText(given) ? given.trim() : undefined;
}

const isText = (value: Json | undefined): value is string => typeof value === 'string' && value.trim() !== '';

/** Throws for a day or a zone that cannot be read, but never for somebody who is not active: their end does not wait for it. */
export function factsOf(resource: JsonObject, context: FactsContext): UserFacts {
  const isActive = isEmployed(resource);
  const timeZone = timeZoneOf(resource, isActive);
  const email = emailOf(resource) ?? context.email;
  const zone = timeZone ?? context.defaultTimeZone;
  return {
    isActive,
    ...filled({
      person: email === undefined ? undefined : { email, ...attributesOf(resource, context, timeZone) },
      hireAt: isActive ? instantOf(resource, 'hireDate', { zone, edge: beginningOf }) : undefined,
      leaveAt: isActive ? instantOf(resource, 'leaveDate', { zone, edge: endOf }) : undefined,
    }),
  };
}

function attributesOf(resource: JsonObject, { groups, manager }: FactsContext, timeZone: string | undefined) {
  const text = (name: string) => cut(textAt(userType, resource, name)?.replaceAll(unprintable, ' '));
  const enterprise = (name: string) => text(`${enterpriseUrn}:${name}`);
  const full = [text('name.givenName'), text('name.familyName')].filter((part) => part !== undefined).join(' ');
  const extra = {
    userType: text('userType'),
    organization: enterprise('organization'),
    division: enterprise('division'),
    costCenter: enterprise('costCenter'),
    employeeNumber: enterprise('employeeNumber'),
  };
  return {
    ...filled({
      name: text('displayName') ?? text('name.formatted') ?? (full === '' ? undefined : cut(full)),
      title: text('title'),
      department: enterprise('department'),
      manager,
      timeZone,
    }),
    extra: { ...filled(extra), groups: fitting(groups) },
  };
}

/** Groups that one statement has no room for. */
export const leftOutGroups = (groups: readonly string[]): readonly string[] => groups.slice(fitting(groups).length);

/** As many as one statement holds. */
function fitting(groups: readonly string[]): readonly string[] {
  let bytes = 0;
  const end = groups.slice(0, maxGroups).findIndex((name) => (bytes += Buffer.byteLength(name)) > maxGroupBytes);
  return groups.slice(0, end === -1 ? maxGroups : end);
}

/** As long as an event may hold; a surrogate pair is not cut in half. */
const cut = (text: string | undefined): string | undefined => text?.slice(0, 255).toWellFormed();

/** The zone of Muster's extension comes before that of the directory. */
function timeZoneOf(resource: JsonObject, isActive: boolean): string | undefined {
  const own = textAt(userType, resource, `${musterUrn}:timeZone`);
  if (own !== undefined && isTimeZone(own)) return own;
  if (own !== undefined && isActive) {
    throw wrong('invalidValue', 'timeZone must be an IANA time zone such as Europe/Berlin');
  }
  const core = textAt(userType, resource, 'timezone');
  return core !== undefined && isTimeZone(core) ? core : undefined;
}

function instantOf(
  resource: JsonObject,
  name: 'hireDate' | 'leaveDate',
  { zone, edge }: { readonly zone: string; readonly edge: (dayOrInstant: string, zone: string) => string },
): string | undefined {
  const given = textAt(userType, resource, `${musterUrn}:${name}`);
  if (given === undefined) return undefined;
  try {
    const when = whenOf(readDate(given, { timeZone: zone }));
    return when === undefined ? undefined : edge(when, zone);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw wrong('invalidValue', `${name} ${error.message}`);
  }
}

interface ChangeContext {
  readonly personId: string;
  readonly source: string;
  readonly eventId: string;
  readonly at: string;
  /** Somebody has spoken of the person: the first word of this user may be their end. */
  readonly isKnown: boolean;
}

/**
 * What has to be said of the person, after `before` was. A mover is the whole record: what it no longer has is taken back.
 * `before` is undefined where nothing was said, `after` where the user was deleted.
 */
export function draftsOf(
  before: UserFacts | undefined,
  after: UserFacts | undefined,
  { at, isKnown, ...context }: ChangeContext,
): readonly EventDraft[] {
  const { personId, source, eventId } = context;
  const event = { personId, source, occurredAt: at };
  const wasActive = before?.isActive === true;
  if (after?.isActive !== true) {
    const ends = before === undefined ? after !== undefined && isKnown : wasActive;
    return ends ? [{ ...event, eventId, kind: 'leaver', effectiveAt: at }] : [];
  }
  const { person, hireAt, leaveAt } = after;
  const isNewDate = wasActive && before?.hireAt !== hireAt && isLater(at, hireAt ?? before?.hireAt);
  const hires = !wasActive || isNewDate;
  const drafts: EventDraft[] = [];
  if (hires)
    drafts.push({ ...event, eventId, kind: 'joiner', effectiveAt: isLater(at, hireAt) ? (hireAt ?? at) : at, person });
  else if (!isSame(before?.person, person)) {
    drafts.push({ ...event, eventId, kind: 'mover', effectiveAt: at, person, isWhole: true });
  }
  // The newer word on employment wins: the leave is said after the hire.
  const afterwards = new Date(Date.parse(at) + 1).toISOString();
  const leave = { ...event, eventId: `${eventId}:leave`, occurredAt: afterwards };
  if (leaveAt !== undefined && (hires || before?.leaveAt !== leaveAt)) {
    drafts.push({ ...leave, kind: 'leaver', effectiveAt: leaveAt });
  }
  if (leaveAt === undefined && !hires && before?.leaveAt !== undefined) {
    drafts.push({ ...leave, kind: 'leaverRescinded', effectiveAt: at });
  }
  return drafts;
}

const isLater = (at: string, instant: string | undefined): boolean =>
  instant !== undefined && Date.parse(instant) > Date.parse(at);
