import { z } from 'zod';
import { personIdPattern } from '../domain/contracts.ts';
import { dayMs, formatDuration, parseDuration } from '../domain/durations.ts';
import { pinName } from '../domain/pins.ts';
import { isEmail } from '../domain/text.ts';
import { cronProblem } from './cron.ts';

interface Bounds {
  /** Exclusive, in milliseconds. */
  readonly above?: number;
  readonly below?: number;
}

/** A duration as text, read as milliseconds; `example` is a value that would be right. */
export const duration = (example: string, bounds: Bounds = {}) =>
  z.string({ error: (issue) => durationAdvice(issue.input) }).transform((text, context) => {
    const ms = parseDuration(text);
    const message = ms === undefined ? durationAdvice(text) : boundsProblem({ ms, text }, example, bounds);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
    return ms ?? z.NEVER;
  });

const durationAdvice = (value: unknown): string =>
  `must be a number and a unit, such as "7 days", "4 hours" or "90 seconds", not ${JSON.stringify(value)}`;

function boundsProblem(
  { ms, text }: { readonly ms: number; readonly text: string },
  example: string,
  { above, below }: Bounds,
): string | undefined {
  if (ms > 366 * dayMs) return `must be at most 366 days, not "${text}"`;
  if (above !== undefined && ms <= above) return `must be longer than ${formatDuration(above)}, such as "${example}"`;
  if (below !== undefined && ms >= below) return `must be shorter than ${formatDuration(below)}, such as "${example}"`;
  return undefined;
}

export const text = z.string().trim().min(1, { error: 'is empty: write a text, or remove the line' });

/** One text or a list of them; repeated values count once. */
export const textList = z
  .preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(text))
  .transform((values) => [...new Set(values)]);

export const timeZone = z.string().refine(isTimeZone, {
  error: (issue) => `must be an IANA time zone, such as "Europe/Berlin" or "UTC", not ${JSON.stringify(issue.input)}`,
});

/** A label that `TextDecoder` knows. */
export const encoding = text.refine(isEncoding, {
  error: (issue) => `must be an encoding, such as "windows-1252" or "utf-16le", not ${JSON.stringify(issue.input)}`,
});

function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== '';
  } catch {
    return false;
  }
}

export const cron = z.string().superRefine((value, context) => {
  const message = cronProblem(value);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/** E-mails and personIds; the same one in other letters counts once. */
export const people = z
  .preprocess(
    (value) => (typeof value === 'string' ? [value] : value),
    z.array(
      text.refine(isPerson, {
        error: (issue) => `must be an e-mail address or a personId of HR, not ${JSON.stringify(issue.input)}`,
      }),
    ),
  )
  .transform((values) => [...new Map(values.map((value) => [pinName(value), value])).values()]);

export const domain = z
  .string()
  .trim()
  .toLowerCase()
  .refine((value) => /^(?=.{3,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/.test(value), {
    error: (issue) => `must be a domain without "@", such as "example.com", not ${JSON.stringify(issue.input)}`,
  });

function isTimeZone(value: string): boolean {
  // Intl takes offsets such as +02:00 too, which know no summer time.
  if (!/^[A-Za-z]/.test(value)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function isPerson(value: string): boolean {
  return value.includes('@') ? isEmail(value) : personIdPattern.test(value);
}
