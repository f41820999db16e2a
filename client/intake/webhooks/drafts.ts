import type { PersonAttributes } from '../../../domain/model.ts';
import type { EventDraft } from '../../operations/drafts.ts';
import { filled } from '../attributes.ts';
import { beginningOf, endOf } from '../localDates.ts';
import type { GivenMessage } from './messages.ts';

export interface Arrival {
  readonly eventId: string;
  readonly source: string;
  /** When it was signed or received, for a message that does not say when. */
  readonly at: Date;
  readonly defaultTimeZone: string;
  /** Optional fields that could not be read, each with the reason. */
  readonly leftOut?: readonly string[];
}

/** The events of one message, in the order in which they are to be sent. Pure. */
export function draftsOf(
  message: GivenMessage,
  { eventId, source, at, defaultTimeZone, leftOut = [] }: Arrival,
): readonly EventDraft[] {
  const occurredAt = new Date(ownTimeOf(message) ?? at).toISOString();
  if (message.type === 'fetch') {
    const { personId } = message.data;
    return [{ eventId, personId, occurredAt, source, kind: 'updated', effectiveAt: occurredAt, fetchId: personId }];
  }
  const { type, data } = message;
  const zone = data.timeZone ?? defaultTimeZone;
  const from = (value: string | undefined): string => (value === undefined ? occurredAt : beginningOf(value, zone));
  const until = (value: string | undefined): string => (value === undefined ? occurredAt : endOf(value, zone));
  const noted = (reason: string | undefined): string | undefined => noteOf(reason, leftOut);
  const event = { eventId, personId: data.personId, occurredAt, source };
  switch (type) {
    case 'joiner':
    case 'mover': {
      const { effective } = data;
      return [
        { ...event, kind: type, effectiveAt: from(effective), person: personOf(data), reason: noted(data.reason) },
      ];
    }
    case 'leaver': {
      const { effective, email } = data;
      const immediate = data.immediate === true || undefined;
      const person = email === undefined ? undefined : { email };
      return [{ ...event, kind: type, effectiveAt: until(effective), person, immediate, reason: noted(data.reason) }];
    }
    case 'person.updated': {
      const said = personOf(data);
      const person = said.email === undefined ? undefined : said;
      const about = { ...event, person, reason: noted(undefined) };
      const leave = { ...about, kind: 'leaver', effectiveAt: until(data.leaveDate) } as const;
      if (data.status === 'inactive') return [leave];
      const hire = { ...about, kind: 'updated', effectiveAt: from(data.hireDate) } as const;
      return data.leaveDate === undefined ? [hire] : [hire, { ...leave, eventId: `${eventId}:leave` }];
    }
  }
}

/** When HR recorded it; undefined where the sender does not say. */
export const ownTimeOf = (message: GivenMessage): string | undefined =>
  message.timestamp ?? (message.type === 'fetch' ? undefined : message.time);

const longestReason = 1_000;

function noteOf(reason: string | undefined, leftOut: readonly string[]): string | undefined {
  if (leftOut.length === 0) return reason;
  const note = `left out, since it could not be read: ${leftOut.join('; ')}`;
  return (reason === undefined ? note : `${reason}; ${note}`).slice(0, longestReason);
}

const personOf = (data: Partial<PersonAttributes>): Partial<PersonAttributes> => {
  const { email, name, title, department, manager, timeZone, extra } = data;
  return filled({ email, name, title, department, manager, timeZone, extra });
};
