import type { HrEvent, PersonAttributes } from '../domain/model.ts';

/** A joiner whose first day is now. */
export function joinerOf(personId: string, person: Partial<PersonAttributes> = {}, at = new Date()): HrEvent {
  const instant = at.toISOString();
  return {
    eventId: `${personId}:joiner`,
    kind: 'joiner',
    personId,
    occurredAt: instant,
    effectiveAt: instant,
    source: 'bench',
    person: {
      email: `${personId}@example.com`,
      name: 'Sam Example',
      department: 'Engineering',
      manager: 'manager@example.com',
      ...person,
    },
  };
}

export const idsOf = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);
