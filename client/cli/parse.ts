import { InvalidArgumentError } from 'commander';
import { personIdPattern, personIdRule } from '../../domain/ids.ts';
import { parseDuration } from '../../domain/durations.ts';
import { isEmail } from '../../domain/text.ts';
import { isTimeZone } from '../intake/localDates.ts';

/** Argument parsers: each says what is expected, with an example. Commander adds the option's name. */

export function parsePersonId(given: string): string {
  const text = given.trim();
  if (personIdPattern.test(text)) return text;
  throw new InvalidArgumentError(`Give ${personIdRule}, such as e-1042.`);
}

export function parseEmail(given: string): string {
  const text = given.trim();
  if (isEmail(text)) return text;
  throw new InvalidArgumentError('Give an e-mail address such as ada@example.com.');
}

/** Domains, collected over several uses of the option. */
export function parseDomain(text: string, collected: readonly string[] = []): readonly string[] {
  if (/^([A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z0-9-]+$/.test(text)) return [...collected, text.toLowerCase()];
  throw new InvalidArgumentError('Give a domain without @, such as example.com.');
}

/** A text that the event's rules take: 1 to `max` characters. */
export function parseText(max: number): (text: string) => string {
  return (text) => {
    if (text.trim() !== '' && text.length <= max) return text;
    throw new InvalidArgumentError(`Give a text of 1 to ${max} characters.`);
  };
}

export function parseTimeZone(text: string): string {
  if (isTimeZone(text)) return text;
  throw new InvalidArgumentError('Give an IANA time zone such as Europe/Berlin.');
}

/** `name=value`, collected over several uses of the option. */
export function parseAttribute(text: string, collected: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [name, ...rest] = text.split('=');
  const value = rest.join('=');
  if (name === undefined || !/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(name) || value === '' || value.length > 1_000) {
    throw new InvalidArgumentError('Give NAME=VALUE, such as location=Berlin.');
  }
  return { ...collected, [name]: value };
}

const longestTimerMs = 2 ** 31 - 1;

/** `90s`, `10m`, `2h` in milliseconds; a bare number counts seconds. */
export function parseDurationOption(text: string): number {
  const ms = parseDuration(/^[\d.]+$/.test(text) ? `${text}s` : text) ?? 0;
  if (ms > 0 && ms <= longestTimerMs) return ms;
  throw new InvalidArgumentError('Give a duration such as 90s, 10m or 2h, at most 24 days.');
}

export function parseCount(text: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('Give a whole number of 1 or more, such as 50.');
}

export function parseOffset(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number of 0 or more, such as 100.');
}

export interface NotedLink {
  readonly seq: number;
  readonly hash: string;
}

export function parseNotedLink(text: string): NotedLink {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq !== undefined && hash !== undefined) return { seq: Number(seq), hash };
  throw new InvalidArgumentError('Give the number and the hash of a link, such as 28:9f86d081… (64 digits).');
}
