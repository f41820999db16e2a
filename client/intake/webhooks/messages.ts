import { z } from 'zod';
import { personIdPattern, personIdRule } from '../../../domain/ids.ts';
import { isTimeZone } from '../localDates.ts';
import { isEmail } from '../../../domain/text.ts';

/** What HR says in a message. */

const unprintable = /\p{Cc}/u;
export const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !unprintable.test(value) && value.isWellFormed() && value.trim() !== '', {
      error: 'must be a text without control characters',
    });
const word = text(255);
/** HR systems send null for what they do not know. */
const known = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

const email = z.string({ error: 'must be a text' }).max(254).refine(isEmail, {
  error: 'must be one e-mail address such as ada@example.com, without a name around it',
});
const timeZone = z.string().max(64).refine(isTimeZone, { error: 'must be an IANA time zone such as Europe/Berlin' });
const instant = z.iso.datetime({ offset: true, error: 'must be an instant such as 2026-01-31T09:00:00Z' });
const day = z.iso.date({ error: 'must be a day such as 2026-01-31' });
/** In place of a date that cannot be read, with the reason. */
export class Unreadable {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

const when = z.union([day, instant], {
  error: ({ input }) =>
    input instanceof Unreadable
      ? input.why
      : 'must be a day such as 2026-01-31, or an instant such as 2026-01-31T09:00:00Z',
});

const attributes = {
  name: known(word),
  title: known(word),
  department: known(word),
  manager: known(word),
  timeZone: known(timeZone),
  extra: known(z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/), text(1_000))),
};
const personId = z
  .string({ error: `must be ${personIdRule}` })
  .regex(personIdPattern, { error: `must be ${personIdRule}` })
  .describe("HR's id of the person");
const effective = known(when).describe("A day in the person's time zone, or an instant; now where absent");
const reason = known(text(1_000));

const joiner = z.object({ personId, email, ...attributes, effective, reason });
const mover = z.object({ personId, email: known(email), ...attributes, effective, reason });
const leaver = z.object({
  personId,
  email: known(email),
  timeZone: known(timeZone),
  effective: effective.describe('The last working day, or the instant at which access ends; now where absent'),
  immediate: known(z.boolean()),
  reason,
});
const updated = z
  .object({
    personId,
    email: known(email).describe('Of somebody inactive it may be absent'),
    ...attributes,
    status: z.enum(['active', 'inactive'], { error: 'must be active or inactive, or a status that the map knows' }),
    hireDate: known(when),
    leaveDate: known(when).describe(
      'The last working day. Absent: no leave is planned, and one that waits is withdrawn',
    ),
  })
  .refine((data) => data.status === 'inactive' || data.email !== undefined, {
    path: ['email'],
    error: 'is missing: somebody who is active has one',
  });

const timestamp = z.iso
  .datetime({ offset: true, error: 'must be an instant such as 2026-01-31T09:00:00Z' })
  .describe('When HR recorded it: the later record wins');
const envelope = {
  specversion: z.literal('1.0').optional().describe('CloudEvents'),
  id: z.string().max(256).optional(),
  source: z.string().max(1_000).optional(),
  timestamp: timestamp.optional(),
  time: timestamp.optional().describe('The same, as CloudEvents names it'),
};

/** The body of `POST /v1/events`: CloudEvents, or the three fields `type`, `timestamp` and `data`. */
export const hrMessage = z.discriminatedUnion('type', [
  z.object({ ...envelope, type: z.literal('joiner'), data: joiner }),
  z.object({ ...envelope, type: z.literal('mover'), data: mover }),
  z.object({ ...envelope, type: z.literal('leaver'), data: leaver }),
  z.object({ ...envelope, type: z.literal('person.updated'), data: updated }),
]);
export type HrMessage = z.output<typeof hrMessage>;

const fieldsByType = {
  joiner: Object.keys(joiner.shape),
  mover: Object.keys(mover.shape),
  leaver: Object.keys(leaver.shape),
  'person.updated': Object.keys(updated.shape),
} as const satisfies Record<HrMessage['type'], readonly string[]>;

/** The fields that `data` of such a message may have. */
export const fieldsOf = ({ type }: HrMessage): readonly string[] => fieldsByType[type];

/** Whether a message of some type has it. */
export const isField = (name: string): boolean => Object.values(fieldsByType).some((names) => names.includes(name));

/** An event that says only whose record has changed. */
export const idOnly = z.object({
  type: z.literal('fetch'),
  timestamp: timestamp.optional(),
  data: z.object({ personId }),
});
export type GivenMessage = HrMessage | z.output<typeof idOnly>;
