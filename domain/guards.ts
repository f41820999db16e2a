import { isEmail } from './text.ts';
import type { EventNotice } from './contracts.ts';
import { personIdPattern } from './ids.ts';
import { eventKinds, type AttributeValue, type EventKind, type HrEvent, type PersonAttributes } from './model.ts';
import type { Decision, DecisionId } from './decision.ts';

/**
 * Signal payloads come from anywhere, the Temporal UI included. These guards never throw (a throwing handler would stop
 * the run forever): they return the value, or a text that names the field and what it should be.
 */
type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

const bad = (why: string): { readonly ok: false; readonly why: string } => ({ ok: false, why });

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText = (value: unknown, max = 1000): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= max;
const isInstant = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value));
const isKind = (value: unknown): value is EventKind => eventKinds.some((kind) => kind === value);

/** In a URL it stays one segment of the path. */
const isFetchId = (value: unknown): value is string => typeof value === 'string' && personIdPattern.test(value);

const attributeNames = ['name', 'title', 'department', 'manager', 'timeZone'] as const;

export function checkHrEvent(input: unknown, personId: string): Checked<HrEvent> {
  if (!isRecord(input)) return bad('hrEvent takes one object');
  const { eventId, kind, occurredAt, effectiveAt, source, immediate, restore, reason, fetchId, isWhole } = input;
  if (!isText(eventId, 200)) return bad('eventId must be a text of 1 to 200 characters');
  if (!isKind(kind)) return bad(`kind must be one of ${eventKinds.join(', ')}`);
  if (input['personId'] !== personId || !personIdPattern.test(personId)) {
    return bad(`personId must be ${personId}, the person of this workflow`);
  }
  if (!isInstant(occurredAt)) return bad('occurredAt must be an instant such as 2026-01-31T09:00:00Z');
  if (!isInstant(effectiveAt)) return bad('effectiveAt must be an instant such as 2026-01-31T09:00:00Z');
  if (source !== undefined && !isText(source, 100)) return bad('source must be a text of 1 to 100 characters');
  if (immediate !== undefined && typeof immediate !== 'boolean') return bad('immediate must be true or false');
  if (restore !== undefined && (typeof restore !== 'boolean' || kind !== 'leaverRescinded')) {
    return bad('restore must be true or false, and belongs to a leaverRescinded only');
  }
  if (reason !== undefined && !isText(reason)) return bad('reason must be a text of 1 to 1000 characters');
  if (isWhole !== undefined && (typeof isWhole !== 'boolean' || kind !== 'mover')) {
    return bad('isWhole must be true or false, and belongs to a mover only');
  }
  const isPart = kind === 'mover' && isWhole !== true;
  const person = input['person'] === undefined ? undefined : checkAttributes(input['person'], isPart);
  if (person !== undefined && !person.ok) return person;
  if (fetchId !== undefined && (kind !== 'updated' || person !== undefined || !isFetchId(fetchId))) {
    return bad('fetchId is the id of a record of HR, for an updated without a person');
  }
  if (fetchId === undefined && (kind === 'joiner' || kind === 'updated' || kind === 'mover') && person === undefined) {
    return bad(`person must be given for a ${kind}${isPart ? '' : ', with at least an email'}`);
  }
  return {
    ok: true,
    value: {
      eventId,
      kind,
      personId,
      occurredAt,
      effectiveAt,
      source: source ?? 'signal',
      person: person?.value,
      isWhole: isWhole === true ? true : undefined,
      immediate: immediate === true ? true : undefined,
      restore: restore === true ? true : undefined,
      fetchId: isFetchId(fetchId) ? fetchId : undefined,
      reason,
    },
  };
}

function checkAttributes(input: unknown, isPart: boolean): Checked<Partial<PersonAttributes>> {
  if (!isRecord(input)) return bad(`person must be an object${isPart ? '' : ' with an email'}`);
  const { email, extra } = input;
  if (!isEmail(email) && !(isPart && email === undefined)) return bad('person.email must be an e-mail address');
  const texts: Partial<Record<(typeof attributeNames)[number], string>> = {};
  for (const name of attributeNames) {
    const value = input[name];
    if (value === undefined) continue;
    if (!isText(value, 255)) return bad(`person.${name} must be a text of 1 to 255 characters`);
    texts[name] = value;
  }
  const value = { ...(email === undefined ? {} : { email }), ...texts };
  if (extra === undefined) return { ok: true, value };
  if (!isRecord(extra)) return bad('person.extra must be an object of texts');
  const extras: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(extra)) {
    if (!isText(value) && !isTexts(value)) {
      return bad(`person.extra.${name} must be a text of 1 to 1000 characters, or a list of at most 200 of them`);
    }
    extras[name] = value;
  }
  return { ok: true, value: { ...value, extra: extras } };
}

export function checkDecision(input: unknown): Checked<Decision> {
  if (!isRecord(input)) return bad('decide takes one object');
  const { decisionId, approvalId, verdict, actor, reason, to, attestation } = input;
  if (!isText(decisionId, 200)) return bad('decisionId must be a text of 1 to 200 characters');
  if (!isText(approvalId, 200)) return bad('approvalId must be a text of 1 to 200 characters');
  if (verdict !== 'approve' && verdict !== 'reject' && verdict !== 'reassign') {
    return bad('verdict must be approve, reject or reassign');
  }
  if (!isText(actor, 254)) return bad('actor must be the e-mail or personId of who decides');
  if (reason !== undefined && !isText(reason)) return bad('reason must be a text of 1 to 1000 characters');
  if (verdict === 'reassign' && !isNames(to))
    return bad('to must be 1 to 10 e-mails or personIds of who decides instead');
  if (attestation !== undefined && !isText(attestation, 10_000)) return bad('attestation must be a signed statement');
  return {
    ok: true,
    value: {
      decisionId,
      approvalId,
      verdict,
      actor,
      reason,
      to: verdict === 'reassign' && isNames(to) ? to : undefined,
      attestation,
    },
  };
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length <= 200 && value.every((one) => isText(one));

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.length <= 10 && value.every((name) => isText(name, 254));

export function checkActivation(input: unknown): Checked<{ accountId: string }> {
  if (!isRecord(input) || !isText(input['accountId'], 100)) return bad('accountActivated takes {accountId}');
  return { ok: true, value: { accountId: input['accountId'] } };
}

/** Which event: the rest stands on record. */
export function checkNotice(input: unknown): Checked<EventNotice> {
  if (!isRecord(input) || !isText(input['eventId'], 200))
    return bad('it takes {eventId}, the id of an event on record');
  return { ok: true, value: { eventId: input['eventId'] } };
}

/** A decision on record by its id, or one that somebody typed. */
export function checkSubmission(input: unknown): Checked<DecisionId | Decision> {
  if (!isRecord(input) || input['verdict'] !== undefined) return checkDecision(input);
  const { decisionId, approvalId } = input;
  if (!isText(decisionId, 200)) return bad('decisionId must be a text of 1 to 200 characters');
  if (!isText(approvalId, 200)) return bad('approvalId must be a text of 1 to 200 characters');
  return { ok: true, value: { decisionId, approvalId } };
}

/** What the previous run of the chain left, if it is that. */
export const carriedIn = (input: unknown): Partial<Record<'refused', unknown>> =>
  isRecord(input) && isRecord(input['carried']) ? input['carried'] : {};
