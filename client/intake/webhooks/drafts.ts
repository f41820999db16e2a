import type { PersonAttributes } from '../../../domain/model.ts';
import type { EventDraft } from '../../operations/drafts.ts';
import { filled } from '../attributes.ts';
import { beginningOf, endOf } from '../localDates.ts';
import type { GivenMessage } from './messages.ts';

interface Arrival {
  readonly eventId: string;
  readonly source: string;
  /** When it was signed or received, for a message that does not say when. */
  readonly at: Date;
  readonly defaultTimeZone: string;
}

/** The events of one message, in the order in which they are to be sent. Pure. */
export function draftsOf(
  message: GivenMessage,
  { eventId, source, at, defaultTimeZone }: Arrival,
): readonly EventDraft[] {
  const saidAt = message.timestamp ?? (message.type === 'fetch' ? undefined : message.time);
  const occurredAt = new Date(saidAt ?? at).toISOString();
  if (message.type === 'fetch') {
    const { personId } = message.data;
    return [{ eventId, personId, occurredAt, source, kind: 'updated', effectiveAt: occurredAt, fetchId: personId }];
  }
  const { type, data } = message;
  const zone = data.timeZone ?? defaultTimeZone;
  const from = (value: string | undefined): string => (value === undefined ? occurredAt : beginningOf(value, zone));
  const until = (value: string | undefined): string => (value === undefined ? occurredAt : endOf(value, zone));
  const event = { eventId, personId: data.personId, occurredAt, source };
  switch (type) {
    case 'joiner':
    case 'mover': {
      const { effective, reason } = data;
      return [{ ...event, kind: type, effectiveAt: from(effective), person: personOf(data), reason }];
    }
    case 'leaver': {
      const { effective, email, reason } = data;
      const immediate = data.immediate === true || undefined;
      const person = email === undefined ? undefined : { email };
      return [{ ...event, kind: type, effectiveAt: until(effective), person, immediate, reason }];
    }
    case 'person.updated': {
      const person = personOf(data);
      const leave = { ...event, kind: 'leaver', effectiveAt: until(data.leaveDate), person } as const;
      if (data.status === 'inactive') return [leave];
      const hire = { ...event, kind: 'updated', effectiveAt: from(data.hireDate), person } as const;
      return data.leaveDate === undefined ? [hire] : [hire, { ...leave, eventId: `${eventId}:leave` }];
    }
  }
}

const personOf = (data: Partial<PersonAttributes>): Partial<PersonAttributes> => {
  const { email, name, title, department, manager, timeZone, extra } = data;
  return filled({ email, name, title, department, manager, timeZone, extra });
};
