import { filled } from '../../intake/attributes.ts';
import { beginningOf, endOf, isLocalDate, isTimeZone } from '../../intake/localDates.ts';
import type { EventDraft } from '../../operations/drafts.ts';
import type { PersonAttributes } from '../../../domain/model.ts';
import { wrong } from './errors.ts';
import { maxGroups } from './limits.ts';
import { enterpriseUrn, musterUrn, userType } from './schemas.ts';
import { isObject, isSame, textAt, type JsonObject } from './values.ts';
import { isEmail } from '../../../domain/text.ts';

/** What a SCIM user says of a person, and the events that follow from a change of it. Pure. */

export interface UserFacts {
  readonly isActive: boolean;
  readonly person: PersonAttributes;
  /** Instants. */
  readonly hireAt?: string;
  readonly leaveAt?: string;
}

interface FactsContext {
  /** Names of the groups, sorted. */
  readonly groups: readonly string[];
  /** The manager as HR knows them, where that is known. */
  readonly manager?: string;
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
  const emails = Array.isArray(resource['emails']) ? (resource['emails'] as readonly unknown[]).filter(isObject) : [];
  const chosen =
    emails.find(({ primary }) => primary === true) ?? emails.find(({ type }) => type === 'work') ?? emails[0];
  const given = chosen?.['value'] ?? resource['userName'];
  return typeof given === 'string' ? given.trim() : undefined;
}

export function factsOf(
  resource: JsonObject,
  { groups, manager, defaultTimeZone }: FactsContext,
): UserFacts | undefined {
  const address = emailOf(resource);
  if (address === undefined) return undefined;
  const text = (name: string) => cut(textAt(userType, resource, name)?.replaceAll(unprintable, ' '));
  const enterprise = (name: string) => text(`${enterpriseUrn}:${name}`);
  const full = [text('name.givenName'), text('name.familyName')].filter((part) => part !== undefined).join(' ');
  const timeZone = timeZoneOf(resource);
  const extra = {
    userType: text('userType'),
    organization: enterprise('organization'),
    division: enterprise('division'),
    costCenter: enterprise('costCenter'),
    employeeNumber: enterprise('employeeNumber'),
  };
  const person = {
    email: address,
    ...filled({
      name: text('displayName') ?? text('name.formatted') ?? (full === '' ? undefined : cut(full)),
      title: text('title'),
      department: enterprise('department'),
      manager,
      timeZone,
    }),
    extra: { ...filled(extra), groups: groups.slice(0, maxGroups) },
  };
  const zone = timeZone ?? defaultTimeZone;
  return {
    isActive: resource['active'] !== false,
    person,
    ...filled({
      hireAt: instantOf(resource, 'hireDate', (value) => beginningOf(value, zone)),
      leaveAt: instantOf(resource, 'leaveDate', (value) => endOf(value, zone)),
    }),
  };
}

/** As long as an event may hold; a surrogate pair is not cut in half. */
const cut = (text: string | undefined): string | undefined => text?.slice(0, 255).toWellFormed();

/** The zone of Muster's extension comes before that of the directory. */
function timeZoneOf(resource: JsonObject): string | undefined {
  const own = textAt(userType, resource, `${musterUrn}:timeZone`);
  if (own !== undefined && !isTimeZone(own)) {
    throw wrong('invalidValue', 'timeZone must be an IANA time zone such as Europe/Berlin');
  }
  const core = textAt(userType, resource, 'timezone');
  return own ?? (core !== undefined && isTimeZone(core) ? core : undefined);
}

function instantOf(resource: JsonObject, name: string, toInstant: (value: string) => string): string | undefined {
  const given = textAt(userType, resource, `${musterUrn}:${name}`);
  if (given === undefined) return undefined;
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(given);
  if (isLocalDate(given) || (isInstant && !Number.isNaN(Date.parse(given)))) return toInstant(given);
  throw wrong('invalidValue', `${name} must be a day such as 2026-01-31, or an instant such as 2026-01-31T09:00:00Z`);
}

interface ChangeContext {
  readonly personId: string;
  readonly source: string;
  /** The same for the same change of the same version. */
  readonly eventId: string;
  readonly at: string;
}

/** A mover is the whole record: what it no longer has is taken back. `before` is undefined where there was no resource, or none with an e-mail; `after` where it was deleted. */
export function draftsOf(
  before: UserFacts | undefined,
  after: UserFacts | undefined,
  { at, ...context }: ChangeContext,
): readonly EventDraft[] {
  const { personId, source, eventId } = context;
  const event = { personId, source, occurredAt: at };
  const wasActive = before?.isActive === true;
  if (after?.isActive !== true) {
    if (!wasActive) return [];
    return [{ ...event, eventId, kind: 'leaver', effectiveAt: at }];
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
